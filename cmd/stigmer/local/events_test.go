package local

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/api/encoding"
	"github.com/stigmer/stigmer-local/reconciler"
	"github.com/stigmer/stigmer-local/reconciler/events"
)

// began is when the events of the tests happened.
func began() time.Time { return time.Date(2020, 11, 23, 14, 2, 3, 0, time.Local) }

// happens records that something happened to the instance, times times, a
// minute apart.
func happens(t *testing.T, home reconciler.Home, name, what string, times int, at time.Time) {
	t.Helper()
	r := events.NewRecorder(home.Events(name))
	for i := range times {
		e := events.Event{Type: events.Action, Reason: "Drifted", Message: what, Key: what}
		if err := r.Record(e, at.Add(time.Duration(i)*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEventsAsText(t *testing.T) {
	home := homeWith(t, "temporal")
	happens(t, home, "temporal", "first", 6, began())
	happens(t, home, "temporal", strings.Repeat("long ", 100)+"end", 1, began().Add(time.Hour))
	stdout, stderr, code := run("local", "events", "--home", string(home))
	want := "2020-11-23 14:02:03  Action/Drifted                first\n" +
		"2020-11-23 14:03:03  Action/Drifted                first\n" +
		"2020-11-23 14:07:03  Action/Drifted                first  (x4 since 14:04:03)\n" +
		"2020-11-23 15:02:03  Action/Drifted                " + strings.Repeat("long ", 100) + "end\n"
	if stdout != want || stderr != "" || code != 0 {
		t.Errorf("exit %d, %q\n%s\nwant\n%s", code, stderr, stdout, want)
	}
}

// TestEventsOfSeveral instances say of which, in the order of time; one that
// is no more is among them.
func TestEventsOfSeveral(t *testing.T) {
	home := homeWith(t, "a")
	happens(t, home, "a", "one", 1, began())
	happens(t, home, "gone", "two", 1, began().Add(time.Second))
	happens(t, home, "a", "three", 1, began().Add(2*time.Second))
	stdout, _, _ := run("local", "events", "--home", string(home))
	want := "2020-11-23 14:02:03  a  Action/Drifted                one\n" +
		"2020-11-23 14:02:04  gone  Action/Drifted                two\n" +
		"2020-11-23 14:02:05  a  Action/Drifted                three\n"
	if stdout != want {
		t.Errorf("\n%s\nwant\n%s", stdout, want)
	}
	stdout, stderr, code := run("local", "events", "--name", "gone", "--home", string(home))
	if stdout != "2020-11-23 14:02:04  Action/Drifted                two\n" || stderr != "" || code != 0 {
		t.Errorf("--name gone: exit %d, %q, %q", code, stdout, stderr)
	}
}

func TestEventsAsJSON(t *testing.T) {
	home := homeWith(t, "a")
	happens(t, home, "a", "<one>", 4, began())
	happens(t, home, "b", "two", 1, began())
	stdout, _, code := run("local", "events", "-o", "json", "--home", string(home))
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	if len(lines) != 4 || code != 0 {
		t.Fatalf("exit %d\n%s", code, stdout)
	}
	var last map[string]any
	if err := json.Unmarshal([]byte(lines[3]), &last); err != nil {
		t.Fatal(err)
	}
	stamp := func(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }
	want := map[string]any{
		"name": "a", "id": 3.0, "count": 2.0, "type": "Action", "reason": "Drifted", "message": "<one>", "key": "<one>",
		"time": stamp(began().Add(2 * time.Minute)), "lastTime": stamp(began().Add(3 * time.Minute)),
	}
	if fmt.Sprint(last) != fmt.Sprint(want) || !strings.Contains(lines[3], "<one>") {
		t.Errorf("%s\nwant %v", lines[3], want)
	}
}

func TestEventsSince(t *testing.T) {
	home := homeWith(t, "temporal")
	happens(t, home, "temporal", "old", 1, began())
	happens(t, home, "temporal", "repeated", 9, began())
	happens(t, home, "temporal", "new", 1, began().Add(9*time.Minute))
	var out syncBuffer
	a := &app{stdout: &out, stderr: &out, homeFlag: string(home), name: "temporal", output: "text"}
	if err := a.events(context.Background(), eventFlags{since: 3 * time.Minute}, began().Add(10*time.Minute)); err != nil {
		t.Fatal(err)
	}
	want := "2020-11-23 14:10:03  Action/Drifted                repeated  (x7 since 14:04:03)\n" +
		"2020-11-23 14:11:03  Action/Drifted                new\n"
	if got := out.String(); got != want {
		t.Errorf("\n%s\nwant\n%s", got, want)
	}
	stdout, stderr, code := run("local", "events", "--since", "1s", "--home", string(home))
	if stdout != "" || stderr != "nothing happened in the last 1s\n" || code != 0 {
		t.Errorf("exit %d, %q, %q", code, stdout, stderr)
	}
}

func TestEventsThatAreNotThere(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "home")
	known := string(homeWith(t, "temporal"))
	for name, c := range map[string]struct {
		args []string
		want string
		code int
	}{
		"no home":        {[]string{"--home", empty}, "no instance is known in " + empty + "; start one with 'stigmer local'\n", exitDone},
		"no events":      {[]string{"--home", known}, "nothing is recorded yet; a daemon records what it does and sees\n", exitDone},
		"nobody's name":  {[]string{"--home", known, "--name", "x"}, `there is no instance "x" in ` + known + `; there are: temporal`, exitFailed},
		"as yaml":        {[]string{"--home", known, "-o", "yaml"}, "not printed as yaml", exitUsage},
		"in the future":  {[]string{"--home", known, "--since", "-1s"}, "--since -1s is not in the past", exitUsage},
		"for no time":    {[]string{"--home", known, "--since", "0s"}, "--since 0s is not in the past", exitUsage},
		"with arguments": {[]string{"--home", known, "x"}, "takes no argument", exitUsage},
	} {
		stdout, stderr, code := run(append([]string{"local", "events"}, c.args...)...)
		if stdout != "" || !strings.Contains(stderr, c.want) || code != c.code {
			t.Errorf("%s: exit %d, %q, %q; want exit %d and %q", name, code, stdout, stderr, c.code, c.want)
		}
	}
	if _, err := os.Stat(empty); err == nil {
		t.Error("the command made the home folder")
	}
}

// TestEventsThatCannotBeRead do not hide the others.
func TestEventsThatCannotBeRead(t *testing.T) {
	home := homeWith(t)
	happens(t, home, "b", "seen", 1, began())
	if err := os.Symlink("/etc/passwd", home.Events("a")); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, code := run("local", "events", "--home", string(home))
	if code != exitFailed || !strings.Contains(stdout, "seen") || !strings.Contains(stderr, home.Events("a")) {
		t.Errorf("exit %d, %q, %q", code, stdout, stderr)
	}
}

func TestEventLine(t *testing.T) {
	zone := time.FixedZone("", 3600)
	e := events.Event{
		Type: "Refusal", Reason: "R", Message: "a\nb\x1b[2J\x07", Remedy: "end it", Count: 12,
		Time: time.Date(2026, 11, 23, 22, 30, 0, 0, time.UTC), LastTime: time.Date(2026, 11, 23, 23, 30, 0, 0, time.UTC),
	}
	want := "2026-11-24 00:30:00  Refusal/R                     a; b\ufffd[2J\ufffd; end it  (x12 since 2026-11-23 23:30:00)"
	if got := eventLine(e, "", zone); got != want {
		t.Errorf("\n%s\nwant\n%s", got, want)
	}
}

// TestFoldedConditions: of a pass there is one line with what matters, and all
// of it with -o wide.
func TestFoldedConditions(t *testing.T) {
	home := homeWith(t, "temporal")
	r := events.NewRecorder(home.Events("temporal"))
	change := func(condition, from, to string, at time.Time) {
		e := events.Event{Type: events.Condition, Reason: "R", Condition: condition, From: from, To: to, Message: condition + " changed", Key: condition + to}
		if err := r.Record(e, at); err != nil {
			t.Fatal(err)
		}
	}
	for _, condition := range []string{"StoreWritable", "Ready", "Serving", "StoreReadable"} {
		change(condition, "True/Checked", "False/CheckFailed", began())
	}
	change("LockHeld", "True/HeldByServer", "False/Free", began().Add(time.Second))
	change("UIServing", "True/Checked", "False/NoProcess", began().Add(time.Second))
	change("StoreReadable", "Unknown/NotObserved", "True/Checked", began().Add(time.Second))
	change("Ready", "False/NotOwned", "False/NotServing", began().Add(2*time.Second))
	change("Ready", "False/NotServing", "True/Serving", began().Add(3*time.Second))
	stdout, _, _ := run("local", "events", "--home", string(home))
	line := func(at, text string) string {
		return "2020-11-23 " + at + "  Condition/R                   " + text + "\n"
	}
	want := line("14:02:03", "Ready changed; with it StoreWritable, StoreReadable False (CheckFailed)") + line("14:02:06", "Ready changed")
	if stdout != want {
		t.Errorf("\n%s\nwant\n%s", stdout, want)
	}
	if stdout, _, _ := run("local", "events", "-o", "wide", "--home", string(home)); strings.Count(stdout, "\n") != 9 {
		t.Errorf("-o wide:\n%s", stdout)
	}
}

// syncBuffer is a buffer for a writer and a reader at the same time.
type syncBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// watching is "events -w" while it runs.
type watching struct {
	t    *testing.T
	out  syncBuffer
	end  context.CancelFunc
	done chan error
}

func watch(t *testing.T, home string) *watching {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	w := &watching{t: t, end: cancel, done: make(chan error, 1)}
	a := &app{stdout: &w.out, stderr: &w.out, homeFlag: home, name: "temporal", output: "text"}
	go func() { w.done <- a.events(ctx, eventFlags{watch: true}, began()) }()
	t.Cleanup(cancel)
	return w
}

// shows waits until the text was printed.
func (w *watching) shows(text string) {
	w.t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	deadline := time.After(20 * time.Second)
	for !strings.Contains(w.out.String(), text) {
		select {
		case <-tick.C:
		case <-deadline:
			w.t.Fatalf("%q was not printed:\n%s", text, w.out.String())
		}
	}
}

// ends cancels and checks how it ended.
func (w *watching) ends() {
	w.t.Helper()
	w.end()
	select {
	case err := <-w.done:
		if err != nil {
			w.t.Error(err)
		}
	case <-time.After(20 * time.Second):
		w.t.Error("did not end")
	}
}

// TestWatchEvents: each once, as they come, across a new file, and of an
// instance that comes later.
func TestWatchEvents(t *testing.T) {
	home := homeWith(t, "temporal")
	happens(t, home, "temporal", "first", 1, began())
	w := watch(t, string(home))
	w.shows("first\n")
	happens(t, home, "temporal", "second", 3, began())
	w.shows("14:04:03  Action/Drifted                second\n")
	data, err := os.ReadFile(home.Events("temporal"))
	if err == nil {
		_, err = encoding.ReplaceFile(home.Events("temporal"), data)
	}
	if err != nil {
		t.Fatal(err)
	}
	happens(t, home, "temporal", "second", 1, began().Add(3*time.Minute))
	w.shows("14:05:03  Action/Drifted                second  (x2 since 14:04:03)\n")
	happens(t, home, "other", "third", 1, began())
	w.shows("other  Action/Drifted                third\n")
	// The folder tells: the clock alone would take a second for each.
	start := time.Now()
	const more = 10
	for i := range more {
		happens(t, home, "other", fmt.Sprintf("more %d", i), 1, began())
		w.shows(fmt.Sprintf("more %d\n", i))
	}
	if took := time.Since(start); took > more*watchLook/2 {
		t.Errorf("%d events took %s", more, took)
	}
	w.ends()
	if n := strings.Count(w.out.String(), "\n"); n != 6+more {
		t.Errorf("%d lines:\n%s", n, w.out.String())
	}
}

// TestWatchBeforeTheHome: it is there before what it waits for.
func TestWatchBeforeTheHome(t *testing.T) {
	path := filepath.Join(t.TempDir(), "home")
	w := watch(t, path)
	home, err := reconciler.CreateHome(path)
	if err != nil {
		t.Fatal(err)
	}
	happens(t, home, "temporal", "first", 1, began())
	w.shows("first\n")
	// Now it is the folder that tells, not the clock.
	remains := began().Add(time.Hour)
	happens(t, home, "temporal", "second", 1, remains)
	w.shows("second\n")
	if err := os.Remove(home.Events("temporal")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(home.Events("temporal"), 0o700); err != nil {
		t.Fatal(err)
	}
	w.shows("not a regular file; remove it\n")
	w.ends()
	if n := strings.Count(w.out.String(), "not a regular file"); n != 1 {
		t.Errorf("said %d times", n)
	}
}
