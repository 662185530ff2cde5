package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestBackupUnderLoad: clients go on while the database is copied, and what was
// acknowledged before is in the copy.
func TestBackupUnderLoad(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish()
	w.up()
	f := w.frontend()
	ids := f.startMany("before", 30)

	stop := make(chan struct{})
	var clients sync.WaitGroup
	for client := range 5 {
		clients.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				if err := f.start(fmt.Sprintf("during-%d-%d", client, i)); err != nil {
					t.Errorf("a client saw %v", err)
				}
			}
		})
	}
	first := w.backup()
	second := w.backup()
	close(stop)
	clients.Wait()
	for _, backup := range []string{first, second} {
		isWhole(t, copyDatabase(t, backup))
	}

	var listed []struct{ Path, Kind, Name string }
	if err := json.Unmarshal([]byte(w.expect(0, "local", "backups", "-o", "json").stdout), &struct{ Items any }{&listed}); err != nil || len(listed) != 2 || listed[0].Path != second || listed[0].Kind != "manual" {
		t.Errorf("backups listed as %+v, %v", listed, err)
	}
	f.startMany("after", 3)
	r := w.expect(0, "local", "restore", strings.TrimSuffix(filepath.Base(first), ".db"))
	w.lists(f, ids)
	if got, err := f.listed(); err != nil || strings.Contains(strings.Join(got, " "), "after-") {
		t.Errorf("after the restore there is what came after the backup: %v, %v", got, err)
	}
	_, kept, found := strings.Cut(r.stdout, "before   ")
	if kept = strings.TrimSpace(kept); !found {
		t.Fatalf("restore does not say where the old database is: %s", r)
	}
	isWhole(t, copyDatabase(t, kept))
	if text := w.read("desired", "temporal.yaml"); strings.Contains(text, "local.stigmer.ai/restore") {
		t.Errorf("the wish stays in the file:\n%s", text)
	}
	w.expect(0, "local", "restore", kept)
	if got, err := f.listed(); err != nil || !strings.Contains(strings.Join(got, " "), "after-") {
		t.Errorf("the database that was replaced is not whole: %v, %v", got, err)
	}
}

// TestBackupOfAStoppedInstance, of one in memory, and of none.
func TestBackupOfAStoppedInstance(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if r := w.expect(1, "local", "backup"); !strings.Contains(r.stderr, "no instance") {
		t.Errorf("backup of nothing: %s", r)
	}
	w.wish()
	w.up()
	ids := w.frontend().startMany("kept", 3)
	w.expect(0, "local", "stop")
	backup := w.backup()
	isWhole(t, copyDatabase(t, backup))
	garbage := filepath.Join(t.TempDir(), "garbage.db")
	if err := os.WriteFile(garbage, []byte("not a database"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.expect(1, "local", "restore", garbage)
	w.expect(2, "local", "restore", "nothing")
	if o := w.status(); o.pid() != 0 {
		t.Errorf("a restore of garbage started something: %s", o)
	}
	w.expect(0, "local", "restore", backup)
	w.lists(w.frontend(), ids)
	w.up("--memory", "--yes")
	if r := w.expect(4, "local", "backup"); !strings.Contains(r.stderr, "in memory") {
		t.Errorf("backup of memory: %s", r)
	}
}

// recorded is what lies beside the database.
type recorded struct {
	ClusterID    string   `json:"clusterID,omitempty"`
	CreatedBy    string   `json:"createdBy,omitempty"`
	LastServedBy string   `json:"lastServedBy,omitempty"`
	Objects      []string `json:"objects,omitempty"`
}

// servedBy makes the record say that another build served the database last.
func (w *world) servedBy(created, served string) recorded {
	w.Helper()
	var r recorded
	if err := json.Unmarshal([]byte(w.read("temporal-data", "temporal.db.stigmer.json")), &r); err != nil {
		w.Fatal(err)
	}
	before := r
	r.CreatedBy, r.LastServedBy = created, served
	data, err := json.Marshal(r)
	if err != nil {
		w.Fatal(err)
	}
	w.write(string(data), "temporal-data", "temporal.db.stigmer.json")
	return before
}

// TestAnotherBuildCopiesFirst: before a start with another build the database
// is copied, the newest three copies are kept, and what the file lacks is told.
func TestAnotherBuildCopiesFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish(often)
	w.up()
	w.expect(0, "local", "stop")
	if copies, _ := filepath.Glob(w.file("temporal-data", "backups", "*")); len(copies) != 0 {
		t.Errorf("the first start copied: %v", copies)
	}
	for range 2 {
		w.up()
		w.expect(0, "local", "stop")
	}
	if copies, _ := filepath.Glob(w.file("temporal-data", "backups", "*")); len(copies) != 0 {
		t.Errorf("a start with the same build copied: %v", copies)
	}
	var copies []string
	for i := range 4 {
		before := w.servedBy("temporal-server 1.28.0", fmt.Sprintf("temporal-server 1.28.%d", i))
		if i == 3 {
			change(t, w.database(), "DROP INDEX default_idx")
		}
		if before.LastServedBy != "temporal-server 1.29.1" {
			t.Errorf("it was last served by %q", before.LastServedBy)
		}
		w.up()
		copies, _ = filepath.Glob(w.file("temporal-data", "backups", "*-upgrade.db"))
		if len(copies) != min(i+1, 3) {
			t.Errorf("after start %d there are %v", i+1, copies)
		}
		if i == 0 {
			w.awaitStatus("lacks nothing", func(o object) bool { return o.condition("VersionSkew").says("False", "Complete") })
		}
		if i < 3 {
			w.expect(0, "local", "stop")
		}
	}
	for _, backup := range copies {
		isWhole(t, copyDatabase(t, backup))
	}
	o := w.awaitStatus("says what the file lacks", func(o object) bool { return o.is("VersionSkew") })
	if c := o.condition("VersionSkew"); !strings.Contains(c.Message, "default_idx") || !o.is("Ready") {
		t.Errorf("%+v; %s", c, o)
	}
	w.ownsNoScratchServer()
}

// ownsNoScratchServer: the server that showed what the build makes is gone.
func (w *world) ownsNoScratchServer() {
	w.Helper()
	w.await("one server is left", func() (bool, string) {
		servers := 0
		all := processesOf(w.home)
		for _, p := range all {
			if p.isTemporal() {
				servers++
			}
		}
		return servers == 1, describe(all)
	})
	w.await("its folder is gone", func() (bool, string) {
		entries, err := os.ReadDir(w.file("schemas"))
		return err == nil && len(entries) == 1 && !entries[0].IsDir(), fmt.Sprint(entries, err)
	})
}
