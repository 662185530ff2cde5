package actuator

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/database"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// newRestore returns work with a database "old" and a backup "saved", each with
// its record.
func newRestore(t *testing.T) *work {
	t.Helper()
	w := newWork(t)
	w.write(w.Path, "old")
	w.check(database.WriteMeta(w.Path, observed.Meta{ClusterID: "c-old", Restored: "before"}))
	w.BackupPath = filepath.Join(w.home, "saved.db")
	w.write(w.BackupPath, "saved")
	w.check(database.WriteMeta(w.BackupPath, observed.Meta{
		ClusterID: "c-saved", CreatedBy: "1", LastServedBy: "2", BackedUpFor: "3", Objects: []string{"table x"}, Restored: "once",
	}))
	w.Meta = observed.Meta{Restored: "now"}
	return w
}

// stage is the work of StageBackup.
func (w *work) stage() error { return stageBackup(w.t.Context(), w.DatabaseWork) }

// TestStagingIsDoneBesideThePasses: Do returns at once, and OnDone tells.
func TestStagingIsDoneBesideThePasses(t *testing.T) {
	w := newRestore(t)
	done := make(chan error, 2)
	a := New(Options{Identifier: w.opts.Identifier, OnDone: func(action plan.Action, err error) {
		if action.Verb == plan.StageBackup {
			done <- err
		}
	}})
	defer a.Close()
	stage := func() error {
		if out := a.Do(t.Context(), plan.Action{Verb: plan.StageBackup, Database: w.DatabaseWork}); out.Err != nil {
			t.Fatal(out.Err)
		}
		select {
		case err := <-done:
			return err
		case <-time.After(patience):
			t.Fatal("OnDone was not called")
			return nil
		}
	}
	w.check(stage())
	w.carry(plan.DiscardBackup)
	w.beside("", ".stigmer.json")
	w.BackupPath = filepath.Join(w.home, "none.db")
	if err := stage(); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// TestRestoreWithoutRoom: what needs room comes before anything moves, and what
// follows is finished by renames alone.
func TestRestoreWithoutRoom(t *testing.T) {
	w := newRestore(t)
	w.check(w.stage())
	blocked := filepath.Join(filepath.Dir(w.Path), "."+filepath.Base(observed.MetaPath(w.Aside))+".tmp")
	w.check(os.MkdirAll(filepath.Join(blocked, "x"), 0o700))
	if err := w.try(plan.RestoreBackup).Err; err == nil || w.name(w.Path) != "old" {
		t.Errorf("moved although its record could not be kept: %v", err)
	}
	w.check(os.RemoveAll(blocked))
	blocked = filepath.Join(filepath.Dir(w.Path), "."+filepath.Base(observed.MetaPath(w.Path))+".tmp")
	w.check(os.MkdirAll(filepath.Join(blocked, "x"), 0o700))
	w.carry(plan.RestoreBackup)
	if w.name(w.Path) != "saved" || database.ReadMeta(w.Path).Value.Restored != "now" {
		t.Error("it was not finished")
	}
}

// TestSwapThatHasBegun is not undone by a first boot, nor by giving the copy up,
// and a file that came to the path since is kept too.
func TestSwapThatHasBegun(t *testing.T) {
	w := newRestore(t)
	w.check(w.stage())
	staged := observed.StagedPath(w.Path)
	meta := database.ReadMeta(staged).Value
	meta.Replaces = w.Aside
	w.check(database.WriteMeta(staged, meta))
	w.check(database.MoveAside(w.Path, w.Aside))
	w.changed(w.rig.try(w.boot(true, "exit", "0")).Err, "a restore has begun")
	w.changed(w.try(plan.DiscardBackup).Err, "a restore has begun")
	w.write(w.Path, "came since")
	first := w.Aside
	w.Aside += "-2"
	w.carry(plan.RestoreBackup)
	if w.name(w.Path) != "saved" || w.name(first) != "old" || w.name(w.Aside) != "came since" {
		t.Error("mixed up")
	}
}

func TestRestoreBackup(t *testing.T) {
	w := newRestore(t)
	w.mark()
	w.check(w.stage())
	if w.name(w.Path) != "old" {
		t.Error("it was put in place too early")
	}
	w.check(w.stage()) // carried out twice
	w.carry(plan.RestoreBackup)
	if w.name(w.Path) != "saved" || w.name(w.Aside) != "old" || w.name(w.BackupPath) != "saved" {
		t.Error("mixed up")
	}
	w.beside("", ".aside", ".aside.stigmer.json", ".stigmer.json")
	want := observed.Meta{
		ClusterID: "c-saved", CreatedBy: "1", LastServedBy: "2", Objects: []string{"table x"}, Restored: "now", Replaces: w.Aside,
	}
	if diff := cmp.Diff(observed.Is(want), database.ReadMeta(w.Path)); diff != "" {
		t.Error(diff)
	}
	if got := database.ReadMeta(w.Aside).Value.ClusterID; got != "c-old" {
		t.Errorf("the replaced database is of cluster %q", got)
	}
	w.unlocked()
}

// What was restored is used; the same restore, carried out once more, is not to
// undo that.
func TestRestoreIsCarriedOutOnce(t *testing.T) {
	w := newRestore(t)
	w.check(w.stage())
	w.carry(plan.RestoreBackup)
	w.check(os.Remove(w.Path))
	w.write(w.Path, "used since")
	w.Aside += "-2"
	w.carry(plan.RestoreBackup)
	if w.name(w.Path) != "used since" {
		t.Error("it was restored again")
	}
}

// A crash anywhere leaves work that is finished by the next attempt.
func TestInterruptedRestoreIsCarriedOutAgain(t *testing.T) {
	for name, crash := range map[string]func(w *work, staged string) error{
		"before the record of the copy": func(w *work, staged string) error { return os.Remove(observed.MetaPath(staged)) },
		"after the move": func(w *work, staged string) error {
			meta := database.ReadMeta(staged).Value
			meta.Replaces = w.Aside
			return errors.Join(database.WriteMeta(staged, meta), database.MoveAside(w.Path, w.Aside))
		},
		"before the record": func(w *work, staged string) error {
			w.mark()
			meta := database.ReadMeta(staged).Value
			meta.Replaces = w.Aside
			return errors.Join(database.WriteMeta(staged, meta), database.Replace(t.Context(), staged, w.Path, w.Aside))
		},
	} {
		w := newRestore(t)
		w.check(w.stage())
		w.check(crash(w, observed.StagedPath(w.Path)))
		first := w.Aside
		w.Aside += "-2"
		if name == "before the record of the copy" {
			w.check(w.stage())
		}
		w.carry(plan.RestoreBackup)
		if w.name(w.Path) != "saved" || database.ReadMeta(w.Path).Value.Restored != "now" {
			t.Errorf("%s: it was not finished", name)
		}
		if name == "before the record of the copy" {
			first = w.Aside
		}
		if w.name(first) != "old" {
			t.Errorf("%s: the first database is lost", name)
		}
		if _, err := os.Lstat(observed.FirstBootPath(w.Path)); !os.IsNotExist(err) {
			t.Errorf("%s: the marker is there", name)
		}
	}
}

// A backup that is no database is refused while the server still runs, and so
// is one that lies where its own copy would.
func TestUselessBackupIsNotStaged(t *testing.T) {
	w := newRestore(t)
	w.check(os.WriteFile(w.BackupPath, []byte("rubbish"), 0o600))
	var unusable *database.UnusableError
	if err := w.stage(); !errors.As(err, &unusable) {
		t.Error(err)
	}
	w.beside("", ".stigmer.json")
	var changed *DatabaseChangedError
	if err := w.try(plan.RestoreBackup).Err; !errors.As(err, &changed) {
		t.Error(err)
	}
	if w.name(w.Path) != "old" || database.ReadMeta(w.Path).Value.Restored != "before" {
		t.Error("it was changed")
	}
	w.BackupPath = observed.StagedPath(w.Path)
	w.check(os.MkdirAll(filepath.Dir(w.BackupPath), 0o700))
	w.write(w.BackupPath, "mine")
	if err := w.stage(); err == nil || w.name(w.BackupPath) != "mine" {
		t.Errorf("a person's file was taken for an old copy: %v", err)
	}
}

// What was copied for one wish is not put in place for another.
func TestStagedForAnotherWish(t *testing.T) {
	w := newRestore(t)
	w.check(w.stage())
	w.Meta.Restored = "later"
	var changed *DatabaseChangedError
	if err := w.try(plan.RestoreBackup).Err; !errors.As(err, &changed) || w.name(w.Path) != "old" {
		t.Error(err)
	}
	w.check(os.Remove(w.BackupPath))
	w.write(w.BackupPath, "newer")
	w.check(w.stage())
	w.carry(plan.RestoreBackup)
	if w.name(w.Path) != "newer" {
		t.Error("the first copy was used")
	}
	w.beside("", ".aside", ".aside.stigmer.json", ".stigmer.json")
}
