package reconciler

import (
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

func kill(t *testing.T, pid int32, signal syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(int(pid), signal); err != nil {
		t.Fatal(err)
	}
}

func TestStartStopStart(t *testing.T) {
	w := newWorld(t)
	w.write("temporal", w.desired("temporal", w.port))
	w.run()
	first := w.ready("temporal")
	if first.Status.ObservedGeneration != 1 || first.Status.RestartCount != 0 {
		t.Errorf("status %+v", first.Status)
	}
	w.write("temporal", w.desired("temporal", w.port, "  enabled: false"))
	w.eventually("temporal", "stopped", stopped)
	if left := marked(string(w.home)); len(left) > 0 {
		t.Errorf("processes left: %v", left)
	}
	w.write("temporal", w.desired("temporal", w.port))
	second := w.ready("temporal")
	if second.Status.ObservedGeneration != 3 {
		t.Errorf("observed generation %d after two edits, want 3", second.Status.ObservedGeneration)
	}
	if second.Status.RestartCount != 0 {
		t.Errorf("%d restarts, and all was asked for", second.Status.RestartCount)
	}
}

func TestCrashIsRepaired(t *testing.T) {
	w := newWorld(t)
	w.write("temporal", w.desired("temporal", w.port))
	w.run()
	before := w.ready("temporal").Status.Process.PID
	kill(t, before, syscall.SIGKILL)
	after := w.eventually("temporal", "ready again", func(o *v1alpha1.Temporal) bool {
		return ready(o) && o.Status.Process.PID != before
	})
	if after.Status.RestartCount != 1 {
		t.Errorf("restart count %d, want 1", after.Status.RestartCount)
	}
	if exit := after.Status.LastExit; exit == nil || exit.Signal != "killed" || exit.PID != before {
		t.Errorf("last exit %+v, want pid %d killed", exit, before)
	}
}

func TestCrashLoopBacksOff(t *testing.T) {
	w := newWorld(t)
	w.write("temporal", w.desired("temporal", w.port, "  env: {STUB_EXIT: '3'}"))
	w.run()
	w.eventually("temporal", "backing off after exit code 3", func(o *v1alpha1.Temporal) bool {
		exit := o.Status.LastExit
		return o.Status.Situation == "BackingOff" && o.Status.RestartCount >= 2 &&
			exit != nil && exit.ExitCode != nil && *exit.ExitCode == 3
	})
	w.write("temporal", w.desired("temporal", w.port))
	w.ready("temporal")
}

func TestInvalidFileChangesNothingButTheCondition(t *testing.T) {
	w := newWorld(t)
	w.write("temporal", w.desired("temporal", w.port))
	stop := w.run()
	before := w.ready("temporal").Status.Process.PID
	w.write("temporal", "spec: [\n")
	invalid := func(o *v1alpha1.Temporal) bool {
		return meta.IsStatusConditionFalse(o.Status.Conditions, v1alpha1.ConditionDesiredStateValid)
	}
	after := w.eventually("temporal", "invalid", invalid)
	if !ready(after) || after.Status.Process.PID != before {
		t.Errorf("an invalid file changed the server: %+v", after.Status)
	}
	stop()

	// A daemon that starts now has only the status file to go by.
	w.run()
	again := w.eventually("temporal", "invalid", invalid)
	if again.Status.Process == nil || again.Status.Process.PID != before {
		t.Errorf("the next daemon lost the server: %+v", again.Status)
	}
	w.write("temporal", w.desired("temporal", w.port))
	mended := w.eventually("temporal", "valid", func(o *v1alpha1.Temporal) bool { return ready(o) && !invalid(o) })
	if mended.Status.Process.PID != before {
		t.Errorf("mending the file replaced the server")
	}
}

func TestNeverValidFile(t *testing.T) {
	w := newWorld(t)
	w.write("temporal", "spec: [\n")
	w.run()
	object := w.eventually("temporal", "reported", func(o *v1alpha1.Temporal) bool {
		return meta.IsStatusConditionFalse(o.Status.Conditions, v1alpha1.ConditionDesiredStateValid)
	})
	if !meta.IsStatusConditionTrue(object.Status.Conditions, v1alpha1.ConditionStalled) {
		t.Error("not stalled")
	}
	w.write("temporal", w.desired("temporal", w.port))
	w.ready("temporal")
}

func TestRemovedFileMeansStop(t *testing.T) {
	w := newWorld(t)
	w.write("temporal", w.desired("temporal", w.port))
	w.run()
	w.ready("temporal")
	if err := os.Remove(w.home.Desired("temporal")); err != nil {
		t.Fatal(err)
	}
	w.await("the instance is forgotten", func() bool {
		_, err := os.Stat(w.home.Status("temporal"))
		return errors.Is(err, os.ErrNotExist) && len(marked(string(w.home))) == 0
	})
	if _, err := os.Stat(w.home.Files("temporal").DataDir); err != nil {
		t.Errorf("the data is gone: %v", err)
	}
}

func TestRemovedFolderMeansNothing(t *testing.T) {
	w := newWorld(t)
	w.write("temporal", w.desired("temporal", w.port))
	w.run()
	before := w.ready("temporal").Status.Process.PID
	if err := os.Rename(w.home.DesiredDir(), w.home.DesiredDir()+".away"); err != nil {
		t.Fatal(err)
	}
	object := w.eventually("temporal", "invalid", func(o *v1alpha1.Temporal) bool {
		return meta.IsStatusConditionFalse(o.Status.Conditions, v1alpha1.ConditionDesiredStateValid)
	})
	if object.Status.Process == nil || object.Status.Process.PID != before {
		t.Error("the server was touched")
	}
	if err := os.Rename(w.home.DesiredDir()+".away", w.home.DesiredDir()); err != nil {
		t.Fatal(err)
	}
	w.eventually("temporal", "valid again", func(o *v1alpha1.Temporal) bool {
		return meta.IsStatusConditionTrue(o.Status.Conditions, v1alpha1.ConditionDesiredStateValid)
	})
}

func TestInstancesAreIndependent(t *testing.T) {
	w := newWorld(t)
	other := freePortFrom(t, w.port+4)
	w.write("stubborn", w.desired("stubborn", w.port, "  env: {STUB_IGNORE_TERM: '1'}"))
	w.write("quick", w.desired("quick", other))
	w.run()
	w.ready("stubborn")
	quick := w.ready("quick").Status.Process.PID
	w.write("stubborn", w.desired("stubborn", w.port, "  enabled: false"))
	w.eventually("stubborn", "on its way out", func(o *v1alpha1.Temporal) bool {
		return o.Status.Situation == "Stopping" || o.Status.Situation == "Terminating"
	})
	kill(t, quick, syscall.SIGKILL)
	w.eventually("quick", "ready again", func(o *v1alpha1.Temporal) bool { return ready(o) && o.Status.Process.PID != quick })
	w.eventually("stubborn", "stopped", stopped)
}

func TestShutdownLeavesTheServerAndTheNextAdopts(t *testing.T) {
	w := newWorld(t)
	w.write("temporal", w.desired("temporal", w.port))
	stop := w.run()
	before := w.ready("temporal").Status.Process.PID
	stop()
	w.run()
	kill(t, before, syscall.SIGKILL)
	after := w.eventually("temporal", "ready again", func(o *v1alpha1.Temporal) bool {
		return ready(o) && o.Status.Process.PID != before
	})
	if after.Status.RestartCount != 1 {
		t.Errorf("restart count %d, want 1", after.Status.RestartCount)
	}
}

func TestOnlyOneReconcilesAHome(t *testing.T) {
	w := newWorld(t)
	w.run()
	w.await("the daemon has its lock", func() bool {
		_, err := w.home.ReadDaemonInfo()
		return err == nil
	})
	err := New(Options{Home: w.home}).Run(context.Background())
	var running *AlreadyRunningError
	if !errors.As(err, &running) {
		t.Errorf("the second Run returned %v", err)
	}
}

func TestQuietPassesWriteAndLogNothing(t *testing.T) {
	w := newWorld(t)
	w.write("temporal", w.desired("temporal", w.port))
	w.run()
	w.ready("temporal")
	before, err := os.Stat(w.home.Status("temporal"))
	if err != nil {
		t.Fatal(err)
	}
	lines := w.logs.len()
	w.wait(3 * 500 * time.Millisecond)
	after, err := os.Stat(w.home.Status("temporal"))
	if err != nil || !after.ModTime().Equal(before.ModTime()) || !os.SameFile(before, after) {
		t.Errorf("a quiet pass wrote the status (%v)", err)
	}
	if w.logs.len() != lines {
		t.Errorf("quiet passes logged:\n%s", strings.Join(w.logs.lines[lines:], "\n"))
	}
}

// await waits until ok.
func (w *world) await(what string, ok func() bool) {
	w.t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			w.t.Fatalf("not within %s: %s", patience, what)
		}
	}
}

// wait lets time pass in which nothing should happen.
func (w *world) wait(d time.Duration) {
	<-time.After(d)
}
