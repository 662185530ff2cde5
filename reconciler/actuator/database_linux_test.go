package actuator

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/database"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// temporalTables are enough to be taken for a database of Temporal.
const temporalTables = `CREATE TABLE namespaces (name); CREATE TABLE executions (id);
	CREATE TABLE cluster_metadata_info (id); CREATE TABLE executions_visibility (id);`

// work is a database of a rig and what may be done with it.
type work struct {
	*rig
	plan.DatabaseWork
}

// newWork returns work on a database that is not there yet.
func newWork(t *testing.T) *work {
	t.Helper()
	r := newRig(t)
	folder := filepath.Join(r.home, "temporal-data")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "temporal.db")
	return &work{rig: r, DatabaseWork: plan.DatabaseWork{
		Path: path, LockPath: filepath.Join(r.home, "temporal.lock"), Aside: path + ".aside", Keep: 3,
		BackupPath: observed.BackupPath(filepath.Join(folder, "backups"), noon(0), observed.BackupBeforeUpgrade),
	}}
}

// noon is some minutes after it.
func noon(minutes int) time.Time {
	return time.Date(2026, 1, 31, 12, minutes, 0, 0, time.UTC)
}

func (w *work) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// write makes the database, with a name in it to know it by.
func (w *work) write(path, name string) {
	w.t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	w.check(err)
	defer db.Close()
	_, err = db.Exec(temporalTables + "INSERT INTO namespaces VALUES ('" + name + "')")
	w.check(err)
}

// name returns the name that is in the database.
func (w *work) name(path string) (name string) {
	w.t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	w.check(err)
	defer db.Close()
	w.check(db.QueryRow("SELECT name FROM namespaces").Scan(&name))
	return name
}

// try carries out the verb.
func (w *work) try(verb plan.Verb) Outcome {
	w.t.Helper()
	return w.Do(context.Background(), plan.Action{Verb: verb, Database: w.DatabaseWork})
}

// carry carries out the verb and requires success.
func (w *work) carry(verb plan.Verb) {
	w.t.Helper()
	if out := w.try(verb); out.Err != nil || out.Warning != nil {
		w.t.Fatalf("%s: %v, %v", verb, out.Err, out.Warning)
	}
}

// mark marks the database as one whose first boot has not come to its end.
func (w *work) mark() {
	w.t.Helper()
	w.check(database.WriteFirstBoot(w.Path, observed.FirstBoot{Started: noon(0), Build: "b"}))
}

// beside lists what lies in the folder of the database, the lock left out.
func (w *work) beside(want ...string) {
	w.t.Helper()
	entries, err := os.ReadDir(filepath.Dir(w.Path))
	w.check(err)
	var got []string
	for _, entry := range entries {
		if name := strings.TrimPrefix(entry.Name(), "temporal.db"); name != ".stigmer-lock" {
			got = append(got, name)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		w.t.Errorf("beside the database are %q, want %q", got, want)
	}
}

// unlocked requires that both locks are free.
func (w *work) unlocked() {
	w.t.Helper()
	for _, path := range []string{w.LockPath, databaseLock(w.Path)} {
		if !free(w.t.(*testing.T), path) {
			w.t.Errorf("%s is held", path)
		}
	}
}

// changed requires a *DatabaseChangedError that says so.
func (w *work) changed(err error, words string) {
	w.t.Helper()
	var found *DatabaseChangedError
	if !errors.As(err, &found) || found.Path != w.Path || !strings.Contains(found.Found, words) {
		w.t.Errorf("%v, want a DatabaseChangedError with %q", err, words)
	}
}

func TestQuarantine(t *testing.T) {
	w := newWork(t)
	w.check(os.WriteFile(w.Path, []byte("half"), 0o600))
	w.check(os.WriteFile(w.Path+"-journal", []byte("journal"), 0o600))
	w.mark()
	w.carry(plan.Quarantine)
	w.beside(".aside", ".aside-journal", ".first-boot")
	w.carry(plan.Quarantine) // carried out twice
	w.beside(".aside", ".aside-journal", ".first-boot")
	w.unlocked()
}

// A database that served somebody is never moved, whatever the plan says.
func TestServedDatabaseIsNotQuarantined(t *testing.T) {
	w := newWork(t)
	w.write(w.Path, "precious")
	w.changed(w.try(plan.Quarantine).Err, "its first boot came to its end")
	w.beside("")
	w.unlocked()
}

func TestOrphansAreQuarantined(t *testing.T) {
	w := newWork(t)
	w.check(os.WriteFile(w.Path+"-journal", []byte("journal"), 0o600))
	w.carry(plan.Quarantine)
	w.beside(".aside-journal")
}

// While a server has either lock, nothing is touched.
func TestWorkNeedsBothLocks(t *testing.T) {
	for _, verb := range []plan.Verb{plan.Quarantine, plan.Backup, plan.RestoreBackup} {
		for which := range 2 {
			w := newWork(t)
			w.write(w.Path, "a")
			w.write(filepath.Join(w.home, "backup.db"), "b")
			if verb == plan.RestoreBackup {
				w.BackupPath = filepath.Join(w.home, "backup.db")
			}
			w.mark()
			path := []string{w.LockPath, databaseLock(w.Path)}[which]
			lock, err := takeLock(context.Background(), path)
			w.check(err)
			var held *LockHeldError
			if err := w.try(verb).Err; !errors.As(err, &held) || held.Path != path {
				t.Errorf("%s: %v", verb, err)
			}
			w.beside("", ".first-boot")
			w.check(lock.Close())
			w.carry(verb)
			w.unlocked()
		}
	}
}

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

// The server that serves has both locks when its database is sealed.
func TestSeal(t *testing.T) {
	w := newWork(t)
	w.mark()
	w.Meta = observed.Meta{ClusterID: "c", CreatedBy: "1", LastServedBy: "1"}
	w.changed(w.try(plan.Seal).Err, "there is none")
	w.beside(".first-boot")
	w.write(w.Path, "a")
	for _, path := range []string{w.LockPath, databaseLock(w.Path)} {
		lock, err := takeLock(context.Background(), path)
		w.check(err)
		defer lock.Close()
	}
	for range 2 {
		w.carry(plan.Seal)
		w.beside("", ".stigmer.json")
	}
	if diff := cmp.Diff(observed.Is(w.Meta), database.ReadMeta(w.Path)); diff != "" {
		t.Error(diff)
	}
}

// The marker goes last: without it there must be a record.
func TestSealThatCannotRecordKeepsTheMarker(t *testing.T) {
	w := newWork(t)
	w.write(w.Path, "a")
	w.mark()
	w.check(os.Mkdir(observed.MetaPath(w.Path), 0o700))
	if err := w.try(plan.Seal).Err; err == nil {
		t.Error("no error")
	}
	w.beside("", ".first-boot", ".stigmer.json")
}
