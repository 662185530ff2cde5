package main

import (
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// isCard fails the test unless every part is in the text.
func isCard(t testing.TB, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("the card lacks %q:\n%s", part, text)
		}
	}
}

// TestTemporalByHandOnThePort: a server that a person started is described, is
// not touched, and is used only when the user says so.
func TestTemporalByHandOnThePort(t *testing.T) {
	t.Parallel()
	for _, database := range []string{"", filepath.Join(t.TempDir(), "hand.db")} {
		t.Run("file="+filepath.Base(database), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.wish("interval: 30s")
			hand := bareTemporal(t, w.port, database)
			w.awaitServing(w.port)
			began, _ := readProcess(hand.Process.Pid)
			r := w.expect(4, "local")
			kind := "in memory"
			if database != "" {
				kind = "on file " + database
			}
			isCard(t, r.stderr, fmt.Sprintf("frontend port %s is taken by pid %d (", loopback(w.port), hand.Process.Pid),
				"a Temporal dev server 1.29.1, "+kind+", started by pid ", "user     root", "program  ", "command  ", "server start-dev",
				"folder   ", "since    ", "parent   pid ", "stop it yourself", "'stigmer local --reuse'")
			if o := w.status(); o.is("Ready") || o.pid() != 0 || o.Status.Situation != "PortHeldByStranger" {
				t.Errorf("with somebody's Temporal on the port: %s", o)
			}

			r = w.up("--reuse")
			if !strings.Contains(r.stdout, fmt.Sprintf("using pid %d (", hand.Process.Pid)) {
				t.Errorf("local --reuse printed %s", r)
			}
			o := w.status()
			if c := o.condition("Ready"); !c.says("True", "External") || o.Status.Endpoints.Frontend != loopback(w.port) {
				t.Errorf("%+v, %+v", c, o.Status.Endpoints)
			}
			w.expect(0, "local", "stop")
			now, alive := readProcess(hand.Process.Pid)
			if !alive || now.stat.ticks != began.stat.ticks || !isOpen(w.port) {
				t.Error("stop touched a server that is not ours")
			}
			w.up()
			if err := hand.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			_ = hand.Wait()
			w.awaitStatus("has a server of ours", func(o object) bool { return o.is("Ready") && o.pid() != 0 })
		})
	}
}

// awaitServing waits until a server that is not ours answers.
func (w *world) awaitServing(port int) {
	w.Helper()
	w.await(fmt.Sprintf("port %d serves", port), func() (bool, string) {
		out, err := w.temporalCLI(port, "operator", "cluster", "health")
		return err == nil && strings.Contains(out, "SERVING"), out
	})
}

// TestWaitingForAStrangersTemporal: by default it is left alone, and ours
// starts as soon as it goes, long before the interval is over. The free port
// that the card proposes is free.
func TestWaitingForAStrangersTemporal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish("interval: 60s")
	hand := bareTemporal(t, w.port, "")
	w.awaitServing(w.port)
	r := w.expect(4, "local")
	proposed := regexp.MustCompile(`--port (\d+)'`).FindStringSubmatch(r.stderr)
	if proposed == nil {
		t.Fatalf("no port is proposed: %s", r)
	}
	w.up("--port", proposed[1])
	w.expect(4, "local", "--port", fmt.Sprint(w.port))
	if err := hand.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = hand.Wait()
	w.awaitStatus("is on its port", func(o object) bool { return o.is("Ready") && o.Status.Endpoints.Frontend == loopback(w.port) })
}

// TestPythonListener: any other program on the port.
func TestPythonListener(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("not run: there is no python3")
	}
	w := newWorld(t)
	w.wish("interval: 30s")
	c := exec.Command(python, "-m", "http.server", "--bind", "127.0.0.1", fmt.Sprint(w.port))
	c.Dir = t.TempDir()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	w.await("python listens", func() (bool, string) { return isOpen(w.port), "" })
	r := w.expect(4, "local")
	isCard(t, r.stderr, fmt.Sprintf("taken by pid %d (", c.Process.Pid), "-m http.server", "folder   "+c.Dir, "stop it yourself")
	if strings.Contains(r.stderr, "--reuse") || strings.Contains(r.stderr, "Temporal dev server") {
		t.Errorf("it is taken for a Temporal: %s", r)
	}
	w.expect(4, "local", "--reuse")
	_ = c.Process.Kill()
	_ = c.Wait()
	w.awaitOther(0)
}

// TestListenerOfOneConnection is never connected to: it would be its last.
func TestListenerOfOneConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish("interval: 500ms", "portConflict: Reuse")
	listener, err := net.Listen("tcp4", loopback(w.port))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	accepted := make(chan string, 1)
	go func() {
		if c, err := listener.Accept(); err == nil {
			accepted <- c.RemoteAddr().String()
			c.Close()
		}
	}()
	isCard(t, w.expect(4, "local").stderr, "is taken by pid ")
	w.awaitStatus("waits", func(o object) bool { return o.is("Stalled") })
	w.expect(4, "local")
	select {
	case who := <-accepted:
		t.Errorf("%s connected to a listener that is not a Temporal", who)
	default:
	}
}

// TestListenerOnTheOtherFamily does not keep us from starting, and is told.
func TestListenerOnTheOtherFamily(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish(often)
	config := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var failed error
		err := c.Control(func(fd uintptr) { failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1) })
		if err != nil {
			return err
		}
		return failed
	}}
	listener, err := config.Listen(t.Context(), "tcp6", fmt.Sprintf("[::]:%d", w.port))
	if err != nil {
		t.Skipf("not run: no IPv6 here: %v", err)
	}
	w.up()
	c := w.status().condition("Shadowed")
	if c.Status != "True" || !strings.Contains(c.Message, fmt.Sprintf("[::]:%d", w.port)) || !w.status().is("Ready") {
		t.Errorf("%+v", c)
	}
	listener.Close()
	w.soon("is alone again", func(o object) bool { return o.condition("Shadowed").says("False", "Alone") })
}

// TestDatabaseOfSomebodyElse: a program that has the stopped database open
// keeps us from starting on it, whatever it is.
func TestDatabaseOfSomebodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish(often)
	w.up()
	w.expect(0, "local", "stop")
	reader := exec.Command("sleep", "600")
	file := openForReading(t, w.database())
	reader.Stdin = file
	if err := reader.Start(); err != nil {
		t.Fatal(err)
	}
	file.Close()
	t.Cleanup(func() { _ = reader.Process.Kill(); _ = reader.Wait() })
	r := w.expect(4, "local")
	isCard(t, r.stderr, "the database "+w.database()+" is taken by pid "+fmt.Sprint(reader.Process.Pid), "command  sleep 600", "parent   pid ")
	if o := w.status(); o.pid() != 0 || o.Status.Situation != "DatabaseInUse" {
		t.Errorf("with a reader on the database: %s", o)
	}
	_ = reader.Process.Kill()
	_ = reader.Wait()
	w.awaitOther(0)
}
