package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestStoppedProcessIsReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish(quick)
	w.up()
	old := w.status().pid()
	signalProcess(t, old, syscall.SIGSTOP)
	now := w.awaitOther(old)
	if now.Status.RestartCount != 1 || now.Status.LastExit == nil || now.Status.LastExit.PID != old {
		t.Errorf("restartCount %d, lastExit %+v", now.Status.RestartCount, now.Status.LastExit)
	}
	if _, alive := readProcess(old); alive {
		t.Errorf("pid %d still lives", old)
	}
}

func TestProcessThatIgnoresSIGTERMIsKilled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	signals := filepath.Join(t.TempDir(), "signals")
	w.wishStub([]string{"STUB_IGNORE_TERM=1", "STUB_SIGNALS=" + signals}, "terminationGracePeriod: 1s")
	w.up()
	pid := w.temporal().pid
	w.expect(0, "local", "stop")
	got, err := os.ReadFile(signals)
	if err != nil || !strings.Contains(string(got), "SIGTERM\n") {
		t.Errorf("it was not asked first: %v, signals %q", err, got)
	}
	w.lastExitIs(w.status(), pid, true)
}

func TestServerThatStopsAnsweringIsReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	control := filepath.Join(t.TempDir(), "control")
	w.wishStub([]string{"STUB_CONTROL=" + control}, quick)
	w.up()
	old := w.temporal().pid
	if err := os.WriteFile(control, []byte("STUB_HEALTH=mute\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	signalProcess(t, old, syscall.SIGUSR1)
	w.awaitStatus("notices", func(o object) bool { return !o.is("Serving") })
	if err := os.Remove(control); err != nil {
		t.Fatal(err)
	}
	w.awaitOther(old)
}
