package reconciler

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

// TestForgottenInstanceComesBackNew: nothing is remembered of an instance
// that was dropped.
func TestForgottenInstanceComesBackNew(t *testing.T) {
	parallel(t)
	w := newQuickWorld(t)
	w.write("temporal", w.desired("temporal", w.port))
	w.run()
	w.ready("temporal")
	w.write("temporal", w.desired("temporal", w.port, "  logLevel: error"))
	w.eventually("temporal", "ready as edited", func(o *v1alpha1.Temporal) bool {
		return ready(o) && o.Status.ObservedGeneration == 2
	})
	remove(t, w.home.Desired("temporal"))
	w.await("the instance is forgotten", func() bool {
		_, err := os.Stat(w.home.Status("temporal"))
		return errors.Is(err, fs.ErrNotExist)
	})
	w.write("temporal", w.desired("temporal", w.port))
	again := w.ready("temporal")
	if again.Generation != 1 || again.Status.ObservedGeneration != 1 || again.Status.LastExit != nil {
		t.Errorf("generation %d, status %+v", again.Generation, again.Status)
	}
}

// TestStatusIsRestored: a pass that finds the status file changed or gone
// writes it again.
func TestStatusIsRestored(t *testing.T) {
	parallel(t)
	w := newQuickWorld(t)
	w.write("temporal", w.desired("temporal", w.port))
	w.run()
	converged := func(o *v1alpha1.Temporal) bool { return o.Status.Situation == "Converged" && ready(o) }
	pid := w.eventually("temporal", "converged", converged).Status.Process.PID
	path := w.home.Status("temporal")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := string(data)
	for what, harm := range map[string]func(){
		"deleted":   func() { remove(t, path) },
		"edited":    func() { w.writeStatus("temporal", strings.ReplaceAll(want, "Converged", "Forged")) },
		"truncated": func() { w.writeStatus("temporal", "") },
		"replaced": func() {
			if err := os.WriteFile(path+".new", []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(path+".new", path); err != nil {
				t.Fatal(err)
			}
		},
	} {
		harm()
		// Times may differ: a busy machine fails a check now and then.
		w.eventually("temporal", "restored after it was "+what, func(o *v1alpha1.Temporal) bool {
			return converged(o) && o.Status.Process.PID == pid
		})
	}
}

// serversOf returns how many dev servers run on the database, found without
// the code under test.
func serversOf(database string) int {
	paths, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	servers := 0
	for _, path := range paths {
		data, _ := os.ReadFile(path)
		line := string(data)
		if strings.Contains(line, "\x00start-dev\x00") && strings.Contains(line, "\x00"+database+"\x00") {
			servers++
		}
	}
	return servers
}

// TestOneServerForOneDatabase: two instances that share a database take
// turns, whatever happens to the one that has it.
func TestOneServerForOneDatabase(t *testing.T) {
	parallel(t)
	w := newQuickWorld(t)
	database := filepath.Join(t.TempDir(), "shared.db")
	storage := "  storage: {path: " + database + "}"
	ports := map[string]int{"one": w.port, "two": lentPort(t)}
	var most atomic.Int32
	over, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-over:
				return
			case <-tick.C:
				most.Store(max(most.Load(), int32(serversOf(database))))
			}
		}
	}()
	for name, port := range ports {
		w.write(name, w.desired(name, port, storage))
	}
	w.run()
	first, second := "one", "two"
	w.await("one of them is ready", func() bool {
		for name := range ports {
			if object, err := w.home.ReadStatus(name); err == nil && object != nil && ready(object) {
				if name == second {
					first, second = second, first
				}
				return true
			}
		}
		return false
	})
	blocked := w.eventually(second, "kept out", func(o *v1alpha1.Temporal) bool { return !ready(o) && o.Status.Message != "" })
	if blocked.Status.Process != nil || blocked.Status.RestartCount != 0 {
		t.Errorf("the other one: %+v", blocked.Status)
	}
	w.write(first, w.desired(first, ports[first], storage, "  enabled: false"))
	w.ready(second)
	w.write(first, w.desired(first, ports[first], storage))
	w.eventually(first, "kept out", func(o *v1alpha1.Temporal) bool {
		return o.Status.ObservedGeneration >= 2 && !ready(o) && o.Status.Process == nil && !stopped(o)
	})
	close(over)
	<-watched
	if most.Load() != 1 {
		t.Errorf("up to %d servers at a time on one database", most.Load())
	}
}
