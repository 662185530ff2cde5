package actuator

import (
	"context"
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
