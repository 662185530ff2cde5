package reconciler

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

// The tests in this file look at instances that are looked at once an hour,
// so only the wake-up under test can make the loop go on.

func TestEditIsNoticed(t *testing.T) {
	parallel(t)
	w := newQuickWorld(t)
	w.write("temporal", w.patient("temporal", w.port))
	w.run()
	w.ready("temporal")
	w.write("temporal", w.patient("temporal", w.port, "  logLevel: error"))
	w.eventually("temporal", "ready as edited", func(o *v1alpha1.Temporal) bool {
		return ready(o) && o.Status.ObservedGeneration == 2
	})
}

func TestExitOfAnAdoptedServerIsNoticed(t *testing.T) {
	parallel(t)
	w := newQuickWorld(t)
	w.write("temporal", w.patient("temporal", w.port))
	stop := w.run()
	w.ready("temporal")
	stop()
	before := w.adopted("temporal").Status.Process.PID
	kill(t, before, syscall.SIGKILL)
	w.eventually("temporal", "ready again", func(o *v1alpha1.Temporal) bool { return ready(o) && o.Status.Process.PID != before })
}

func TestStopOfAnAdoptedServerLeadsOn(t *testing.T) {
	parallel(t)
	w := newQuickWorld(t)
	w.write("temporal", w.patient("temporal", w.port))
	stop := w.run()
	w.ready("temporal")
	stop()
	w.write("temporal", w.patient("temporal", w.port, "  enabled: false"))
	w.run()
	w.eventually("temporal", "stopped", stopped)
}

// TestStopOfALeftoverLeadsOn: the process is neither a child of the daemon
// nor the server, so nothing but the plan's target says whom to watch.
func TestStopOfALeftoverLeadsOn(t *testing.T) {
	parallel(t)
	w := newQuickWorld(t)
	leftover := exec.Command("sleep", "60")
	leftover.Env = []string{"STIGMER_INSTANCE=" + w.home.Files("temporal").Mark}
	leftover.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := leftover.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- leftover.Wait() }()
	w.write("temporal", w.patient("temporal", w.port))
	w.run()
	w.ready("temporal")
	select {
	case err := <-ended:
		if err == nil || err.Error() != "signal: terminated" {
			t.Errorf("the leftover ended with %v", err)
		}
	case <-time.After(patience):
		t.Error("a server runs, and the leftover too")
	}
}

func TestNewInstancesAreDiscovered(t *testing.T) {
	parallel(t)
	w := newQuickWorld(t)
	w.write("first", w.patient("first", w.port))
	w.run()
	first := w.ready("first")
	w.write("second", w.patient("second", lentPort(t)))
	w.ready("second")
	// No event tells of a status file. Its instance has no desired file.
	data, err := os.ReadFile(w.home.Status("first"))
	if err != nil {
		t.Fatal(err)
	}
	w.writeStatus("third", strings.ReplaceAll(string(data), "first", "third"))
	w.await("the third is forgotten", func() bool {
		_, err := os.Stat(w.home.Status("third"))
		return errors.Is(err, fs.ErrNotExist)
	})
	if again := w.ready("first"); again.Status.Process.PID != first.Status.Process.PID {
		t.Error("the first instance was touched")
	}
}

func TestFolderMadeAgainIsNoticed(t *testing.T) {
	parallel(t)
	w := newQuickWorld(t)
	w.write("temporal", w.patient("temporal", w.port))
	w.run()
	w.ready("temporal")
	if err := os.Rename(w.home.DesiredDir(), w.home.DesiredDir()+".away"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(w.home.DesiredDir(), 0o700); err != nil {
		t.Fatal(err)
	}
	w.write("temporal", w.patient("temporal", w.port, "  enabled: false"))
	began := time.Now()
	w.eventually("temporal", "stopped", stopped)
	if took := time.Since(began); took > listEvery+5*time.Second {
		t.Errorf("noticed after %s", took)
	}
	// From now on the new folder is watched.
	w.write("temporal", w.patient("temporal", w.port))
	w.ready("temporal")
}

// TestFailedPassIsRetried: the database is locked for a moment, as by the
// server of another home.
func TestFailedPassIsRetried(t *testing.T) {
	parallel(t)
	w := newQuickWorld(t)
	data := w.home.Files("temporal").DataDir
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	lock := flock.New(data + "/temporal.db.stigmer-lock")
	if locked, err := lock.TryLock(); err != nil || !locked {
		t.Fatalf("cannot lock: %v", err)
	}
	w.write("temporal", w.patient("temporal", w.port))
	w.run()
	w.await("a start failed", func() bool { return strings.Contains(w.logs.since(0), "Start failed: ") })
	if pids := marked(string(w.home)); len(pids) > 0 {
		t.Errorf("a server runs on a locked database: %v", pids)
	}
	if err := lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	if status := w.ready("temporal").Status; status.RestartCount != 0 {
		t.Errorf("%d restarts, and no server failed", status.RestartCount)
	}
}

// TestLostHomeEndsTheDaemon, noticed by a pass or, between passes, by the clock.
func TestLostHomeEndsTheDaemon(t *testing.T) {
	for name, file := range map[string]func(*world) string{
		"by a pass":    func(w *world) string { return w.desired("temporal", w.port) },
		"by the clock": func(w *world) string { return w.patient("temporal", w.port) },
	} {
		t.Run(name, func(t *testing.T) {
			parallel(t)
			w := newQuickWorld(t)
			w.write("temporal", file(w))
			done := make(chan error, 1)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			go func() { done <- New(Options{Home: w.home, Env: os.Environ()}).Run(ctx) }()
			pid := w.ready("temporal").Status.Process.PID
			remove(t, w.home.DaemonLock())
			began := time.Now()
			select {
			case err := <-done:
				var lost *HomeLostError
				if !errors.As(err, &lost) || lost.Path != w.home.DaemonLock() {
					t.Errorf("Run returned %v", err)
				}
				if took := time.Since(began); name == "by a pass" && took > listEvery/2 {
					t.Errorf("noticed after %s, and there is a pass every 500ms", took)
				}
			case <-time.After(patience):
				t.Fatal("the daemon goes on")
			}
			if pids := marked(string(w.home)); len(pids) != 1 || pids[0] != int(pid) {
				t.Errorf("processes %v, want Temporal, pid %d", pids, pid)
			}
		})
	}
}
