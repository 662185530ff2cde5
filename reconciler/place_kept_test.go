package reconciler

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stigmer/stigmer-local/api/encoding"
	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// TestPlacesThatAreKept: a database that lies where something else is written was
// lost with the next start of another instance.
func TestPlacesThatAreKept(t *testing.T) {
	w := newWorld(t)
	w.write("other", w.desired("other", w.port))
	other := w.home.Files("other")
	database := filepath.Join(other.DataDir, "other.db")
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(string(w.home), link); err != nil {
		t.Fatal(err)
	}
	beside := append(observed.CompanionPaths(database),
		observed.FirstBootPath(database), observed.MetaPath(database), observed.DatabaseLockPath(database), observed.StagedPath(database))
	kept := []string{
		other.Lock, other.Record, other.NoEnvFile, other.Log, w.home.Desired("other"), w.home.Status("other"), w.home.Events("other"),
		w.home.DaemonLock(), w.home.DaemonLog(), w.home.Binary("1"), filepath.Join(other.BackupDir, "x.db"), observed.SchemaPath(other.SchemaDir, "b"),
		filepath.Join(link, "other.pid"), filepath.Join(link, "logs", "new.db"),
		filepath.Join(string(w.home), "later.pid"), other.DataDir, other.BackupDir, filepath.Join(string(w.home), "bin"), filepath.Join(w.home.Files("temporal").BackupDir, "x.db"),
	}
	free := []string{
		filepath.Join(other.DataDir, "x.db"), filepath.Join(string(w.home), "customer-data", "backups", "x.db"), filepath.Join(string(w.home), "x.db"), filepath.Join(string(w.home), "mine", "x.db"),
		filepath.Join(link, "other-data", "x.db"), string(w.home) + "-more/x.db", filepath.Join(t.TempDir(), "logs", "x.db"),
	}
	check := func(path string) error {
		object := v1alpha1.New("temporal")
		object.Spec.Storage = v1alpha1.StorageSpec{Type: v1alpha1.StorageFile, Path: path}
		data, err := encoding.Encode(object)
		if err != nil {
			t.Fatal(err)
		}
		return w.home.CheckDesired(&Disk{}, "temporal", data)
	}
	for _, path := range append(beside, kept...) {
		if err := check(path); err == nil || !strings.Contains(err.Error(), "spec.storage.path") || !strings.Contains(err.Error(), "choose another") {
			t.Errorf("%s: %v", path, err)
		}
	}
	for _, path := range free {
		if err := check(path); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}

	// A link to such a place is one.
	named := filepath.Join(t.TempDir(), "named.db")
	if err := os.Symlink(database+"-wal", named); err != nil {
		t.Fatal(err)
	}
	if err := check(named); err == nil {
		t.Error("a link to another one's journal is taken for a database")
	}

	// What an edit refuses a pass refuses too, but of what was accepted once.
	source := newSource(w.home, "temporal", nil, newClaims(w.home, &Disk{}, nil))
	w.write("temporal", strings.Replace(w.desired("temporal", w.port), "spec:\n", "spec:\n  storage: {path: "+other.Record+"}\n", 1))
	if err := check(other.Record); err != nil {
		t.Errorf("it cannot be edited, not even to stop: %v", err)
	}
	if desired, problem := source.read(noon()); desired.Object != nil || !strings.Contains(problem, "keeps something else") {
		t.Errorf("read: %+v, %q", desired.Object, problem)
	}
}
