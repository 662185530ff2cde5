package main

import (
	"testing"
	"time"
)

// TestLongReaderIsWaitedFor: a program reads the database for longer than the
// checks are patient. Temporal waits for it, and a restart would too.
func TestLongReaderIsWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish(often)
	w.up()
	pid := w.temporal().pid
	release, busy := w.reads()
	if busy {
		t.Fatal("the server keeps readers out")
	}
	t.Cleanup(release)
	w.awaitStatus("says that the store is not read", func(o object) bool { return o.condition("StoreReadable").Status == "False" && !o.is("Ready") })
	for end := time.After(8 * time.Second); ; {
		if o := w.status(); o.pid() != pid || o.Status.Situation == "Terminating" {
			t.Fatalf("pid was %d: %s", pid, o)
		}
		select {
		case <-end:
			release()
			if o := w.awaitStatus("is Ready again", func(o object) bool { return o.is("Ready") }); o.pid() != pid {
				t.Errorf("pid was %d and is %d", pid, o.pid())
			}
			return
		case <-time.After(10 * look):
		}
	}
}
