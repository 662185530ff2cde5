package actuator

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/database"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

func TestBackup(t *testing.T) {
	w := newWork(t)
	w.write(w.Path, "a")
	w.Meta = observed.Meta{ClusterID: "c", LastServedBy: "1", BackedUpFor: "2"}
	w.carry(plan.Backup)
	want := w.Meta
	want.Objects, _ = database.Objects(context.Background(), w.Path)
	for _, path := range []string{w.Path, w.BackupPath} {
		if diff := cmp.Diff(observed.Is(want), database.ReadMeta(path)); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
	if len(want.Objects) < 8 || w.name(w.BackupPath) != "a" {
		t.Errorf("%q", want.Objects)
	}
	w.beside("", ".stigmer.json", "backups")
	w.carry(plan.Backup) // carried out twice
	w.unlocked()
}

func TestOldBackupsAreRemoved(t *testing.T) {
	w := newWork(t)
	w.write(w.Path, "a")
	folder := filepath.Dir(w.BackupPath)
	byHand := observed.BackupPath(folder, noon(-9), observed.BackupByHand)
	w.check(os.Mkdir(folder, 0o700))
	w.write(byHand, "b")
	for minutes := range 5 {
		w.BackupPath = observed.BackupPath(folder, noon(minutes), observed.BackupBeforeUpgrade)
		w.carry(plan.Backup)
	}
	backups, err := database.List(folder)
	w.check(err)
	if len(backups) != 4 || !backups[0].Made.Equal(noon(4)) || !backups[2].Made.Equal(noon(2)) || backups[3].Path != byHand {
		t.Errorf("%+v", backups)
	}
}

// A backup that fails leaves nothing half-made, and the database as it was.
func TestFailedBackupLeavesNothing(t *testing.T) {
	w := newWork(t)
	if err := w.try(plan.Backup).Err; !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	w.check(os.WriteFile(w.Path, []byte(strings.Repeat("rubbish ", 1000)), 0o600))
	var unusable *database.UnusableError
	if err := w.try(plan.Backup).Err; !errors.As(err, &unusable) {
		t.Error(err)
	}
	w.check(os.Remove(w.Path))
	w.write(w.Path, "a")
	w.check(os.Mkdir(observed.MetaPath(w.Path), 0o700)) // the last record cannot be written
	if err := w.try(plan.Backup).Err; err == nil {
		t.Error("no error")
	}
	if entries, err := os.ReadDir(filepath.Dir(w.BackupPath)); err != nil || len(entries) > 0 {
		t.Errorf("%v, %v", entries, err)
	}
}
