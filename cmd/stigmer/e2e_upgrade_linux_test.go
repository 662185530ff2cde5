package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

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
	w.up()
	w.expect(0, "local", "stop")
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
		began := time.Now()
		w.up()
		w.copiedFirst(began)
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

// copiedFirst checks that since then the database was copied, and after that
// the server started.
func (w *world) copiedFirst(began time.Time) {
	w.Helper()
	last := map[string]time.Time{}
	for _, e := range w.events() {
		last[e.Verb] = e.LastTime
	}
	if copied, started := last["Backup"], last["Start"]; copied.Before(began.Truncate(time.Millisecond)) || started.Before(copied) {
		w.Errorf("the start began at %s, the copy was made at %s, the server started at %s", began.UTC(), copied, started)
	}
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
