package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// mountSmall returns a folder that is a disk of 40 MiB.
func mountSmall(t *testing.T) string {
	t.Helper()
	return mountDisk(t, "40m")
}

// mountDisk returns a folder that is a disk of that size.
func mountDisk(t *testing.T, size string) string {
	t.Helper()
	disk := t.TempDir()
	if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("not run: a small disk cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(disk, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return disk
}

// fill writes until the disk is full.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 1<<20); err == nil; {
		_, err = f.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
}

// TestDiskThatIsNotMounted: at a login the disk of the database may not be there
// yet. A new database in the folder that it is mounted on would be Ready, and hide
// the workflows until somebody wonders.
func TestDiskThatIsNotMounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	disk, folder := t.TempDir(), t.TempDir()
	mount := func() error { return unix.Mount(disk, folder, "", unix.MS_BIND, "") }
	if err := mount(); err != nil {
		t.Skipf("not run: a disk cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(folder, unix.MNT_DETACH); err != nil && !errors.Is(err, unix.EINVAL) {
			t.Error(err)
		}
	})
	unmount := func() {
		w.Helper()
		w.kill9(w.daemon().pid)
		w.kill9(w.temporal().pid)
		w.await("nobody is on the disk", func() (bool, string) {
			err := unix.Unmount(folder, 0)
			return err == nil, fmt.Sprint(err)
		})
	}
	database := filepath.Join(folder, "orders", "x.db")
	w.wish(often, "storage: {path: "+database+"}")
	w.up()
	w.startWorkflow("kept")
	w.await("remembers the disk", func() (bool, string) {
		status := w.read("status", "temporal.yaml")
		return strings.Contains(status, "mount: "+folder+"\n"), status
	})
	unmount()

	r := w.expect(4, "local")
	if !strings.Contains(r.stderr, "mounted at "+folder+", and that is not mounted there now") || !strings.Contains(r.stderr, "mount it, and Temporal starts by itself") {
		t.Errorf("it does not say what to do: %s", r)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("in the folder that the disk is mounted on are %v, %v", left, err)
	}
	if err := mount(); err != nil {
		t.Fatal(err)
	}
	w.awaitStatus("is Ready by itself", func(o object) bool { return o.is("Ready") })
	w.listsWorkflow("kept")

	backup := w.backup()

	// Given up, by name.
	unmount()
	if r := w.expect(4, "local", "backup"); !strings.Contains(r.stderr, "is not there to be copied") {
		t.Errorf("backup printed %s", r)
	}
	if r := w.expect(4, "local", "restart"); !strings.Contains(r.stderr, "restart gives up the database "+database) {
		t.Errorf("restart printed %s", r)
	}
	if r := w.expect(0, "local", "restart", "--yes"); !strings.Contains(r.stdout, database+" (new)") {
		t.Errorf("restart printed %s", r)
	}

	// What was given up, the other way round.
	w.expect(0, "local", "stop")
	if err := mount(); err != nil {
		t.Fatal(err)
	}
	w.awaitStatus("has noted the new one", func(o object) bool { return o.Status.Situation == "Stopped" })
	w.expect(0, "local", "restart", "--yes")
	w.listsWorkflow("kept")

	// A backup takes its place.
	unmount()
	if r := w.expect(4, "local", "restore", backup); !strings.Contains(r.stderr, "restore gives up the database "+database+", and puts the backup there") {
		t.Errorf("restore printed %s", r)
	}
	w.expect(0, "local", "restore", backup, "--yes")
	w.listsWorkflow("kept")
}
