package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// wishRestore writes a wish for a backup into the desired file, as a person may.
func (w *world) wishRestore(backup string, lines ...string) {
	w.Helper()
	w.writeDesired(withWish(desired("temporal", w.port, lines...), backup, longAgo))
}

// longAgo is when a wish was made that is the first.
const longAgo = "2026-01-02T03:04:05Z"

// rightNow is when a wish was made that is not.
func rightNow() string { return time.Now().UTC().Format(time.RFC3339Nano) }

// withWish adds a wish for a backup to the text of a desired file.
func withWish(text, backup, at string) string {
	return strings.Replace(text, "name: temporal\n",
		fmt.Sprintf("name: temporal\n  annotations: {local.stigmer.ai/restore: %q}\n", backup+"@"+at), 1)
}

// TestWishThatStaysInTheFile is carried out once, on the database that it was
// asked for.
func TestWishThatStaysInTheFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish(often)
	w.up()
	f := w.frontend()
	f.startMany("backed", 2)
	backup := w.backup()
	pid := w.temporal().pid
	w.wishRestore(backup, often)
	w.awaitStatus("runs what was restored", func(o object) bool { return o.is("Ready") && o.pid() != pid })
	later := f.startMany("later", 2)

	other := fmt.Sprintf("storage: {path: %q}", w.file("temporal-data", "other.db"))
	w.wishRestore(backup, often, other)
	w.awaitStatus("runs on the other database", func(o object) bool {
		return o.is("Ready") && strings.Contains(o.condition("DatabaseFile").Message, "/other.db")
	})
	if ids, err := f.listed(); err != nil || len(ids) != 0 {
		t.Errorf("another database was replaced: %v, %v", ids, err)
	}
	w.wishRestore(backup, often)
	w.awaitStatus("runs on the first one", func(o object) bool {
		return o.is("Ready") && strings.Contains(o.condition("DatabaseFile").Message, "/temporal.db")
	})
	w.lists(f, later)
	w.expect(0, "local", "stop")
	for _, name := range []string{"", ".stigmer.json"} {
		w.remove("temporal-data", "temporal.db"+name)
	}
	w.up()
	if ids, err := f.listed(); err != nil || len(ids) != 0 {
		t.Errorf("a new beginning was undone: %v, %v", ids, err)
	}
	if text := w.read("desired", "temporal.yaml"); strings.Contains(text, "restore") {
		t.Errorf("a wish that was carried out stays in the file:\n%s", text)
	}
}

// TestSwapThatHasBegun: the daemon died between the renames and the wish was
// given up. It is finished; no empty database takes the place.
func TestSwapThatHasBegun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish(often)
	w.up()
	f := w.frontend()
	ids := f.startMany("kept", 2)
	backup := w.backup()
	w.expect(0, "local", "stop")
	aside := w.database() + ".replaced-20260102T030405.000Z"
	if err := os.Rename(w.database(), aside); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(filepath.Dir(w.database()), ".stigmer-restore")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(backup, filepath.Join(folder, "temporal.db")); err != nil {
		t.Fatal(err)
	}
	w.write(fmt.Sprintf(`{"restored": "gone", "replaces": %q}`, aside), "temporal-data", ".stigmer-restore", "temporal.db.stigmer.json")
	w.up()
	w.lists(f, ids)
	if _, err := os.Lstat(folder); !os.IsNotExist(err) {
		t.Errorf("%s is left", folder)
	}
}

// TestRestoreOfAnotherFile: what is no backup is refused, and its neighbours are
// left alone.
func TestRestoreOfAnotherFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish(often)
	w.up()
	pid := w.temporal().pid
	folder := t.TempDir()
	notes := filepath.Join(folder, "notes.txt")
	for _, name := range []string{"", "-journal"} {
		if err := os.WriteFile(notes+name, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.expect(1, "local", "restore", notes, "--yes")
	if left, err := filepath.Glob(notes + "*"); err != nil || len(left) != 2 || w.temporal().pid != pid {
		t.Errorf("left %v, %v", left, err)
	}
}

// TestWrapperThatStays: a script that waits for Temporal is part of the server,
// from the first look on.
func TestWrapperThatStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	temporal, err := realTemporal()
	if err != nil {
		t.Fatal(err)
	}
	wrapper := filepath.Join(t.TempDir(), "wrapper")
	if err := os.WriteFile(wrapper, []byte("#!/bin/sh\n"+temporal+" \"$@\"\nexit $?\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	w.wish(often, fmt.Sprintf("binary: {path: %q}", wrapper))
	w.up("--timeout", "20s")
	w.expect(0, "local", "restart", "--timeout", "20s")
	for _, h := range w.happenings() {
		if strings.Contains(h.Message, "was replaced under the server") || strings.Contains(h.Message, "is not ours") {
			t.Errorf("event: %s", h.Message)
		}
	}
}
