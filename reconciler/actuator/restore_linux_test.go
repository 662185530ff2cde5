package actuator

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

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

func TestRestoreBackup(t *testing.T) {
	w := newRestore(t)
	w.mark()
	w.carry(plan.RestoreBackup)
	if w.name(w.Path) != "saved" || w.name(w.Aside) != "old" || w.name(w.BackupPath) != "saved" {
		t.Error("mixed up")
	}
	w.beside("", ".aside", ".aside.stigmer.json", ".stigmer.json")
	want := observed.Meta{ClusterID: "c-saved", CreatedBy: "1", LastServedBy: "2", Objects: []string{"table x"}, Restored: "now"}
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
	w.carry(plan.RestoreBackup)
	w.check(os.Remove(w.Path))
	w.write(w.Path, "used since")
	w.Aside += "-2"
	w.carry(plan.RestoreBackup)
	if w.name(w.Path) != "used since" {
		t.Error("it was restored again")
	}
}

// A crash before the record was written leaves work that is finished by the next
// attempt.
func TestInterruptedRestoreIsCarriedOutAgain(t *testing.T) {
	w := newRestore(t)
	w.check(database.Restore(context.Background(), w.BackupPath, w.Path, w.Aside))
	w.mark()
	w.Aside += "-2"
	w.carry(plan.RestoreBackup)
	if w.name(w.Path) != "saved" || database.ReadMeta(w.Path).Value.Restored != "now" {
		t.Error("it was not finished")
	}
	if w.name(w.Path+".aside") != "old" {
		t.Error("the first database is lost")
	}
	if _, err := os.Lstat(observed.FirstBootPath(w.Path)); !os.IsNotExist(err) {
		t.Error("the marker is there")
	}
}

func TestUselessBackupIsNotRestored(t *testing.T) {
	w := newRestore(t)
	w.check(os.WriteFile(w.BackupPath, []byte("rubbish"), 0o600))
	var unusable *database.UnusableError
	if err := w.try(plan.RestoreBackup).Err; !errors.As(err, &unusable) {
		t.Error(err)
	}
	if w.name(w.Path) != "old" || database.ReadMeta(w.Path).Value.Restored != "before" {
		t.Error("it was changed")
	}
	w.beside("", ".stigmer.json")
}
