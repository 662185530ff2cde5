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

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/database"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// temporalTables are enough to be taken for a database of Temporal.
const temporalTables = `CREATE TABLE namespaces (id, name); CREATE TABLE executions (id);
	CREATE TABLE cluster_metadata_info (id); CREATE TABLE executions_visibility (id);
	CREATE TABLE current_executions (namespace_id);
	CREATE TABLE activity_info_maps (id); CREATE TABLE buffered_events (id); CREATE TABLE
	child_execution_info_maps (id); CREATE TABLE history_node (id); CREATE
	TABLE history_tree (id); CREATE TABLE namespace_metadata (id); CREATE TABLE queue (id); CREATE TABLE
	queue_metadata (id); CREATE TABLE request_cancel_info_maps (id); CREATE TABLE shards (id); CREATE TABLE
	signal_info_maps (id); CREATE TABLE signals_requested_sets (id); CREATE TABLE task_queues (id); CREATE TABLE
	tasks (id); CREATE TABLE timer_info_maps (id); CREATE TABLE timer_tasks (id); CREATE TABLE transfer_tasks
	(id); CREATE TABLE visibility_tasks (id);`

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
	w.sql(path, temporalTables+"INSERT INTO namespaces (name) VALUES ('"+name+"')")
}

// sql runs statements on a database, which is made when it is missing.
func (w *work) sql(path, statements string) {
	w.t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	w.check(err)
	defer db.Close()
	_, err = db.Exec(statements)
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
