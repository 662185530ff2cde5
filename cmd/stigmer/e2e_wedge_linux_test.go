package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/workflowservice/v1"
	"golang.org/x/sys/unix"

	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// TestWedgedServerIsReplaced: without our busy_timeout, a program that reads
// the file while Temporal commits leaves it unable to write for good. Two write
// checks tell, which lie half a minute apart: that time passes while other
// tests run, so this one becomes parallel late. They keep the machine busy, so
// the other checks get more time: only the writes are to count here.
func TestWedgedServerIsReplaced(t *testing.T) {
	w := newWorld(t)
	w.wish(often, "health: {timeout: 5s}", `sqlitePragmas: {busy_timeout: "0"}`)
	w.up()
	w.awaitStatus("has written once", func(o object) bool { return o.is("StoreWritable") })
	f, old := w.frontend(), w.temporal().pid
	ids := f.startMany("kept", 10)
	w.wedge(f)
	t.Parallel()

	o := w.awaitReplaced(old)
	if o.Status.RestartCount != 1 || o.Status.LastExit == nil || o.Status.LastExit.PID != old {
		t.Errorf("restartCount %d, lastExit %+v", o.Status.RestartCount, o.Status.LastExit)
	}
	w.lists(f, ids)
	if err := f.start("after"); err != nil {
		t.Errorf("the new server does not write: %v", err)
	}
	w.waitedForTwoChecks(old)
}

// wedge lets the server commit beside a reader, again until it is proven that
// it cannot write any more.
func (w *world) wedge(f frontend) {
	w.Helper()
	var beside, after error
	for range 10 {
		release := w.holdsShared()
		beside = f.write()
		release()
		var wedged bool
		if wedged, after = f.isWedged(); wedged {
			return
		}
	}
	w.Fatalf("a reader did not wedge this Temporal in 10 attempts: of the last one, the write beside the reader ended with %v, and what came after it with %v", beside, after)
}

// holdsShared takes the lock that every reader of the file has, until release
// is called. It does so without SQLite, which takes it several times to read
// once: a commit that meets the first of them keeps out the next, and no reader
// is there. And the file must be closed for certain, because no server is given
// up while another process has its database open.
func (w *world) holdsShared() (release func()) {
	w.Helper()
	file, err := os.Open(w.database())
	if err != nil {
		w.Fatal(err)
	}
	lock := unix.Flock_t{Type: unix.F_RDLCK, Start: 0x40000002, Len: 510} // SHARED_FIRST and SHARED_SIZE of SQLite
	w.await("no commit keeps readers out", func() (bool, string) {
		err := unix.FcntlFlock(file.Fd(), unix.F_OFD_SETLK, &lock)
		return err == nil, fmt.Sprint(err)
	})
	return func() { file.Close() }
}

// isWedged reports whether writes fail, one after the other, because a
// transaction that could not be ended is open on the one connection that the
// server has; and how the last one ended. Busy servers fail in other ways.
func (f frontend) isWedged() (bool, error) {
	for range 2 {
		if err := f.write(); err == nil || !strings.Contains(err.Error(), "cannot start a transaction within a transaction") {
			return false, err
		}
	}
	err := f.once("refused", 2*time.Second)
	return err != nil, err
}

// write makes one small write, in one transaction.
func (f frontend) write() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience/3)
	defer cancel()
	_, err := f.UpdateNamespace(ctx, &workflowservice.UpdateNamespaceRequest{
		Namespace: "default", UpdateInfo: &namespace.UpdateNamespaceInfo{Data: map[string]string{"e2e": "wedge"}},
	})
	return err
}

// awaitReplaced waits for what the daemon needs two write checks to find out.
func (w *world) awaitReplaced(old int) object {
	w.Helper()
	deadline := time.After(2*plan.WriteCheckEvery + 3*patience)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		o := w.status()
		if o.is("Ready") && o.pid() != old {
			return o
		}
		select {
		case <-tick.C:
		case <-deadline:
			w.Fatalf("pid %d is not replaced: %s; %+v", old, o, o.condition("StoreWritable"))
		}
	}
}

// waitedForTwoChecks: the first write that fails is told, and not more; with
// the second the server begins to fail, and is asked to end, once.
func (w *world) waitedForTwoChecks(old int) {
	w.Helper()
	const why = "the store is not written: "
	list := w.happenings()
	when := func(condition, to, says string) time.Time {
		w.Helper()
		i := slices.IndexFunc(list, func(h happening) bool {
			return h.Condition == condition && h.To == to && strings.Contains(h.Message, says)
		})
		if i < 0 {
			w.Fatalf("%s did not become %s among %+v", condition, to, list)
		}
		return list[i].Time
	}
	told, failing := when("StoreWritable", "False/CheckFailed", "UpdateNamespace"), when("Reconciling", "True/Failing", why)
	if between := failing.Sub(told); between < plan.WriteCheckEvery-5*time.Second || between >= 2*plan.WriteCheckEvery {
		w.Errorf("the server began to fail %s after the first write that failed", between)
	}
	asked := slices.DeleteFunc(list, func(h happening) bool { return !verb("Terminate", old)(h) })
	if len(asked) != 1 || asked[0].Situation != "Unresponsive" || !strings.Contains(asked[0].Message, why) {
		w.Errorf("pid %d was asked to end like this: %+v", old, asked)
	}
}
