package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
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
	load := f.loadedBy(5)
	ids := load.await(30)
	first := w.backup()
	second := w.backup()
	if during := len(load.end()) - len(ids); during == 0 {
		t.Error("nothing was started during the backups")
	}
	for _, backup := range []string{first, second} {
		isWhole(t, copyDatabase(t, backup))
	}

	var listed []struct{ Path, Kind, Name string }
	if err := json.Unmarshal([]byte(w.expect(0, "local", "backups", "-o", "json").stdout), &struct{ Items any }{&listed}); err != nil || len(listed) != 2 || listed[0].Path != second || listed[0].Kind != "manual" {
		t.Errorf("backups listed as %+v, %v", listed, err)
	}
	f.startMany("after", 3)
	name := strings.TrimSuffix(filepath.Base(first), ".db")
	if r := w.expect(4, "local", "restore", name); !strings.Contains(r.stderr, "workflows run") {
		t.Errorf("restore does not say what it costs: %s", r)
	}
	r := w.expect(0, "local", "restore", name, "--yes")
	w.lists(f, ids)
	if got, err := f.listed(); err != nil || strings.Contains(strings.Join(got, " "), "after-") {
		t.Errorf("after the restore there is what came after the backup: %v, %v", got, err)
	}
	_, kept, found := strings.Cut(r.stdout, "kept     ")
	if kept, _, _ = strings.Cut(kept, ","); !found {
		t.Fatalf("restore does not say where the old database is: %s", r)
	}
	isWhole(t, copyDatabase(t, kept))
	if text := w.read("desired", "temporal.yaml"); strings.Contains(text, "local.stigmer.ai/restore") {
		t.Errorf("the wish stays in the file:\n%s", text)
	}
	w.expect(0, "local", "restore", kept, "--yes")
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
