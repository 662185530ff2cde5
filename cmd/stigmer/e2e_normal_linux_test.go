package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestNormalRunKeepsData(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.up("--port", fmt.Sprint(w.port))
	want := strings.Replace(w.goldenUp("started"), "temporal.db\n", "temporal.db (new)\n", 1)
	if w.mask(first.stdout) != want || first.stderr != "" {
		t.Errorf("first run: want %q and nothing on stderr, got %q, %q", want, w.mask(first.stdout), first.stderr)
	}
	w.startWorkflow("kept")
	pid := w.status().pid()

	stopped := w.expect(0, "local", "stop")
	if want := fmt.Sprintf("temporal is stopped (it was pid %d); its data stays, and 1 running workflow can go on after the next start\n", pid); stopped.stdout != want {
		t.Errorf("stop: want %q, got %q", want, stopped.stdout)
	}
	if left := w.leftAfter(patience); len(left) > 0 {
		t.Errorf("stop leaves:\n%s", describe(left))
	}
	for _, port := range quadruple(w.port) {
		if accepts(port) {
			t.Errorf("port %d still accepts after stop", port)
		}
	}
	again := w.up()
	if want := w.goldenUp("started"); w.mask(again.stdout) != want {
		t.Errorf("second run: want %q, got %q", want, w.mask(again.stdout))
	}
	w.listsWorkflow("kept")
}

// goldenUp is what "stigmer local" prints, masked.
func (w *world) goldenUp(how string) string {
	return "Temporal is ready: " + how + " pid PID\n" +
		"  address  127.0.0.1:FRONTEND\n" +
		"  UI       http://127.0.0.1:UI\n" +
		"  data     HOME/temporal-data/temporal.db\n"
}

// mask replaces what differs in each run.
func (w *world) mask(text string) string {
	p := quadruple(w.port)
	pairs := []string{w.home, "HOME"}
	for i, name := range []string{"FRONTEND", "HTTP", "UI", "METRICS"} {
		pairs = append(pairs, fmt.Sprintf(":%d", p[i]), ":"+name)
	}
	for _, process := range processesOf(w.home) {
		if process.isTemporal() {
			pairs = append(pairs, fmt.Sprintf("pid %d", process.pid), "pid PID")
		}
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

func TestSecondRunReuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.up("--port", fmt.Sprint(w.port))
	pid, file := w.status().pid(), w.read("desired", "temporal.yaml")
	before, err := os.Stat(w.file("desired", "temporal.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	again := w.up("--port", fmt.Sprint(w.port))
	if want := w.goldenUp("reusing"); w.mask(again.stdout) != want {
		t.Errorf("second run: want %q, got %q", want, w.mask(again.stdout))
	}
	if now := w.temporal().pid; now != pid {
		t.Errorf("pid was %d and is %d", pid, now)
	}
	after, err := os.Stat(w.file("desired", "temporal.yaml"))
	if err != nil || !after.ModTime().Equal(before.ModTime()) || w.read("desired", "temporal.yaml") != file {
		t.Errorf("the desired file was written: %v, now\n%s", err, w.read("desired", "temporal.yaml"))
	}
}

func TestRestartReplacesTheServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.up("--port", fmt.Sprint(w.port))
	old := w.status().pid()
	restarted := w.expect(0, "local", "restart")
	if !strings.HasPrefix(restarted.stdout, "Temporal is ready: restarted, pid ") {
		t.Errorf("restart printed %q", restarted.stdout)
	}
	now := w.status()
	if now.pid() == old || !now.is("Ready") {
		t.Errorf("pid was %d, now %s", old, now)
	}
	if now.Status.RestartCount != 0 {
		t.Errorf("a restart that was asked for is counted: %d", now.Status.RestartCount)
	}
}
