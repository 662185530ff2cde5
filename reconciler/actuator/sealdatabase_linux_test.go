package actuator

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/database"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

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

// newLeft returns work on a database at rest whose record says that its first
// boot came to its end, with a marker that was left behind.
func newLeft(t *testing.T) (w *work, recorded observed.Meta) {
	t.Helper()
	w, recorded = newWork(t), observed.Meta{ClusterID: "c", CreatedBy: "1", LastServedBy: "2"}
	w.AtRest, w.Meta = true, observed.Meta{ClusterID: "c", CreatedBy: "1", LastServedBy: "looked at before"}
	w.write(w.Path, "a")
	w.mark()
	w.check(database.WriteMeta(w.Path, recorded))
	return w, recorded
}

func TestSealAtRest(t *testing.T) {
	w, recorded := newLeft(t)
	for range 2 {
		w.carry(plan.Seal)
		w.beside("", ".stigmer.json")
		w.records(recorded, w.Path)
	}
	w.unlocked()
}

// Whoever has a lock may be in a first boot of its own.
func TestSealAtRestNeedsBothLocks(t *testing.T) {
	for which := range 2 {
		w, recorded := newLeft(t)
		path := []string{w.LockPath, databaseLock(w.Path)}[which]
		lock, err := takeLock(context.Background(), path)
		w.check(err)
		defer lock.Close()
		var held *LockHeldError
		if err := w.try(plan.Seal).Err; !errors.As(err, &held) || held.Path != path {
			t.Error(err)
		}
		w.beside("", ".first-boot", ".stigmer.json")
		w.records(recorded, w.Path)
	}
}

// Before the locks were taken, another first boot began and died: its marker is
// true.
func TestSealAtRestKeepsATrueMarker(t *testing.T) {
	w, _ := newLeft(t)
	w.check(database.WriteMeta(w.Path, observed.Meta{Restored: "r"}))
	w.changed(w.try(plan.Seal).Err, "is not recorded")
	w.beside("", ".first-boot", ".stigmer.json")
	w.check(os.WriteFile(observed.MetaPath(w.Path), []byte("{"), 0o600))
	w.changed(w.try(plan.Seal).Err, "cannot understand")
	w.beside("", ".first-boot", ".stigmer.json")
	w.unlocked()
}
