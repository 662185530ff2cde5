package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const inMemory = "storage: {type: Memory}"

// TestMemoryIsNotGivenUpOffATerminal: a script has to say that it means it.
func TestMemoryIsNotGivenUpOffATerminal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish(inMemory)
	w.up()
	w.startWorkflow("first")
	w.startWorkflow("second")
	pid, file := w.status().pid(), w.read("desired", "temporal.yaml")
	other := fmt.Sprint(freePorts(t))
	for what, args := range map[string][]string{
		"stop": {"stop"}, "restart": {"restart"}, "this change": {"--port", other},
	} {
		r := w.expect(4, append([]string{"local"}, args...)...)
		want := fmt.Sprintf("stigmer: %s would end pid %d, and with it 2 running workflows that it keeps in memory; add --yes", what, pid)
		if !strings.HasPrefix(r.stderr, want) || r.stdout != "" {
			t.Errorf("want %q, got %s", want, r)
		}
	}
	if o := w.status(); o.pid() != pid || !o.is("Ready") || w.read("desired", "temporal.yaml") != file {
		t.Errorf("what was refused changed something: pid was %d, %s\n%s", pid, o, w.read("desired", "temporal.yaml"))
	}
	// What keeps the server needs no consent.
	w.up()
	w.listsWorkflow("second")
	w.planSaysTheLoss(pid)

	r := w.expect(0, "local", "restart", "--yes")
	if !strings.HasPrefix(r.stdout, "Temporal is ready: restarted, pid ") {
		t.Errorf("restart printed %s", r)
	}
	lost := "; 2 running workflows that it keeps in memory are lost"
	if e := w.lastly("of the end", verb("Terminate", pid)); !strings.Contains(e.Message, lost) {
		t.Errorf("the event does not say %q: %+v", lost, e)
	}
	// Nothing runs in the new one, so nobody is asked.
	w.expect(0, "local", "restart")
	w.startWorkflow("third")
	pid = w.status().pid()
	if r := w.expect(0, "local", "stop", "--yes"); r.stdout != fmt.Sprintf("temporal is stopped (it was pid %d); its workflows were in memory and are gone\n", pid) {
		t.Errorf("stop printed %s", r)
	}
	if e := w.lastly("of the end", verb("Terminate", pid)); !strings.Contains(e.Message, "; 1 running workflow") {
		t.Errorf("the event does not say the number: %+v", e)
	}
}

// planSaysTheLoss edits with no daemon there to do it, and takes it back.
func (w *world) planSaysTheLoss(pid int) {
	w.Helper()
	w.kill9(w.daemon().pid)
	w.wish(inMemory, "logLevel: error")
	want := fmt.Sprintf("Terminate pid %d", pid)
	r := w.expect(5, "local", "plan", "--exit-code")
	if !strings.Contains(r.stdout, want) || !strings.Contains(r.stdout, "; 2 running workflows that it keeps in memory are lost") {
		w.Errorf("%q and the loss are not planned: %s", want, r)
	}
	w.wish(inMemory)
	w.up()
	if now := w.temporal().pid; now != pid {
		w.Errorf("pid was %d and is %d", pid, now)
	}
}

// TestMemoryIsAskedForOnATerminal: a person is asked, and an edit counts as well.
func TestMemoryIsAskedForOnATerminal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish(inMemory)
	w.up()
	w.startWorkflow("kept")
	pid := w.status().pid()
	edit := []string{"--port", fmt.Sprint(w.port + 1)}
	for _, answer := range []struct {
		typed string
		code  int
		args  []string
	}{
		{"n\n", 1, []string{"stop"}},
		{"\n", 1, []string{"restart"}},
		{"x\n", 1, edit},
		{"y\n", 0, []string{"stop"}},
	} {
		shown := w.answers(answer.typed, answer.code, answer.args...)
		if !strings.Contains(shown, fmt.Sprintf("ends pid %d, and with it 1 running workflow that it keeps in memory. Go on? [y/N] ", pid)) {
			t.Errorf("%q: the terminal shows %q", answer.args, shown)
		}
		if o := w.status(); answer.code != 0 && (o.pid() != pid || !o.is("Ready") || !strings.Contains(shown, "nothing was changed")) {
			t.Errorf("%q, %q: pid was %d, %s; shown %q", answer.args, answer.typed, pid, o, shown)
		}
	}
	if o := w.status(); o.Status.Situation != "Stopped" || o.pid() != 0 {
		t.Errorf("after y: %s", o)
	}
}

// answers runs the command on a terminal, types the answer when it is asked,
// and returns what was shown.
func (w *world) answers(typed string, code int, args ...string) string {
	w.Helper()
	window := newTerminal(w)
	c := w.command(append([]string{"local"}, args...)...)
	window.run(w, c)
	w.await("a question is asked", func() (bool, string) {
		return strings.Contains(window.shown(), "[y/N] "), window.shown()
	})
	if _, err := window.master.WriteString(typed); err != nil {
		w.Fatal(err)
	}
	_ = c.Wait()
	if code != 0 {
		// What a command said last may still be on its way through the terminal.
		w.await("its last words are shown", func() (bool, string) {
			return strings.Contains(window.shown(), "nothing was changed"), window.shown()
		})
	}
	if got := c.ProcessState.ExitCode(); got != code {
		w.Errorf("%q ended with exit code %d, want %d: %q", args, got, code, window.shown())
	}
	return window.shown()
}

// TestFrozenMemoryServerGetsTwiceTheThreshold, counted in checks: the events
// say after how many it was given up.
func TestFrozenMemoryServerGetsTwiceTheThreshold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish("interval: 500ms", "health: {timeout: 500ms, failureThreshold: 2}", inMemory)
	w.up()
	w.startWorkflow("lost")
	pid := w.status().pid()
	signalProcess(t, pid, syscall.SIGSTOP)
	w.awaitOther(pid)
	e := w.lastly("of the end", verb("Terminate", pid))
	var failed int
	if _, counted, found := strings.Cut(e.Message, "the process is stopped and "); found {
		_, _ = fmt.Sscanf(counted, "%d checks in a row failed", &failed)
	}
	if e.Situation != "Frozen" || failed < 4 || !strings.Contains(e.Message, "in memory are lost") {
		t.Errorf("it was given up after %d checks: %+v", failed, e)
	}
	failing := w.lastly("of the checks", func(h happening) bool { return h.Condition == "Reconciling" && h.To == "True/Failing" })
	if !strings.Contains(failing.Message, " of 4 checks: ") {
		t.Errorf("before, this was said: %+v", failing)
	}
}

// TestAnotherVersionOfStigmer: it would start the server with other arguments for the
// same file, and nobody has asked for that. The workflows are in memory.
func TestAnotherVersionOfStigmer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	temporal, err := realTemporal()
	if err != nil {
		t.Fatal(err)
	}
	older := filepath.Join(t.TempDir(), "older")
	if err := os.WriteFile(older, []byte("#!/bin/sh\nexec env STIGMER_LAUNCH=of-another-version "+temporal+" \"$@\" --log-level error\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	w.wish(often, inMemory, fmt.Sprintf("binary: {path: %q}", older))
	w.up()
	w.startWorkflow("kept")
	pid := w.status().pid()
	w.kill9(w.daemon().pid)
	if r := w.up(); !strings.Contains(r.stdout, fmt.Sprintf("pid %d", pid)) {
		t.Errorf("local printed %s", r)
	}
	if r := w.expect(0, "local", "plan"); !strings.Contains(r.stdout, "nothing to do") {
		t.Errorf("plan printed %s", r)
	}
	w.listsWorkflow("kept")
	if now := w.status().pid(); now != pid {
		t.Errorf("it was pid %d and is pid %d", pid, now)
	}
}
