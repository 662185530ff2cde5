package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// often makes the loop look each second.
const often = "interval: 1s"

// twoIntervals is how long a condition may take with `often`, with the time of
// a few commands on a busy machine.
const twoIntervals = 2*time.Second + 3*time.Second

// soon waits until the status is as it should be, no longer than two intervals.
func (w *world) soon(what string, done func(object) bool) object {
	w.Helper()
	began := time.Now()
	o := w.awaitStatus(what, done)
	if took := time.Since(began); took > twoIntervals {
		w.Errorf("%s took %s", what, took)
	}
	return o
}

func (c condition) says(status, reason string) bool { return c.Status == status && c.Reason == reason }

// staysAsItIs fails the test when the server was replaced within three intervals.
func (w *world) staysAsItIs(pid int, condition, reason string) {
	w.Helper()
	deadline := time.After(3 * time.Second)
	for {
		o := w.status()
		if c := o.condition(condition); o.pid() != pid || o.is("Ready") || !c.says("False", reason) {
			w.Fatalf("pid %d does not stay as it is: %s; %+v", pid, o, c)
		}
		select {
		case <-deadline:
			return
		case <-time.After(look):
		}
	}
}

// TestDatabaseDeleted: the server has the only copy. It is left alone, what it
// holds is saved and put back.
func TestDatabaseDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish(often)
	w.up()
	f := w.frontend()
	ids := f.startMany("kept", 20)
	pid := w.temporal().pid
	if err := os.Remove(w.database()); err != nil {
		t.Fatal(err)
	}
	o := w.soon("says that the file is deleted", func(o object) bool { return o.condition("DatabaseFile").says("False", "Deleted") })
	if o.is("Ready") || o.condition("StoreWritable").Status == "True" || o.Status.Situation != "DatabaseLost" {
		t.Errorf("with a deleted database: %s; StoreWritable %+v", o, o.condition("StoreWritable"))
	}
	w.staysAsItIs(pid, "DatabaseFile", "Deleted")
	if r := w.expect(4, "local"); !strings.Contains(r.stderr, "stigmer local backup") {
		t.Errorf("local does not say how to save it: %s", r)
	}
	w.expect(4, "local", "restart")
	backup := w.backup()
	isWhole(t, copyDatabase(t, backup))
	w.expect(0, "local", "restore", backup, "--yes")
	w.lists(f, ids)
	if now := w.status(); !now.is("Ready") || now.pid() == pid {
		t.Errorf("after the restore: %s", now)
	}
	w.givesUp()
}

// givesUp lets a person give up a database that was deleted: what that costs is
// said, and that the next one is new.
func (w *world) givesUp() {
	w.Helper()
	if err := os.Remove(w.database()); err != nil {
		w.Fatal(err)
	}
	if r := w.expect(0, "local", "stop", "--yes"); !strings.Contains(r.stdout, "what was in "+w.database()+" is gone with it") {
		w.Errorf("stop: %s", r)
	}
	if r := w.up(); !strings.Contains(r.stdout, w.database()+" (new)") {
		w.Errorf("the next start: %s", r)
	}
}

// backup makes a backup and returns its path.
func (w *world) backup() string {
	w.Helper()
	first, _, _ := strings.Cut(w.expect(0, "local", "backup").stdout, "\n")
	path, found := strings.CutPrefix(first, "saved ")
	if !found {
		w.Fatalf("backup printed %q", first)
	}
	return path
}

// TestDatabaseReplaced: another file was put at the path.
func TestDatabaseReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish(often)
	w.up()
	pid := w.temporal().pid
	other := filepath.Join(filepath.Dir(w.database()), "other")
	if err := os.WriteFile(other, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(other, w.database()); err != nil {
		t.Fatal(err)
	}
	w.soon("says that the file is replaced", func(o object) bool {
		return o.condition("DatabaseFile").says("False", "Replaced") && !o.is("Ready")
	})
	w.staysAsItIs(pid, "DatabaseFile", "Replaced")
	backup := w.backup()
	w.expect(0, "local", "restore", backup, "--yes")
}

// TestLinkLeadsElsewhere: the file is where it was, and what is to be mended is the
// link.
func TestLinkLeadsElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	folder := t.TempDir()
	link, file, other := filepath.Join(folder, "link.db"), filepath.Join(folder, "file.db"), filepath.Join(folder, "other.db")
	lead := func(to string) {
		t.Helper()
		if err := os.Symlink(to, link+".new"); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(link+".new", link); err != nil {
			t.Fatal(err)
		}
	}
	lead(file)
	w.wish(often, fmt.Sprintf("storage: {path: %q}", link))
	w.up()
	pid := w.temporal().pid
	lead(other)
	w.soon("says that it leads elsewhere", func(o object) bool { return o.condition("DatabaseFile").says("False", "Moved") })
	w.staysAsItIs(pid, "DatabaseFile", "Moved")
	want := link + " leads to " + other + " now, and the server has " + file + " open; set the link, or the file, back; or "
	if r := w.expect(4, "local"); !strings.Contains(r.stderr, want) {
		t.Errorf("local does not say %q: %s", want, r)
	}
	if r := w.expect(4, "local", "stop"); !strings.Contains(r.stderr, "whose database is no longer "+link+" but "+file+";") {
		t.Errorf("stop: %s", r)
	}
	if err := os.WriteFile(other, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	w.soon("says that another file is there", func(o object) bool { return o.condition("DatabaseFile").says("False", "Replaced") })
	lead(file)
	if o := w.awaitStatus("has it again", func(o object) bool { return o.is("Ready") }); o.pid() != pid {
		t.Errorf("pid %d was given up: %s", pid, o)
	}
}

// TestDatabaseUnderAnotherName: it is not lost, and the command that is shown finds it.
func TestDatabaseUnderAnotherName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish(often)
	w.up()
	pid, other := w.temporal().pid, w.database()+".other"
	if err := os.Link(w.database(), other); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(w.database()); err != nil {
		t.Fatal(err)
	}
	o := w.soon("says that it has another name", func(o object) bool { return o.condition("DatabaseFile").says("False", "Moved") })
	link := regexp.MustCompile(`find -H / -samefile (/proc/[0-9]+/fd/[0-9]+)'`).FindStringSubmatch(o.Status.Message)
	if link == nil {
		t.Fatalf("no command finds it: %s", o)
	}
	if found, err := exec.Command("find", "-H", w.home, "-samefile", link[1]).CombinedOutput(); err != nil || string(found) != other+"\n" {
		t.Errorf("the command finds %q, %v", found, err)
	}
	if err := os.Rename(other, w.database()); err != nil {
		t.Fatal(err)
	}
	if o := w.awaitStatus("has it again", func(o object) bool { return o.is("Ready") }); o.pid() != pid {
		t.Errorf("pid %d was given up: %s", pid, o)
	}
}

// TestDatabaseMoved: nothing is lost yet, and where it is now is said.
func TestDatabaseMoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish(often)
	w.up()
	pid, away := w.temporal().pid, filepath.Join(t.TempDir(), "away.db")
	if err := os.Rename(w.database(), away); err != nil {
		t.Fatal(err)
	}
	w.soon("says that the file was moved", func(o object) bool { return o.condition("DatabaseFile").says("False", "Moved") })
	w.staysAsItIs(pid, "DatabaseFile", "Moved")
	want := w.database() + " was moved to " + away + " under the server, which cannot write it there; move it back; or "
	if r := w.expect(4, "local"); !strings.Contains(r.stderr, want) {
		t.Errorf("local does not say %q: %s", want, r)
	}
	if err := os.Rename(away, w.database()); err != nil {
		t.Fatal(err)
	}
	if o := w.awaitStatus("has it again", func(o object) bool { return o.is("Ready") }); o.pid() != pid {
		t.Errorf("pid %d was given up: %s", pid, o)
	}

	home := w.home + ".renamed"
	if err := os.Rename(w.home, home); err != nil {
		t.Fatal(err)
	}
	moved := filepath.Join(home, "temporal-data", "temporal.db")
	if r := w.expect(4, "local", "stop"); !strings.Contains(r.stderr, "whose database is no longer "+w.database()+" but "+moved) {
		t.Errorf("stop without a word about the data: %s", r)
	}
	if r := w.expect(0, "local", "stop", "--yes"); !strings.Contains(r.stdout, "what was in "+w.database()+" is in "+moved) {
		t.Errorf("stop: %s", r)
	}
	w.awaitGone(pid)
}

// TestVisibilityTableMissing: the frontend serves, and nothing can be listed.
func TestVisibilityTableMissing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish(often)
	w.up()
	w.expect(0, "local", "stop")
	copied := copyDatabase(t, w.database())
	change(t, copied, "DROP TABLE executions_visibility")
	data, err := os.ReadFile(copied)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.database(), data, 0o600); err != nil {
		t.Fatal(err)
	}
	w.expect(4, "local", "--timeout", "20s")
	o := w.awaitStatus("says that nothing can be listed", func(o object) bool { return o.condition("VisibilityReadable").says("False", "CheckFailed") })
	if o.is("Ready") || !o.is("Serving") || !o.is("Stalled") {
		t.Errorf("with visibility broken: %s; Stalled %+v", o, o.condition("Stalled"))
	}
	w.staysAsItIs(o.pid(), "VisibilityReadable", "CheckFailed")
}

// TestDiskFull: the disk fills up under the server, and is freed again.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	disk := mountSmall(t)
	w := newWorld(t)
	w.wish(often, "storage: {path: "+filepath.Join(disk, "t.db")+"}")
	w.up()
	pid := w.temporal().pid
	ballast := filepath.Join(disk, "ballast")
	fill(t, ballast)
	w.soon("says that the disk is full", func(o object) bool {
		return o.condition("DatabaseFile").says("False", "LowSpace") && !o.is("Ready") && o.condition("StoreWritable").Status != "True"
	})
	w.staysAsItIs(pid, "DatabaseFile", "LowSpace")
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if o := w.awaitStatus("is Ready again", func(o object) bool { return o.is("Ready") }); o.pid() != pid {
		t.Errorf("pid was %d and is %d", pid, o.pid())
	}
}

// TestReadOnlyFolder: a folder in which nothing can be written, under a server
// that runs, and before a start.
func TestReadOnlyFolder(t *testing.T) {
	t.Parallel()
	disk := mountSmall(t)
	w := newWorld(t)
	w.wish(often, "storage: {path: "+filepath.Join(disk, "t.db")+"}")
	w.up()
	pid := w.temporal().pid
	immutable(t, disk, true)
	t.Cleanup(func() { immutable(t, disk, false) })
	w.soon("says that it cannot write", func(o object) bool {
		return o.condition("DatabaseFile").says("False", "ReadOnly") && !o.is("Ready")
	})
	w.staysAsItIs(pid, "DatabaseFile", "ReadOnly")
	w.expect(0, "local", "stop")
	if r := w.expect(4, "local"); !strings.Contains(r.stderr, "writable") {
		t.Errorf("local does not say what to do: %s", r)
	}
	if o := w.status(); o.Status.Situation != "DatabaseUnusable" || o.pid() != 0 {
		t.Errorf("on a folder that cannot be written: %s", o)
	}
	immutable(t, disk, false)
	w.awaitStatus("is Ready again", func(o object) bool { return o.is("Ready") })
}

// TestFrozenServerIsNotReady is what is said until it is replaced.
func TestFrozenServerIsNotReady(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish("interval: 1s\nhealth: {timeout: 500ms, failureThreshold: 60}")
	w.up()
	pid := w.temporal().pid
	signalProcess(t, pid, syscall.SIGSTOP)
	o := w.soon("says that it is frozen", func(o object) bool { return o.condition("ProcessRunning").says("False", "Frozen") })
	for _, name := range []string{"Ready", "Serving", "StoreReadable", "StoreWritable", "VisibilityReadable", "UIServing"} {
		if o.is(name) {
			t.Errorf("%s is True of a frozen server: %+v", name, o.condition(name))
		}
	}
	signalProcess(t, pid, syscall.SIGCONT)
	if o := w.awaitStatus("is Ready again", func(o object) bool { return o.is("Ready") }); o.pid() != pid {
		t.Errorf("pid was %d and is %d", pid, o.pid())
	}
}

// TestAcknowledgedWorkflowsSurvive a kill -9 of server and daemon.
func TestAcknowledgedWorkflowsSurvive(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish()
	w.up()
	f := w.frontend()
	ids := f.startMany("kept", 100)
	daemon, server := w.daemon().pid, w.temporal().pid
	signalProcess(t, daemon, syscall.SIGKILL)
	signalProcess(t, server, syscall.SIGKILL)
	w.awaitGone(daemon)
	w.awaitGone(server)
	w.up()
	w.lists(f, ids)
}

// TestFileSizeLimit: a server that may not write a larger file answers every check,
// and no workflow that needs room.
func TestFileSizeLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish(often)
	w.up()
	pid := w.temporal().pid
	limit := func(bytes uint64) {
		t.Helper()
		if err := unix.Prlimit(pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: bytes, Max: unix.RLIM_INFINITY}, nil); err != nil {
			t.Fatal(err)
		}
	}
	limit(4 << 20)
	w.soon("says that there is a limit", func(o object) bool {
		return o.condition("DatabaseFile").says("False", "FileSizeLimit") && !o.is("Ready")
	})
	if r := w.expect(4, "local"); !strings.Contains(r.stderr, "may write no database of more than 4 MiB, and ") {
		t.Errorf("local: %s", r)
	}
	limit(unix.RLIM_INFINITY)
	if o := w.awaitStatus("is ready without it", func(o object) bool { return o.is("Ready") }); o.pid() != pid {
		t.Errorf("pid %d was given up: %s", pid, o)
	}
}

// TestSecondServerIsSeenAtOnce: the daemon searches the machine for one each minute,
// who asks is told now.
func TestSecondServerIsSeenAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish()
	w.up()
	other := quadruple(freePorts(t))
	w.temporalByHand(other[0], "--http-port", fmt.Sprint(other[1]), "--metrics-port", fmt.Sprint(other[3]), "--db-filename", w.database())
	if o := w.status(); !o.condition("DatabaseFile").says("False", "Shared") || o.is("Ready") {
		t.Errorf("status: %s", o)
	}
	if r := w.expect(4, "local"); !strings.Contains(r.stderr, "two servers corrupt it") {
		t.Errorf("local: %s", r)
	}
}
