package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// happening is a line of "events -o json". Its names are a contract.
type happening struct {
	ID             int64
	Time, LastTime time.Time
	Count          int64

	Name, Type, Reason, Message string

	Situation, Verb, Error      string
	PID, StartedPID             int
	Condition, From, To, Signal string
}

func (w *world) happenings() []happening {
	w.Helper()
	var list []happening
	for line := range strings.Lines(w.expect(0, "local", "events", "-o", "json").stdout) {
		h, err := parseHappening(line)
		if err != nil {
			w.Fatal(err)
		}
		list = append(list, h)
	}
	return list
}

func parseHappening(line string) (happening, error) {
	var h happening
	err := json.Unmarshal([]byte(line), &h)
	if err != nil || h.ID < 1 || h.Type == "" || h.Name != "temporal" || h.Count < 1 || h.Message == "" || h.LastTime.Before(h.Time) {
		return h, fmt.Errorf("this line is no event: %w: %q", err, line)
	}
	return h, nil
}

// lastly returns the newest event of that kind.
func (w *world) lastly(what string, is func(happening) bool) happening {
	w.Helper()
	list := w.happenings()
	for _, h := range slices.Backward(list) {
		if is(h) {
			return h
		}
	}
	w.Fatalf("there is no event %s among %+v", what, list)
	return happening{}
}

func verb(name string, pid int) func(happening) bool {
	return func(h happening) bool { return h.Verb == name && (h.PID == pid || h.StartedPID == pid) }
}

// TestWhyDidItRestart is answered for each restart, by one command.
func TestWhyDidItRestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish(quick)
	w.up()
	follower := w.follow()

	killed := w.status().pid()
	w.kill9(killed)
	frozen := w.awaitOther(killed).pid()
	w.because(frozen, "Start", "NotRunning", "the last server failed")
	if h := w.lastly("of the end", func(h happening) bool { return h.Type == "Exit" && h.PID == killed }); h.Signal != "killed" ||
		!strings.Contains(h.Message, "was ended by signal killed; it was not asked to stop") {
		t.Errorf("the end of the server is told like this: %+v", h)
	}

	signalProcess(t, frozen, syscall.SIGSTOP)
	moved := w.awaitOther(frozen).pid()
	w.because(frozen, "Terminate", "Frozen", "the process is stopped and 3 checks in a row failed")

	before := w.port
	w.port = freePorts(t)
	w.wish(quick)
	now := w.awaitOther(moved).pid()
	w.because(moved, "Terminate", "Drifted", fmt.Sprintf(`--port changes from "%d" to "%d"`, before, w.port))
	follower.sees(w, verb("Start", now))

	r := w.expect(0, "local", "events")
	for _, want := range []string{
		fmt.Sprintf("pid %d, was ended by signal killed", killed), "Action/Frozen", "Action/Drifted", "in force as generation 2: changed spec.port\n",
		fmt.Sprintf("as pid %d; because ", now),
	} {
		if !strings.Contains(r.stdout, want) {
			t.Errorf("%q is not told:\n%s", want, r.stdout)
		}
	}
}

// because checks what the newest such action says of its cause.
func (w *world) because(pid int, name, reason, why string) {
	w.Helper()
	// A look sees a server before the daemon has told of it.
	w.await(fmt.Sprintf("there is an event %s of pid %d", name, pid), func() (bool, string) {
		list := w.happenings()
		return slices.ContainsFunc(list, verb(name, pid)), fmt.Sprintf("%+v", list)
	})
	if h := w.lastly(name, verb(name, pid)); h.Reason != reason || h.Situation == "" || !strings.Contains(h.Message, why) {
		w.Errorf("%s of pid %d: want reason %s and %q, got %+v", name, pid, reason, why, h)
	}
}

// TestNewestCrashIsTold, the fifth as the first: within a pass, in the last line
// about an end, with its own time. A restart that was asked for is not counted
// among them.
func TestNewestCrashIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wishStub(nil, quick, "restart: {initialDelay: 10ms, maxDelay: 10ms}")
	w.up()
	pid := w.status().pid()
	for crash := range 6 {
		if crash == 5 {
			w.expect(0, "local", "restart")
			pid = w.status().pid()
		}
		before := time.Now().Add(-time.Millisecond)
		w.kill9(pid)
		w.await(fmt.Sprintf("crash %d of pid %d is told", crash, pid), func() (bool, string) {
			h := w.lastly("of an end", func(h happening) bool { return h.Type == "Exit" })
			return h.PID == pid && h.Signal == "killed" && h.LastTime.After(before), fmt.Sprintf("%+v", h)
		})
		pid = w.awaitOther(pid).pid()
		w.because(pid, "Start", "NotRunning", "the last server failed")
	}
	r := w.expect(0, "local", "events")
	if n := strings.Count(r.stdout, "was ended by signal killed; it was not asked to stop"); n != 4 || !strings.Contains(r.stdout, "not asked to stop  (x3 since ") {
		t.Errorf("6 crashes are told in %d lines:\n%s", n, r)
	}
	if n := strings.Count(r.stdout, "it was asked to stop: RestartRequested"); n != 1 {
		t.Errorf("the restart is told %d times:\n%s", n, r)
	}
	lines := strings.Split(strings.TrimSpace(r.stdout), "\n")
	if !slices.IsSortedFunc(lines, func(a, b string) int { return strings.Compare(a[:len(time.DateTime)], b[:len(time.DateTime)]) }) {
		t.Errorf("not in the order of time:\n%s", r.stdout)
	}
}

// TestRestoreIsTold: where the database is that was replaced, which is listed
// among the backups; and that a backup could not be restored.
func TestRestoreIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish(quick)
	w.up()
	backup := w.backup()
	w.expect(0, "local", "restore", backup, "--yes")
	var listed struct{ Items []struct{ Path, Kind string } }
	r := w.expect(0, "local", "backups", "-o", "json")
	if err := json.Unmarshal([]byte(r.stdout), &listed); err != nil || len(listed.Items) != 2 || listed.Items[0].Kind != "replaced" || listed.Items[1].Path != backup {
		t.Fatalf("the backups are listed like this: %v, %s", err, r)
	}
	restored := w.lastly("of the restore", func(h happening) bool { return h.Verb == "RestoreBackup" })
	if kept := listed.Items[0].Path; !strings.Contains(restored.Message, "is now "+kept+";") || restored.Error != "" {
		t.Errorf("it does not say that the old database is at %s: %+v", kept, restored)
	}
	w.expect(0, "local", "restore", listed.Items[0].Path, "--yes")
	bad := w.file("bad.db")
	w.write("SQLite format 3\x00 and nothing more", "bad.db")
	w.writeDesired(withWish(desired("temporal", w.port, quick), bad, rightNow()))
	w.await("a bad backup is told", func() (bool, string) {
		list := w.happenings()
		failed := slices.ContainsFunc(list, func(h happening) bool {
			return h.Verb == "StageBackup" && h.Error != "" && strings.Contains(h.Message, bad)
		})
		refused := slices.ContainsFunc(list, func(h happening) bool { return h.Type == "Refusal" && strings.Contains(h.Message, bad) })
		return failed && refused, fmt.Sprintf("%+v", list)
	})
}

// follower is an "events -w -o json" that goes on.
type follower struct{ lines *bufio.Reader }

func (w *world) follow() follower {
	w.Helper()
	c := w.command("local", "events", "-w", "-o", "json")
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	out, err := c.StdoutPipe()
	if err != nil {
		w.Fatal(err)
	}
	if err := c.Start(); err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() {
		_ = c.Process.Signal(os.Interrupt)
		_, _ = io.Copy(io.Discard, out)
		if err := c.Wait(); err != nil {
			w.Errorf("events -w ended with %v", err)
		}
	})
	return follower{bufio.NewReader(out)}
}

// sees reads until it comes to such an event; the command ends in time.
func (f follower) sees(w *world, is func(happening) bool) {
	w.Helper()
	for {
		line, err := f.lines.ReadString('\n')
		if err != nil {
			w.Fatalf("events -w ended before it told it: %v", err)
		}
		h, err := parseHappening(line)
		if err != nil {
			w.Fatal(err)
		}
		if is(h) {
			return
		}
	}
}

// TestTornEvents: a daemon that is killed while it writes leaves half a line.
func TestTornEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wishStub(nil, quick)
	w.up()
	w.kill9(w.daemon().pid)
	before := w.happenings()
	w.append(`{"id":999,"time":"2026-01-01T00:00`, "status", "temporal.events.jsonl")
	if after := w.happenings(); len(after) != len(before) {
		t.Errorf("there were %d events, and with half a line there are %d", len(before), len(after))
	}
	pid := w.temporal().pid
	w.up()
	w.kill9(pid)
	now := w.awaitOther(pid).pid()
	w.because(now, "Start", "NotRunning", "the last server failed")
	if after := w.happenings(); !slices.EqualFunc(before, after[:len(before)], func(a, b happening) bool { return a.ID == b.ID && a.Type == b.Type }) {
		t.Errorf("the events from before are\n%+v, were\n%+v", after, before)
	}
}

// append adds to a file of the home.
func (w *world) append(text string, elements ...string) {
	w.Helper()
	file, err := os.OpenFile(w.file(elements...), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		w.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteString(text); err != nil {
		w.Fatal(err)
	}
}
