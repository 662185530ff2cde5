package main

import (
	"fmt"
	"os"
	"testing"
)

const (
	// fewCycles is how often the server crashes unless CHAOS_CYCLES says it.
	fewCycles = 30
	// warmCycles are let pass before the first measurement: the runtime opens and
	// allocates what it needs, and the events file fills to its bound.
	warmCycles = 10
	// moreMemory is by how much the daemon may have grown, in KiB: the collector
	// of a program with the race detector gives back late.
	moreMemory = 48 << 10
)

// TestChaosCycles: a server that crashes over and over leaves the daemon as it
// was: memory, descriptors, goroutines, and nobody unreaped.
func TestChaosCycles(t *testing.T) {
	t.Parallel()
	cycles := fewCycles
	if text := os.Getenv("CHAOS_CYCLES"); text != "" {
		cycles = int(number(t, text))
	}
	w := newWorld(t)
	w.countable()
	w.wishStub(nil, "interval: 1s", "restart: {initialDelay: 10ms, maxDelay: 10ms, resetAfter: 100ms}")
	w.up()
	daemon := w.daemon().pid
	var first census
	for i := range cycles {
		if i == max(warmCycles, cycles/10) {
			first = w.census(daemon)
		}
		w.crashes(daemon)
	}
	last := w.atRest(daemon, first)
	t.Logf("chaos: %d crash-restart cycles: %s after %d, %s at the end", cycles, first, max(warmCycles, cycles/10), last)
	if last.resident > first.resident+moreMemory {
		t.Errorf("the daemon grew: from %s to %s\n%s", first, last, last.detail)
	}
	if dead := zombiesOf(daemon); len(dead) > 0 {
		t.Errorf("the daemon did not reap %v", dead)
	}
	if now := w.daemon().pid; now != daemon {
		t.Errorf("the daemon was %d and is %d", daemon, now)
	}
}

// crashes kills the server and waits until another one has its port.
func (w *world) crashes(daemon int) {
	w.Helper()
	old := w.child(daemon)
	w.kill9(old)
	w.await("another server listens", func() (bool, string) {
		now := childOf(daemon)
		return now != 0 && now != old && listensOn(now, w.port), fmt.Sprintf("pid %d", now)
	})
}

// child waits for the server that the daemon started.
func (w *world) child(daemon int) (pid int) {
	w.Helper()
	w.await("the daemon has a server", func() (bool, string) { pid = childOf(daemon); return pid != 0, "none" })
	return pid
}

// childOf returns a living child that serves, 0 for none: a look at one file of
// each process.
func childOf(parent int) int {
	for _, pid := range childrenOf(parent, false) {
		if p, alive := readProcess(pid); alive && p.isTemporal() {
			return pid
		}
	}
	return 0
}
