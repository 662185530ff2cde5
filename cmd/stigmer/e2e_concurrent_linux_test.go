package main

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

func TestTwentyAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const commands = 20
	results, faults := make([]result, commands), make([]error, commands)
	var running sync.WaitGroup
	for i := range commands {
		c := w.command("local", "--port", fmt.Sprint(w.port))
		running.Go(func() { results[i], faults[i] = w.finish(c) })
	}
	running.Wait()
	for i, r := range results {
		if faults[i] != nil || r.code != 0 || !strings.HasPrefix(r.stdout, "Temporal is ready: ") {
			t.Errorf("command %d: %v: %s", i, faults[i], r)
		}
	}
	pid := w.temporal().pid
	w.daemon()
	for i, r := range results {
		if !strings.Contains(r.stdout, fmt.Sprintf(" pid %d\n", pid)) {
			t.Errorf("command %d is about another server than pid %d: %s", i, pid, r)
		}
	}
}
