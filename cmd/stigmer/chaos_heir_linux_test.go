package main

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// TestChaosServerPidReuse gives the pid of a server that a daemon knows to a
// stranger: the daemon is stopped, the server dies, a stranger gets its pid, the
// file asks for the end of the server, and the daemon goes on. That a pid is lost
// between the decision and the signal is TestChaosPidReuse.
func TestChaosServerPidReuse(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	w := newWorld(t)
	rounds := 1 // of each edit
	if os.Getenv("CHAOS_TIME") != "" {
		rounds = 5
	}
	reused := 0
	for range rounds {
		for line, done := range map[string]func(old int, o object) bool{
			"enabled: false": func(_ int, o object) bool { return o.Status.Situation == "Stopped" },
			"logLevel: warn": func(old int, o object) bool { return o.is("Ready") && o.pid() != old },
		} {
			old := w.adopted()
			daemon := w.daemon().pid
			signalProcess(w, daemon, unix.SIGSTOP)
			w.kill9(old)
			w.reap(old)
			heir := w.heirOf(old)
			w.wishStub(nil, often, line)
			signalProcess(w, daemon, unix.SIGCONT)
			w.awaitStatus("is as the file says: "+line, func(o object) bool { return done(old, o) })
			if heir.pid() == old {
				reused++
			}
			heir.leave()
		}
	}
	if reused == 0 {
		t.Fatal("a stranger never got the pid")
	}
	if !t.Failed() {
		t.Logf("chaos: the pid of a server that a daemon knew was given to a stranger %d times; strangers harmed 0", reused)
	}
}

// adopted returns the pid of a server that serves and whose daemon did not start
// it, so that its end leaves the pid free.
func (w *world) adopted() int {
	w.Helper()
	w.wishStub(nil, often)
	w.up()
	daemon := w.daemon().pid
	w.kill9(daemon)
	w.reap(daemon)
	w.up()
	return w.temporal().pid
}

// reap frees the pid of a process whose parent has ended: the first process of a
// pid namespace inherits it.
func (w *world) reap(pid int) {
	w.Helper()
	if _, err := unix.Wait4(pid, nil, 0, nil); err != nil {
		w.Fatalf("cannot reap pid %d: %v", pid, err)
	}
}
