package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// seldom makes the loop look by itself only when the test is long over: what
// happens sooner was noticed.
const seldom = "interval: 10m"

// card checks what is said of a program in the way: these lines, and since when.
func (w *world) card(r result, lines ...string) {
	w.Helper()
	for _, line := range lines {
		if !strings.Contains(r.stderr, line+"\n") {
			w.Errorf("%q is not said: %s", line, r)
		}
	}
	if !regexp.MustCompile(`\n  since    \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \(\d+s ago\)\n`).MatchString(r.stderr) {
		w.Errorf("since when is not said: %s", r)
	}
}

// proposal returns the port that the card proposes.
func (w *world) proposal(r result) string {
	w.Helper()
	found := regexp.MustCompile(`'stigmer local --port (\d+)'`).FindStringSubmatch(r.stderr)
	if found == nil {
		w.Fatalf("no port is proposed: %s", r)
	}
	return found[1]
}

func TestTemporalByHandOnThePort(t *testing.T) {
	t.Parallel()
	for name, onFile := range map[string]bool{"in memory": false, "on a file": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.wish(seldom)
			var args []string
			storage := "in memory"
			if onFile {
				file := filepath.Join(t.TempDir(), "mine.db")
				args, storage = []string{"--db-filename", file}, "on file "+file
			}
			hand := w.temporalByHand(w.port, args...)
			r := w.expect(4, "local")
			w.cardOfTemporal(r, hand, storage)
			w.expect(4, "local", "plan", "--exit-code")
			if onFile {
				// It starts at once when the port is free, with no command.
				hand.leave()
				w.awaitOther(0)
				return
			}
			proposed := w.proposal(r)
			if r := w.up("--port", proposed); !strings.Contains(r.stdout, "started pid") {
				t.Errorf("local printed %q", r.stdout)
			}
			if now := w.status().Status.Endpoints.Frontend; now != "127.0.0.1:"+proposed {
				t.Errorf("it is on %s, want port %s", now, proposed)
			}
			hand.isUntouched()
		})
	}
}

func (w *world) cardOfTemporal(r result, hand *byHand, storage string) {
	w.Helper()
	parent := fmt.Sprintf("pid %d (stigmer.test)", os.Getpid())
	program, _ := realTemporal()
	w.card(r,
		fmt.Sprintf("stigmer: frontend port %s is taken by pid %d (temporal, user %s)", loopback(w.port), hand.pid(), userName(w)),
		"  is       a Temporal dev server 1.29.1, "+storage+", started by "+parent,
		"  user     "+userName(w),
		"  program  "+program,
		"  command  "+strings.Join(hand.before.args, " "),
		"  folder   "+hand.command.Dir,
		"  parent   "+parent,
		"  you can  stop it yourself, and Temporal starts by itself",
		"  or       choose another port: 'stigmer local --port "+w.proposal(r)+"'",
		"  or       use that Temporal: 'stigmer local --reuse'",
	)
}

func TestReuseOfATemporalByHand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish(seldom)
	hand := w.temporalByHand(w.port)
	using := fmt.Sprintf("Temporal is ready: using pid %d (temporal, user %s), which is not ours and is left alone\n  address  %s\n",
		hand.pid(), userName(t), loopback(w.port))
	for _, args := range [][]string{{"--reuse"}, nil} {
		if r := w.up(args...); r.stdout != using {
			t.Errorf("local printed %q, want %q", r.stdout, using)
		}
		o := w.status()
		if c := o.condition("Ready"); !o.is("Ready") || c.Reason != "External" || o.Status.Situation != "External" || o.is("ProcessRunning") {
			t.Errorf("status is %s", o)
		}
		if w.wouldStart() {
			t.Error("plan would start another one")
		}
		w.expect(0, "local", "stop")
		hand.isUntouched()
	}
	w.startWorkflow("theirs")
	w.up()
	hand.leave()
	if o := w.awaitOther(0); o.condition("Ready").Reason != "Serving" {
		t.Errorf("after it has gone: %s", o)
	}
	w.temporal()
}

// wouldStart says whether a start is planned.
func (w *world) wouldStart() bool {
	w.Helper()
	return strings.Contains(w.expect(0, "local", "plan").stdout, "Start ")
}

// What reuses must not make a Temporal of what is none.
func TestOthersOnThePort(t *testing.T) {
	t.Parallel()
	for name, listen := range map[string]func(*testing.T, *world) listener{
		"python": listenInPython,
		// It would be gone after one connection.
		"nc": func(_ *testing.T, w *world) listener { return w.stranger(w.port) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			other := listen(t, w)
			w.wish(seldom)
			for _, command := range [][]string{{"local"}, {"local", "--reuse"}} {
				r := w.expect(4, command...)
				w.card(r,
					fmt.Sprintf("stigmer: frontend port %s is taken by pid %d (%s, user %s)", loopback(w.port), other.pid(), other.name(), userName(t)),
					"  you can  stop it yourself, and Temporal starts by itself",
					"  or       choose another port: 'stigmer local --port "+w.proposal(r)+"'")
				if strings.Contains(r.stderr, "dev server") || strings.Contains(r.stderr, "use that Temporal") {
					t.Errorf("it is taken for a Temporal: %s", r)
				}
			}
			w.expect(0, "local", "status", "-o", "wide")
			other.isUntouched()
			other.leave()
			w.awaitOther(0)
		})
	}
}

// listener is a program on the port.
type listener interface {
	pid() int
	name() string
	isUntouched()
	leave()
}

func listenInPython(t *testing.T, w *world) listener {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3")
	}
	const program = `import socket, sys, time
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(sys.argv[1])))
s.listen()
print("ready", flush=True)
while True:
    s.accept()[0].sendall(b"what?\n")
`
	c := exec.Command(python, "-c", program, strconv.Itoa(w.port))
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	hand := w.startByHand(c)
	if _, err := out.Read(make([]byte, 8)); err != nil {
		t.Fatal(err)
	}
	return hand
}

func TestListenerOfTheOtherFamily(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.strangerWith([]string{strangerPort + "=[::]:" + strconv.Itoa(w.port)})
	w.wish()
	w.up()
	o := w.status()
	who := fmt.Sprintf("pid %d (stigmer.test, user %s) also listens on [::]:%d", other.pid(), userName(t), w.port)
	if c := o.condition("Shadowed"); c.Status != "True" || c.Reason != "ForeignListener" || !strings.Contains(c.Message, who) {
		t.Errorf("Shadowed is %+v, want %q in it", c, who)
	}
	if !o.is("Ready") || o.Status.Endpoints.Frontend != loopback(w.port) {
		t.Errorf("status is %s", o)
	}
	other.leave()
	w.awaitStatus("is not shadowed any more", func(o object) bool { return o.condition("Shadowed").Status == "False" })
}
