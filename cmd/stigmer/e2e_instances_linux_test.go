package main

import (
	"fmt"
	"testing"
)

func TestInstancesAreIndependent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.up("--port", fmt.Sprint(w.port))
	w.up("--name", "second", "--port", fmt.Sprint(freePorts(t)))
	daemon := w.daemon().pid
	first, second := w.status().pid(), w.statusOf("second").pid()

	w.kill9(second)
	w.awaitStatusOf("second", "is Ready again", func(o object) bool { return o.is("Ready") && o.pid() != second })
	if now := w.status(); now.pid() != first || now.Status.RestartCount != 0 {
		t.Errorf("the first was %d, and is %s", first, now)
	}
	second = w.statusOf("second").pid()

	w.expect(0, "local", "stop")
	if now := w.statusOf("second"); now.pid() != second || !now.is("Ready") {
		t.Errorf("the second was %d, and is %s", second, now)
	}
	if now := w.daemon().pid; now != daemon {
		t.Errorf("the daemon was %d and is %d", daemon, now)
	}
	w.expect(0, "local", "stop", "--name", "second")
	if left := w.leftAfter(patience); len(left) > 0 {
		t.Errorf("left after the last stop:\n%s", describe(left))
	}
}

func TestStopKeepsTheDaemonOnDemand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wishStub(nil)
	w.up()
	daemon := w.daemon().pid
	w.expect(0, "local", "stop", "--keep-daemon")
	w.await("only the daemon is left", func() (bool, string) {
		list := processesOf(w.home)
		return len(list) == 1 && list[0].pid == daemon, describe(list)
	})
}
