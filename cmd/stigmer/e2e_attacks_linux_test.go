package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The tests in this file are attacks that once succeeded.

func TestStopsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wishStub(nil)
	w.up()
	var running sync.WaitGroup
	results, faults := make([]result, 4), make([]error, 4)
	for i := range results {
		c := w.command("local", "stop")
		running.Go(func() { results[i], faults[i] = w.finish(c) })
	}
	running.Wait()
	for i, r := range results {
		if faults[i] != nil || r.code != 0 || !strings.Contains(r.stdout, "is stopped") {
			t.Errorf("stop %d: %v: %s", i, faults[i], r)
		}
	}
}

// TestLockOfAStranger: whoever locks a file of ours is not known to us, but how to
// find him is said. A shared lock is one that a look does not meet.
func TestLockOfAStranger(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"temporal-data/temporal.db.stigmer-lock", "temporal.lock"} {
		for name, how := range map[string]int{"exclusive": syscall.LOCK_EX, "shared": syscall.LOCK_SH} {
			t.Run(name+" "+file, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.wish()
				w.up()
				backup := w.backup()
				w.expect(0, "local", "stop")
				lock, err := os.Open(w.file(file))
				if err != nil {
					t.Fatal(err)
				}
				defer lock.Close()
				if err := syscall.Flock(int(lock.Fd()), how); err != nil {
					t.Fatal(err)
				}
				text := w.read("desired", "temporal.yaml")
				if r := w.expect(4, "local", "restore", backup); !strings.HasSuffix(r.stderr, "the restore was taken back, and temporal is disabled again: run it again then\n") {
					t.Errorf("restore: %s", r)
				}
				// The mapping in which it stood may have been there before.
				if now := strings.Replace(w.read("desired", "temporal.yaml"), "  annotations:\n", "", 1); now != text {
					t.Errorf("what was taken back stays: %s", cmp.Diff(text, now))
				}
				r := w.expect(4, "local")
				if !strings.Contains(r.stderr, fmt.Sprintf("pid %d (stigmer.test", os.Getpid())) && !strings.Contains(r.stderr, "fuser "+lock.Name()) {
					t.Errorf("it does not say who has the lock, nor how to find that out: %s", r)
				}
				if name == "shared" {
					// Only the daemon's attempt meets it, and plan promises nothing.
					if r := w.expect(4, "local", "plan", "--exit-code"); !strings.Contains(r.stdout, "the last attempt: ") {
						t.Errorf("plan does not say that it was tried: %s", r)
					}
					if o := w.status(); !o.condition("Stalled").says("True", "NotRunning") {
						t.Errorf("status does not say what the daemon met: %s", o)
					}
				}
				lock.Close()
				w.expect(0, "local")
			})
		}
	}
}

// TestOneServerOfOneDatabaseFile: two instances, one file, two ways to it.
func TestOneServerOfOneDatabaseFile(t *testing.T) {
	t.Parallel()
	w, other := newWorld(t), newWorld(t)
	folder := t.TempDir()
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(folder, link); err != nil {
		t.Fatal(err)
	}
	w.up("--port", fmt.Sprint(w.port), "--db-filename", filepath.Join(folder, "shared.db"))
	r := other.expect(4, "local", "--port", fmt.Sprint(other.port), "--db-filename", filepath.Join(link, "shared.db"))
	if !strings.Contains(r.stderr, fmt.Sprintf("pid %d (temporal", w.temporal().pid)) {
		t.Errorf("it does not name who has the database: %s", r)
	}
	w.expect(0, "local", "stop")
	other.awaitStatus("the other one starts by itself", func(o object) bool { return o.is("Ready") })
}

// TestFileOfSettings: a server that works is not given up for one that would take
// settings from a file, or not start for its sake.
func TestFileOfSettings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish(often)
	w.up()
	old, planted := w.temporal().pid, w.file("temporal.no-env-file")
	if err := os.WriteFile(planted, []byte("env: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.wish(often, "logLevel: error")
	r := w.expect(4, "local")
	if want := planted + " is a file, and nothing must be there: Temporal would take settings from it; remove it"; !strings.Contains(r.stderr, want) {
		t.Errorf("it does not say %q: %s", want, r)
	}
	if now := w.temporal().pid; now != old {
		t.Errorf("pid %d was given up for pid %d", old, now)
	}
	if err := os.Remove(planted); err != nil {
		t.Fatal(err)
	}
	w.awaitOther(old)
}

// TestBlockedRestoreIsTakenBack: a wish that was left in the file was carried out
// by a start long after, without a word.
func TestBlockedRestoreIsTakenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish(often)
	w.up()
	backup, planted := w.backup(), w.file("temporal.no-env-file")
	w.startWorkflow("kept")
	if err := os.Mkdir(planted, 0o700); err != nil {
		t.Fatal(err)
	}
	w.expect(4, "local", "restart", "--yes")
	if r := w.expect(4, "local", "restore", backup, "--yes"); !strings.Contains(r.stderr, planted+" is a folder") || !strings.Contains(r.stderr, "the restore was taken back") {
		t.Errorf("what became of the restore is not said: %s", r)
	}
	w.expect(0, "local", "stop", "--yes")
	if err := os.Remove(planted); err != nil {
		t.Fatal(err)
	}
	w.up()
	w.listsWorkflow("kept")
}

// TestRestoreThatOutlivedItsCommand: what is still asked for is said by a stop, and
// by the start that does it.
func TestRestoreThatOutlivedItsCommand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish(often)
	w.up()
	backup := w.backup()
	w.startWorkflow("replaced")
	w.expect(0, "local", "stop", "--yes")
	w.writeDesired(withWish(w.read("desired", "temporal.yaml"), backup, rightNow()))
	if r := w.expect(0, "local", "stop"); !strings.Contains(r.stdout, backup+" is still to be restored, at the next start") {
		t.Errorf("stop: %s", r)
	}
	r := w.expect(0, "local")
	for _, want := range []string{"Temporal is ready: restored, pid ", "  from     " + backup, "  kept     " + w.database() + ".replaced-"} {
		if !strings.Contains(r.stdout, want) {
			t.Errorf("local does not say %q: %s", want, r)
		}
	}
	if out, err := w.temporalCLI(w.port, "workflow", "describe", "-w", "replaced"); err == nil {
		t.Errorf("nothing was restored: %s", out)
	}
	if r := w.expect(0, "local"); strings.Contains(r.stdout, "restore") || !strings.Contains(r.stdout, "reusing") {
		t.Errorf("once more: %s", r)
	}

	// One that is asked for while there is nothing to restore is done by the change
	// that makes it so.
	w.wish(often, "storage: {type: Memory}")
	w.up("--yes")
	w.writeDesired(withWish(w.read("desired", "temporal.yaml"), backup, rightNow()))
	if r := w.expect(0, "local", "--memory=false", "--yes"); !strings.Contains(r.stdout, "Temporal is ready: restored, pid ") {
		t.Errorf("local does not say what it did: %s", r)
	}
}

// TestRestoreIsForOneDatabase: whoever has forgotten that it was done, and to what,
// does it to no other database.
func TestRestoreIsForOneDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish(often)
	w.up()
	backup, database := w.backup(), w.database()
	other := w.file("temporal-data", "other.db")
	w.expect(0, "local", "--db-filename", other)
	w.startWorkflow("kept")
	annotations := fmt.Sprintf("name: temporal\n  annotations:\n    local.stigmer.ai/restore: %q\n    local.stigmer.ai/restore-database: %q\n",
		backup+"@2026-01-02T03:04:05Z", database)
	w.writeDesired(strings.Replace(w.read("desired", "temporal.yaml"), "name: temporal\n", annotations, 1))
	w.soon("says that it is for another one", func(o object) bool { return o.Status.Situation == "RestoreBlocked" })
	if o := w.status(); !strings.Contains(o.Status.Message, "it is for the database "+database) {
		t.Errorf("status: %s", o)
	}
	w.listsWorkflow("kept")
}

// TestTwoNamesOfOneDatabase: SQLite keeps the journal beside one of them, so a server
// that is started by the other after a crash destroys the file.
func TestTwoNamesOfOneDatabase(t *testing.T) {
	t.Parallel()
	w, other := newWorld(t), newWorld(t)
	w.up("--port", fmt.Sprint(w.port))
	w.startWorkflow("kept")
	server := w.temporal().pid
	if err := os.MkdirAll(other.file("temporal-data"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(w.database(), other.database()); err != nil {
		t.Fatal(err)
	}
	// The server that has it open is named first; it stays as it is.
	if r := other.expect(4, "local", "--port", fmt.Sprint(other.port)); !strings.Contains(r.stderr, fmt.Sprintf("is taken by pid %d (temporal", server)) {
		t.Errorf("it does not name who has the database: %s", r)
	}
	if r := w.expect(4, "local", "restart"); !strings.Contains(r.stderr, "it has 2 hard links") || w.temporal().pid != server {
		t.Errorf("the server is given up, or it is not said why not: %s", r)
	}
	w.kill9(server)
	other.awaitStatus("is refused", func(o object) bool {
		return o.Status.Situation == "DatabaseUnusable" && strings.Contains(o.Status.Message, "it has 2 hard links")
	})
	r := w.expect(4, "local")
	_, command, _ := strings.Cut(r.stderr, "give it one name: '")
	command, _, found := strings.Cut(command, "'")
	if !found {
		t.Fatalf("no way out is said: %s", r)
	}
	if out, err := exec.Command("sh", "-c", command).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", command, err, out)
	}
	w.awaitOther(server)
	w.listsWorkflow("kept")
	other.awaitStatus("has a file of its own, too", func(o object) bool { return o.Status.Situation != "DatabaseUnusable" })
}

// TestHomeRemoved: the daemon of a home that is gone ends. The server, which
// alone has its data then, is still found, and ended when that is said.
func TestHomeRemoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.up("--port", fmt.Sprint(w.port))
	server, daemon := w.temporal().pid, w.daemon().pid
	if err := os.RemoveAll(w.home); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"status", "plan"} {
		if r := w.expect(0, "local", command); !strings.Contains(r.stdout, fmt.Sprint(server)) {
			t.Errorf("%s does not find pid %d: %s", command, server, r)
		}
	}
	if r := w.expect(4, "local", "stop"); !strings.Contains(r.stderr, "alone has what was in "+w.database()) {
		t.Errorf("stop, without a word about the data: %s", r)
	}
	r := w.expect(0, "local", "stop", "--yes")
	if !strings.Contains(r.stdout, fmt.Sprintf("it was pid %d); what was in %s is gone with it", server, w.database())) {
		t.Errorf("stop: %s", r)
	}
	w.awaitGone(server)
	w.awaitGone(daemon)
}

// TestStatusFileOfSomebodyElse: what cannot be written or read does not keep
// a server from being found ready, and is never believed.
func TestStatusFileOfSomebodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := os.MkdirAll(w.file("status", "temporal.yaml"), 0o700); err != nil {
		t.Fatal(err)
	}
	w.wish()
	w.up()
	w.expect(0, "local", "restart")
	log := w.read("logs", "daemon.log")
	if !strings.Contains(log, "cannot write the status") {
		t.Errorf("the daemon does not say that it cannot write the status:\n%s", log)
	}
}

func TestPlantedLockFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish()
	for _, name := range []string{".daemon-start.lock", "desired/.temporal.lock", "daemon.lock"} {
		path := w.file(name)
		// An earlier round may have left a lock of the right kind.
		_ = os.Remove(path)
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
		r := w.expect(4, "local")
		if !strings.Contains(r.stderr, path) {
			t.Errorf("%s: the file is not named: %s", name, r)
		}
		w.remove(name)
	}
}
