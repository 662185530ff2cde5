package reconciler

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// plants are what a hostile neighbour, or an accident, may leave at a path
// that the daemon writes. Victim is a file that must stay as it is.
func plants() map[string]func(path, victim string) error {
	return map[string]func(path, victim string) error{
		"link":   func(path, victim string) error { return os.Symlink(victim, path) },
		"fifo":   func(path, _ string) error { return unix.Mkfifo(path, 0o600) },
		"folder": func(path, _ string) error { return os.MkdirAll(filepath.Join(path, "x"), 0o700) },
		"device": func(path, _ string) error { return unix.Mknod(path, unix.S_IFCHR|0o600, int(unix.Mkdev(1, 5))) },
		"huge": func(path, _ string) error {
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				return err
			}
			return os.Truncate(path, 1<<40)
		},
	}
}

// written are the paths that a daemon writes for the instance.
func (w *world) written() []string {
	files := w.home.Files("temporal")
	database := filepath.Join(files.DataDir, "temporal.db")
	beside := func(path string) string { return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".tmp") }
	return []string{
		w.home.Status("temporal"), w.home.Events("temporal"), w.home.DaemonLock(),
		files.Lock, files.Record, beside(files.Record), files.Log, files.NoEnvFile,
		database + ".stigmer-lock", observed.MetaPath(database), beside(observed.MetaPath(database)),
		observed.FirstBootPath(database), beside(observed.FirstBootPath(database)),
	}
}

// TestPlanted: whatever stands where the daemon writes, it does its work or
// says which path is in its way, in seconds; it waits for no reader of a pipe,
// reads no file of a tebibyte, and writes through no link.
func TestPlanted(t *testing.T) {
	count := len(newWorld(t).written())
	for kind, plant := range plants() {
		for i := range count {
			w := newWorld(t)
			path := w.written()[i]
			t.Run(kind+"/"+strings.TrimPrefix(filepath.Base(path), "."), func(t *testing.T) {
				w.t = t
				victim := filepath.Join(t.TempDir(), "victim")
				if err := os.WriteFile(victim, []byte("of somebody else"), 0o644); err != nil {
					t.Fatal(err)
				}
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := plant(path, victim); err != nil {
					if kind == "device" {
						t.Skipf("a device cannot be made here: %v", err)
					}
					t.Fatal(err)
				}
				w.write("temporal", w.desired("temporal", w.port))
				if named := w.meets(path); kind == "link" && !named && slices.Contains(w.openedInPlace(), path) {
					t.Errorf("%s was opened through a link", path)
				}
				if text, err := os.ReadFile(victim); err != nil || string(text) != "of somebody else" {
					t.Errorf("the target of the link says %q, %v", text, err)
				}
				if info, err := os.Stat(victim); err != nil || info.Mode() != 0o644 {
					t.Errorf("the target of the link: %v, %v", info, err)
				}
			})
		}
	}
}

// openedInPlace are those that a server needs open, so that a link there cannot
// be replaced behind it.
func (w *world) openedInPlace() []string {
	files := w.home.Files("temporal")
	return []string{files.Lock, files.Log}
}

// meets runs a daemon until the instance serves or the path was named, which
// it reports, and stops it in time.
func (w *world) meets(path string) (named bool) {
	w.t.Helper()
	if path == w.home.DaemonLock() {
		w.meetsLock(path)
		return true
	}
	stop := w.run()
	defer w.cleanUp()
	deadline := time.After(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		object, err := w.home.ReadStatus("temporal")
		named := w.logs.have(path) || err == nil && object != nil && strings.Contains(fmt.Sprint(object.Status), path)
		if named || err == nil && object != nil && serves(object) {
			stop()
			return named
		}
		select {
		case <-tick.C:
		case <-deadline:
			w.t.Fatalf("neither serves nor said what is in the way of %s: %v\n%s", path, object, strings.Join(w.logs.lines, "\n"))
		}
	}
}

// serves is less than ready: a machine with much to do misses deadlines.
func serves(o *v1alpha1.Temporal) bool {
	return meta.IsStatusConditionTrue(o.Status.Conditions, v1alpha1.ConditionServing)
}

// have reports whether a line has the text.
func (l *logs) have(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(strings.Join(l.lines, "\n"), text)
}

// meetsLock takes the daemon lock, or is told which file it is.
func (w *world) meetsLock(path string) {
	w.t.Helper()
	began := time.Now()
	lock, err := lockDaemon(w.t.Context(), w.home, DaemonInfo{Version: "v"})
	if err == nil {
		info, err := w.home.ReadDaemonInfo()
		if err != nil || info.Version != "v" {
			w.t.Errorf("the lock says %+v, %v", info, err)
		}
		if err := lock.Unlock(); err != nil {
			w.t.Error(err)
		}
	} else if !strings.Contains(err.Error(), path) {
		w.t.Errorf("the lock is not named: %v", err)
	}
	if took := time.Since(began); took > patience {
		w.t.Errorf("it took %s", took)
	}
}
