package reconciler

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

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

// TestOneServerForOneDatabase: the instances of two homes that share a database
// take turns, whatever happens to the one that has it.
func TestOneServerForOneDatabase(t *testing.T) {
	parallel(t)
	database := filepath.Join(t.TempDir(), "shared.db")
	storage := "  storage: {path: " + database + "}"
	first, second := newQuickWorld(t), newQuickWorld(t)
	most := watchMost(t, func() int { return serversOf(database) })
	for _, w := range []*world{first, second} {
		w.write("temporal", w.desired("temporal", w.port, storage))
	}
	first.run()
	first.ready("temporal")
	second.run()
	blocked := second.eventually("temporal", "kept out", func(o *v1alpha1.Temporal) bool { return !ready(o) && o.Status.Message != "" })
	if blocked.Status.Process != nil || blocked.Status.RestartCount != 0 {
		t.Errorf("the other one: %+v", blocked.Status)
	}
	first.write("temporal", first.desired("temporal", first.port, storage, "  enabled: false"))
	second.ready("temporal")
	first.write("temporal", first.desired("temporal", first.port, storage))
	first.eventually("temporal", "kept out", func(o *v1alpha1.Temporal) bool {
		return o.Status.ObservedGeneration >= 2 && !ready(o) && o.Status.Process == nil && !stopped(o)
	})
	if most := most(); most != 1 {
		t.Errorf("up to %d servers at a time on one database", most)
	}
}

// watchMost calls count every millisecond until the returned function is
// called, which tells the most that there ever were.
func watchMost(t *testing.T, count func() int) (end func() int32) {
	t.Helper()
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
				most.Store(max(most.Load(), int32(count())))
			}
		}
	}()
	stop := sync.OnceFunc(func() {
		close(over)
		<-watched
	})
	t.Cleanup(stop)
	return func() int32 {
		stop()
		return most.Load()
	}
}

// TestOneInstanceForOneDatabase: of two instances of a home that name one
// database one is refused, until the other one gives it up.
func TestOneInstanceForOneDatabase(t *testing.T) {
	parallel(t)
	w := newQuickWorld(t)
	dir := t.TempDir()
	storage := func(name string) string { return "  storage: {path: " + filepath.Join(dir, name) + "}" }
	ports := map[string]int{"one": w.port, "two": lentPort(t)}
	w.write("one", w.patient("one", ports["one"], storage("shared.db")))
	w.write("two", w.patient("two", ports["two"], storage("own.db")))
	most := watchMost(t, func() int { return serversOf(filepath.Join(dir, "shared.db")) })
	w.run()
	w.ready("one")
	before := w.ready("two").Status.Process.PID
	refused := func(o *v1alpha1.Temporal) bool {
		return meta.IsStatusConditionFalse(o.Status.Conditions, v1alpha1.ConditionDesiredStateValid) && ready(o) &&
			o.Status.Process.PID == before && o.Spec.Storage.Path == filepath.Join(dir, "own.db")
	}
	w.write("two", w.patient("two", ports["two"], storage("shared.db")))
	w.eventually("two", "refused, and served as before", refused)

	// Disabled, it still has its data.
	w.write("one", w.patient("one", ports["one"], storage("shared.db"), "  enabled: false"))
	w.eventually("one", "stopped", stopped)
	// In another line, which is another problem.
	w.write("two", "# again\n"+w.patient("two", ports["two"], storage("shared.db")))
	w.await("the edit is refused too", func() bool { return strings.Count(w.logs.since(0), `used by instance`) > 1 })
	w.eventually("two", "refused", refused)

	// Nobody edits the file of the other one, and it looks once an hour.
	w.write("one", w.patient("one", ports["one"], storage("other.db")))
	w.eventually("two", "ready on the database that was given up", func(o *v1alpha1.Temporal) bool {
		return ready(o) && o.Status.Process.PID != before && o.Generation == 2
	})
	w.ready("one")
	if most := most(); most != 1 {
		t.Errorf("up to %d servers at a time on one database", most)
	}
}
