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

// byHand makes the backup one that a person asked for.
func (w *work) byHand() {
	w.BackupPath = observed.BackupPath(filepath.Dir(w.BackupPath), noon(0), observed.BackupByHand)
	w.Keep, w.Meta = 0, observed.Meta{}
}

// records requires that this is recorded beside each of the files.
func (w *work) records(want observed.Meta, paths ...string) {
	w.t.Helper()
	for _, path := range paths {
		if diff := cmp.Diff(observed.Is(want), database.ReadMeta(path)); diff != "" {
			w.t.Errorf("%s: %s", path, diff)
		}
	}
}

// noBackup requires that nothing lies where backups do.
func (w *work) noBackup() {
	w.t.Helper()
	if entries, err := os.ReadDir(filepath.Dir(w.BackupPath)); err != nil && !errors.Is(err, os.ErrNotExist) || len(entries) > 0 {
		w.t.Errorf("%v, %v", entries, err)
	}
}

// Between the look and the locks another server may have served and recorded
// what it knows: that stands.
func TestBackup(t *testing.T) {
	w := newWork(t)
	w.write(w.Path, "a")
	want := observed.Meta{ClusterID: "c", CreatedBy: "0", LastServedBy: "1", Restored: "r"}
	w.check(database.WriteMeta(w.Path, want))
	w.Meta = observed.Meta{ClusterID: "looked at before", LastServedBy: "0", BackedUpFor: "2"}
	w.carry(plan.Backup)
	want.Objects, _ = database.Objects(context.Background(), w.Path)
	want.BackedUpFor = "2"
	w.records(want, w.Path, w.BackupPath)
	if len(want.Objects) < 8 || w.name(w.BackupPath) != "a" {
		t.Errorf("%q", want.Objects)
	}
	w.beside("", ".stigmer.json", "backups")
	w.carry(plan.Backup) // carried out twice
	w.records(want, w.Path, w.BackupPath)
	w.unlocked()
}

// It changes nothing of what a daemon decides by: neither which build the
// database was copied for, nor what it had then.
func TestBackupByHand(t *testing.T) {
	w := newWork(t)
	w.byHand()
	w.write(w.Path, "a")
	w.carry(plan.Backup)
	w.beside("", "backups")
	objects, err := database.Objects(context.Background(), w.Path)
	w.check(err)
	w.records(observed.Meta{Objects: objects}, w.BackupPath)

	kept := observed.Meta{ClusterID: "c", LastServedBy: "1", BackedUpFor: "2", Objects: []string{"table before"}, Rescued: true}
	w.check(database.WriteMeta(w.Path, kept))
	w.BackupPath = observed.BackupPath(filepath.Dir(w.BackupPath), noon(1), observed.BackupByHand)
	w.carry(plan.Backup)
	w.records(kept, w.Path)
	kept.Objects, kept.Rescued = objects, false
	w.records(kept, w.BackupPath)
	w.unlocked()
}

// The copy is worth more than what is known of it.
func TestBackupByHandThatCannotBeRecorded(t *testing.T) {
	w := newWork(t)
	w.byHand()
	w.write(w.Path, "a")
	w.check(os.MkdirAll(observed.MetaPath(w.BackupPath), 0o700))
	if out := w.try(plan.Backup); out.Err != nil || out.Warning == nil {
		t.Errorf("%v, warning %v", out.Err, out.Warning)
	}
	if w.name(w.BackupPath) != "a" {
		t.Error("the copy is gone")
	}
}

// A record that cannot be understood is a person's to mend, and not written over.
func TestBackupKeepsAnUnreadableRecord(t *testing.T) {
	for _, prepare := range []func(*work){func(*work) {}, (*work).byHand} {
		w := newWork(t)
		w.Meta.BackedUpFor = "2"
		prepare(w)
		w.write(w.Path, "a")
		w.check(os.WriteFile(observed.MetaPath(w.Path), []byte(`{"clusterID": "`), 0o600))
		if err := w.try(plan.Backup).Err; err == nil || !strings.Contains(err.Error(), "cannot understand "+observed.MetaPath(w.Path)) {
			t.Error(err)
		}
		if got := w.content(observed.MetaPath(w.Path)); got != `{"clusterID": "` {
			t.Errorf("it is now %s", got)
		}
		w.noBackup()
	}
}

// A Temporal that is started on such a file never serves, and says nothing that
// leads to why.
func TestBackupIsOfADatabaseOfTemporal(t *testing.T) {
	for name, write := range map[string]func(*work){
		"another program's": func(w *work) { w.sql(w.Path, "CREATE TABLE songs (name); CREATE TABLE namespaces (name)") },
		"empty":             func(w *work) { w.check(os.WriteFile(w.Path, nil, 0o600)) },
	} {
		for _, prepare := range []func(*work){func(*work) {}, (*work).byHand} {
			w := newWork(t)
			w.Meta.BackedUpFor = "2"
			prepare(w)
			write(w)
			before := w.content(w.Path)
			var unusable *database.UnusableError
			if err := w.try(plan.Backup).Err; !errors.As(err, &unusable) || unusable.Path != w.Path {
				t.Errorf("%s: %v", name, err)
			}
			w.noBackup()
			w.beside("", "backups")
			if w.content(w.Path) != before {
				t.Errorf("%s: it was changed", name)
			}
			w.unlocked()
		}
	}
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
	temp := filepath.Join(filepath.Dir(w.Path), "."+filepath.Base(observed.MetaPath(w.Path))+".tmp")
	w.check(os.MkdirAll(filepath.Join(temp, "in the way"), 0o700)) // the last record cannot be written
	if err := w.try(plan.Backup).Err; err == nil || !strings.Contains(err.Error(), "cannot write "+observed.MetaPath(w.Path)) {
		t.Error(err)
	}
	w.noBackup()
}
