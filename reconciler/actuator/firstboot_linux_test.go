package actuator

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/database"
	"github.com/stigmer/stigmer-local/reconciler/plainfile"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// boot is a launch of a role on the work's database.
func (w *work) boot(first bool, role string, args ...string) plan.Launch {
	l := launchIn(w.home, role, args...)
	l.DatabasePath, l.FirstBoot, l.Build = w.Path, first, "build 1"
	return l
}

// The child finds the marker when it begins.
func TestFirstBootIsMarked(t *testing.T) {
	w := newWork(t)
	began := time.Now()
	out := w.rig.try(w.boot(true, "exists", observed.FirstBootPath(w.Path)))
	w.check(out.Err)
	w.is(w.exit(out.Started), "code 0")
	marker := database.ReadFirstBoot(w.Path)
	if started := marker.Value.Started; marker.Value.Build != "build 1" || started.Before(began) || started.After(time.Now()) {
		t.Errorf("%+v", marker)
	}
	out = w.rig.try(w.boot(true, "exit", "0")) // it came to nothing, and is begun again
	w.check(out.Err)
	w.is(w.exit(out.Started), "code 0")
	if again := database.ReadFirstBoot(w.Path); !again.Value.Started.After(marker.Value.Started) {
		t.Errorf("%+v", again)
	}
}

// The marker lies beside the file, where Seal and the observer look for it.
func TestFirstBootThroughALink(t *testing.T) {
	w := newWork(t)
	link := filepath.Join(w.home, "link.db")
	w.check(os.Symlink(w.Path, link))
	l := w.boot(true, "exit", "0")
	l.DatabasePath = link
	out := w.rig.try(l)
	w.check(out.Err)
	w.is(w.exit(out.Started), "code 0")
	w.beside(".first-boot")
}

func TestOtherBootsAreNotMarked(t *testing.T) {
	w := newWork(t)
	w.write(w.Path, "a")
	out := w.rig.try(w.boot(false, "exit", "0"))
	w.check(out.Err)
	w.is(w.exit(out.Started), "code 0")
	w.beside("")
}

// A start that would create what is there, or not create what is missing, is
// refused before anything is run or written.
func TestStartOnAnotherDatabaseThanPlanned(t *testing.T) {
	for name, c := range map[string]struct {
		first   bool
		present []string
		words   string
	}{
		"file":      {true, []string{""}, "there is one"},
		"no file":   {false, nil, "there is none"},
		"companion": {true, []string{"-wal", "-journal"}, "it is gone and left"},
		"marker":    {false, []string{"", ".first-boot"}, "its first boot did not come to its end"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWork(t)
			for _, suffix := range c.present {
				w.check(os.WriteFile(w.Path+suffix, nil, 0o600))
			}
			out := w.rig.try(w.boot(c.first, "exit", "0"))
			w.changed(out.Err, c.words)
			w.beside(c.present...)
			w.unlocked()
		})
	}
}

// A child that was never born leaves no marker: a database that somebody puts
// there afterwards is theirs.
func TestFailedSpawnLeavesNoMarker(t *testing.T) {
	w := newWork(t)
	l := w.boot(true, "exit", "0")
	l.Executable = filepath.Join(w.home, "missing")
	var failed *SpawnError
	if out := w.rig.try(l); !errors.As(out.Err, &failed) {
		t.Error(out.Err)
	}
	w.beside()
}

func TestDatabaseThatIsNoFile(t *testing.T) {
	for _, first := range []bool{true, false} {
		w := newWork(t)
		w.check(os.Mkdir(w.Path, 0o700))
		var refused *plainfile.NotRegularError
		if out := w.rig.try(w.boot(first, "exit", "0")); !errors.As(out.Err, &refused) {
			t.Error(out.Err)
		}
	}
}

// A backup in this process leaves nothing that a child could inherit.
func TestChildInheritsNothingOfABackup(t *testing.T) {
	w := newWork(t)
	other := newWork(t)
	w.write(w.Path, "a")
	other.write(other.Path, "b")
	stop, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		for {
			select {
			case <-stop:
				return
			default:
				if out := other.try(plan.Backup); out.Err != nil {
					t.Error(out.Err)
				}
				_ = database.RemoveBackup(other.BackupPath)
			}
		}
	}()
	for range 10 {
		out := w.rig.try(w.boot(false, "report"))
		w.check(out.Err)
		if told := w.report(); !slices.Contains(told, "fds 0,1,2,3,4") {
			t.Errorf("told %q", strings.Join(told, "; "))
		}
		w.is(w.exit(out.Started), "code 0")
	}
	close(stop)
	<-over
}
