package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestCrashIsMended(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.up("--port", fmt.Sprint(w.port))
	old := w.status().pid()
	w.kill9(old)
	now := w.awaitOther(old)
	if now.Status.RestartCount != 1 {
		t.Errorf("restartCount is %d", now.Status.RestartCount)
	}
	w.lastExitIs(now, old, true)
}

// lastExitIs checks that the last server was killed; known says whether the
// kernel must have told so.
func (w *world) lastExitIs(o object, pid int, known bool) {
	w.Helper()
	exit := o.Status.LastExit
	switch {
	case exit == nil || exit.PID != pid || exit.Time == "":
		w.Errorf("lastExit is %+v, want pid %d and a time", exit, pid)
	case !known && exit.Signal == "" && exit.ExitCode == nil:
		w.Logf("this kernel does not tell how a process ended that is nobody's child")
	case exit.Signal != "killed" || exit.ExitCode != nil:
		w.Errorf("lastExit is %+v, want signal killed and no exit code", *exit)
	}
}

func TestDaemonAndServerKilled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.up("--port", fmt.Sprint(w.port))
	w.startWorkflow("kept")
	w.kill9(w.daemon().pid)
	w.kill9(w.temporal().pid)
	if r := w.expect(0, "local", "stop"); !strings.Contains(r.stdout, "is stopped; it was not running") {
		t.Errorf("stop printed %q", r.stdout)
	}
	if r := w.up(); !strings.Contains(r.stdout, "started pid") {
		t.Errorf("local printed %q", r.stdout)
	}
	w.listsWorkflow("kept")
}

// TestStartThatFailsIsNotTheServersFault: the server was killed, but what keeps
// another from being started is that its log is a folder.
func TestStartThatFailsIsNotTheServersFault(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish("restart: {initialDelay: 2s}")
	w.up()
	log := w.file("logs", "temporal.log")
	for _, err := range []error{os.Remove(log), os.Mkdir(log, 0o700)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	w.kill9(w.temporal().pid)
	o := w.awaitStatus("waits", func(o object) bool {
		return o.Status.Situation == "BackingOff" && strings.Contains(o.Status.Message, log)
	})
	if strings.Contains(o.Status.Message, "the last one") {
		t.Errorf("the server is blamed: %s", o)
	}
	if err := os.Remove(log); err != nil {
		t.Fatal(err)
	}
	w.awaitOther(0)
}

func TestOrphanIsAdopted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.up("--port", fmt.Sprint(w.port))
	w.startWorkflow("kept")
	old := w.temporal().pid
	w.kill9(w.daemon().pid)

	if r := w.up(); w.mask(r.stdout) != w.goldenUp("reusing") {
		t.Errorf("local printed %q", r.stdout)
	}
	w.daemon()
	if now := w.temporal().pid; now != old {
		t.Errorf("pid was %d and is %d", old, now)
	}
	w.listsWorkflow("kept")

	w.await("the new daemon has looked, and so watches what it adopts", func() (bool, string) {
		text := w.read("logs", "daemon.log")
		return strings.Contains(text[strings.LastIndex(text, "reconciling"):], "situation"), text
	})
	w.kill9(old)
	w.lastExitIs(w.awaitOther(old), old, kernelTellsExits(w))
	w.listsWorkflow("kept")
}

// kernelTellsExits says whether the kernel tells how a process ended that is
// not our child, which Linux does since 6.15.
func kernelTellsExits(w *world) bool {
	var name unix.Utsname
	var major, minor int
	if err := unix.Uname(&name); err != nil {
		w.Fatal(err)
	}
	release := unix.ByteSliceToString(name.Release[:])
	if _, err := fmt.Sscanf(release, "%d.%d", &major, &minor); err != nil {
		w.Fatalf("cannot read the kernel's version %q: %v", release, err)
	}
	return major > 6 || major == 6 && minor >= 15
}
