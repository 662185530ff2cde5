package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestStorageEditedUnderALostDatabase: which file the server alone has was
// decided when it was started, whatever the spec says by now.
func TestStorageEditedUnderALostDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish(often)
	w.up()
	f := w.frontend()
	ids := f.startMany("kept", 5)
	pid := w.temporal().pid
	if err := os.Remove(w.database()); err != nil {
		t.Fatal(err)
	}
	w.soon("says that the file is deleted", func(o object) bool { return o.condition("DatabaseFile").says("False", "Deleted") })
	w.wish(often, fmt.Sprintf("storage: {path: %q}", w.file("temporal-data", "other.db")))
	w.await("the daemon has read the edit", func() (bool, string) {
		text := w.read("status", "temporal.yaml")
		return strings.Contains(text, "other.db"), text
	})
	w.staysAsItIs(pid, "DatabaseFile", "Deleted")
	if now := w.status(); now.Status.Situation != "DatabaseLost" {
		t.Errorf("after the edit: %s", now)
	}
	backup := w.backup()
	isWhole(t, copyDatabase(t, backup))
	w.wish("storage: {type: Memory}")
	w.staysAsItIs(pid, "DatabaseFile", "Deleted")
	w.wish(often)
	w.expect(0, "local", "restore", backup, "--yes")
	w.lists(f, ids)
}

// TestBadBackupLeavesTheServer: a backup that is not sound costs nothing,
// neither the server that runs nor the one that starts after a crash.
func TestBadBackupLeavesTheServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish(often)
	w.up()
	f := w.frontend()
	ids := f.startMany("kept", 3)
	pid := w.temporal().pid
	bad := filepath.Join(t.TempDir(), "bad.db")
	if err := os.WriteFile(bad, []byte("SQLite format 3\x00 and nothing more"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := w.read("desired", "temporal.yaml")
	w.writeDesired(withWish(text, bad, longAgo))
	w.soon("says that it cannot be restored", func(o object) bool { return o.Status.Situation == "RestoreBlocked" })
	if o := w.status(); o.pid() != pid || !strings.Contains(o.Status.Message, bad) || !strings.Contains(o.Status.Message, "restore BACKUP") {
		t.Errorf("with a bad backup: %s", o)
	}
	r := w.expect(4, "local", "restart")
	if now := w.temporal().pid; now == pid || !strings.Contains(r.stderr, fmt.Sprintf("it was restarted, as pid %d", now)) {
		t.Errorf("restart printed %s", r)
	}
	pid = w.temporal().pid
	w.kill9(pid)
	w.awaitStatus("runs again", func(o object) bool { return o.pid() != 0 && o.pid() != pid && o.is("Serving") })
	w.lists(f, ids)
	w.writeDesired(text)
	w.awaitStatus("is ready without the wish", func(o object) bool { return o.is("Ready") })
}

// TestRestoreThatCannotBeCopied: the command looks at the backup, the daemon
// copies it. What only the daemon finds, the command says; it takes its wish
// back, and the server stays.
func TestRestoreThatCannotBeCopied(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish(often)
	w.up()
	pid := w.temporal().pid
	backup := w.backup()
	// A folder in the way of the copy is what no check of the command sees.
	if err := os.MkdirAll(filepath.Join(filepath.Dir(w.database()), ".stigmer-restore", "temporal.db", "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	r := w.expect(1, "local", "restore", backup, "--yes")
	if !strings.Contains(r.stderr, "not restored: ") || !strings.Contains(r.stderr, "the database is as it was") {
		t.Errorf("restore says %s", r)
	}
	if strings.Contains(w.read("desired", "temporal.yaml"), "local.stigmer.ai/restore") {
		t.Error("the wish stays in the file")
	}
	w.awaitStatus("is ready as before", func(o object) bool { return o.is("Ready") && o.pid() == pid })
}

// TestFileThatIsNoDatabase: it is refused with the way out, and nothing is done
// to it.
func TestFileThatIsNoDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish(often)
	w.write("x\n", "temporal-data", "temporal.db")
	r := w.expect(4, "local")
	if !strings.Contains(r.stderr, "it is no SQLite database") || !strings.Contains(r.stderr, "move it away") {
		t.Errorf("local says %s", r)
	}
	if text := w.read("temporal-data", "temporal.db"); text != "x\n" {
		t.Errorf("the file says %q", text)
	}
	if err := os.Rename(w.database(), w.database()+".away"); err != nil {
		t.Fatal(err)
	}
	w.awaitStatus("starts once it is away", func(o object) bool { return o.is("Ready") })
}
