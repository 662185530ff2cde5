package database

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// patience bounds every wait of these tests; none comes near it.
const patience = time.Minute

// load is a role that writes all the time.
type load struct {
	role
	added, refused atomic.Int64
	trouble        chan string
	over           chan struct{}
}

// newLoad begins to write to the database.
func newLoad(t *testing.T, path, mode string) *load {
	t.Helper()
	l := &load{trouble: make(chan string, 1), over: make(chan struct{})}
	var line string
	l.role, line = begin(t, "writer", path, mode)
	go func() {
		defer close(l.over)
		for ; ; line = l.lines.Text() {
			switch {
			case line == "added":
				l.added.Add(1)
			case strings.HasPrefix(line, "refused"):
				l.refused.Add(1)
			default:
				select {
				case l.trouble <- line:
				default:
				}
			}
			if !l.lines.Scan() {
				return
			}
		}
	}()
	return l
}

// end makes it stop and requires that nothing worse than a refusal happened.
func (l *load) end(t *testing.T) {
	t.Helper()
	l.send()
	select {
	case <-l.over:
	case <-time.After(patience):
		t.Fatal("the writer does not end")
	}
	select {
	case words := <-l.trouble:
		t.Error(words)
	default:
	}
}

// wait waits until that many more were added.
func (l *load) wait(t *testing.T, more int64) {
	t.Helper()
	for until, began := l.added.Load()+more, time.Now(); l.added.Load() < until; {
		if time.Since(began) > patience {
			t.Fatal("the writer makes no progress")
		}
		<-time.After(time.Millisecond)
	}
}

// Each copy has all that was acknowledged before and nothing that was not begun,
// and the writer never fails for longer than the copy takes.
func TestSnapshotUnderLoad(t *testing.T) {
	for _, mode := range []string{"delete", "truncate", "persist", "wal"} {
		t.Run(mode, func(t *testing.T) {
			const present = 300
			source := newDatabase(t, present)
			l := newLoad(t, source, mode)
			folder := t.TempDir()
			for i := range 10 {
				l.wait(t, 5)
				before := l.added.Load()
				target := filepath.Join(folder, strconv.Itoa(i)+".db")
				must(t, Snapshot(t.Context(), source, target))
				got, after := int64(count(t, target)), l.added.Load()
				// One may have been committed and not told of yet.
				if got < present+before || got > present+after+1 {
					t.Errorf("%d executions, between %d and %d expected", got, present+before, present+after)
				}
			}
			l.wait(t, 5)
			l.end(t)
			if len(inFolder(t, folder)) != 10 {
				t.Errorf("%q", inFolder(t, folder))
			}
			t.Logf("%d added, %d refused", l.added.Load(), l.refused.Load())
		})
	}
}

// While the copy is made, readers read, and a writer is refused at its first
// statement, where a server rolls back; never at its commit.
func TestWritersAreRefusedEarly(t *testing.T) {
	source := newDatabase(t, 5)
	writer, line := begin(t, "holder", source, "delete")
	f, err := openRegular(source, os.O_RDWR)
	must(t, err)
	defer f.Close()
	must(t, reserve(t.Context(), f, source))
	writer.send()
	if line != "ready" || !strings.HasPrefix(writer.line(t), "refused: database is locked") {
		t.Error("the writer was not refused")
	}
	reader, line := begin(t, "reader", source)
	reader.kill()
	if line != "6" {
		t.Errorf("the reader got %q", line)
	}
	must(t, unlockByte(f, reservedByte))
	writer.send()
	if got := writer.line(t); got != "added" {
		t.Error(got)
	}
}

func TestSnapshotWaitsForAWriter(t *testing.T) {
	source, folder := newDatabase(t, 5), t.TempDir()
	writer, line := begin(t, "reserver", source)
	if line != "ready <nil>" {
		t.Fatal(line)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := Snapshot(ctx, source, filepath.Join(folder, "early.db")); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	is(t, inFolder(t, folder), []string{})
	copied := make(chan error, 1)
	go func() { copied <- Snapshot(t.Context(), source, filepath.Join(folder, "copy.db")) }()
	writer.send()
	if got := writer.line(t); got != "ended <nil>" {
		t.Error(got)
	}
	must(t, <-copied)
	if n := count(t, filepath.Join(folder, "copy.db")); n != 6 {
		t.Errorf("%d executions", n)
	}
}

func TestSnapshotOfAnInterruptedChange(t *testing.T) {
	source, folder := newInterrupted(t, 300), t.TempDir()
	unusable(t, Snapshot(t.Context(), source, filepath.Join(folder, "copy.db")), "a change was interrupted")
	is(t, inFolder(t, folder), []string{})
}

// A journal that was ended by another means than by removing it is no hindrance.
func TestSnapshotBesideAnEndedJournal(t *testing.T) {
	for name, journal := range map[string]string{"empty": "", "zeroed": strings.Repeat("\x00", 512)} {
		source, target := newDatabase(t, 5), filepath.Join(t.TempDir(), "copy.db")
		put(t, companion(source, 0), journal)
		if err := Snapshot(t.Context(), source, target); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// descriptor returns the path of the descriptor through which the process has the
// file open.
func descriptor(t *testing.T, pid int, name string) string {
	t.Helper()
	folder := fmt.Sprintf("/proc/%d/fd", pid)
	for _, n := range inFolder(t, folder) {
		if link, err := os.Readlink(filepath.Join(folder, n)); err == nil && strings.HasPrefix(link, name) && !strings.Contains(link, "-") {
			return filepath.Join(folder, n)
		}
	}
	t.Fatalf("pid %d does not have %s open", pid, name)
	return ""
}

// The database was deleted, and the process that has it open lives.
func TestSnapshotOfADeletedDatabase(t *testing.T) {
	for _, mode := range []string{"delete", "wal"} {
		t.Run(mode, func(t *testing.T) {
			folder := t.TempDir()
			source := filepath.Join(folder, "temporal.db")
			must(t, Copy(t.Context(), newDatabase(t, 300), source))
			holder, line := begin(t, "holder", source, mode)
			if line != "ready" {
				t.Fatal(line)
			}
			holder.send()
			holder.line(t)
			for _, name := range inFolder(t, folder) {
				must(t, os.Remove(filepath.Join(folder, name)))
			}
			target := filepath.Join(folder, "rescued.db")
			must(t, Snapshot(t.Context(), descriptor(t, holder.cmd.Process.Pid, source), target))
			if n := count(t, target); n != 302 {
				t.Errorf("%d executions", n)
			}
			must(t, Check(t.Context(), target))
			is(t, inFolder(t, folder), []string{"rescued.db"})
		})
	}
}

// A log that grows is as good as before; one that is begun anew is not.
func TestSteadyLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	put(t, path, strings.Repeat("a", walHeader))
	log, err := os.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	defer log.Close()
	for at, want := range map[int64]bool{walHeader: true, walHeader - 1: false, 0: false} {
		steady, err := whileSteady(log, func() error {
			_, err := log.WriteAt([]byte{byte('b' + at)}, at)
			return err
		})
		if steady != want || err != nil {
			t.Errorf("after a change at %d: %v, %v", at, steady, err)
		}
	}
	full := errors.New("full")
	if _, err := whileSteady(log, func() error { return full }); !errors.Is(err, full) {
		t.Error(err)
	}
}

// What was acknowledged before is in the copy, however the log changes.
func TestDeletedLogThatGrows(t *testing.T) {
	folder := t.TempDir()
	source := filepath.Join(folder, "temporal.db")
	must(t, Copy(t.Context(), newDatabase(t, 300), source))
	l := newLoad(t, source, "wal")
	l.wait(t, 5)
	link := descriptor(t, l.cmd.Process.Pid, source)
	for _, name := range inFolder(t, folder) {
		must(t, os.Remove(filepath.Join(folder, name)))
	}
	for i := range 10 {
		before, target := l.added.Load(), filepath.Join(folder, strconv.Itoa(i)+".db")
		must(t, Snapshot(t.Context(), link, target))
		if n := int64(count(t, target)); n < 300+before || n > 301+l.added.Load() {
			t.Errorf("%d executions, %d were added before", n, before)
		}
	}
	l.end(t)
}

// No child may inherit a descriptor that SQLite opened.
func TestDescriptorsAreSealed(t *testing.T) {
	source := newDatabase(t, 5, "PRAGMA journal_mode=wal")
	db, err := open(source, "mode=rw")
	must(t, err)
	defer db.Close()
	tx, err := db.Begin()
	must(t, err)
	_, err = tx.Exec("INSERT INTO namespaces VALUES (1, 'a')")
	must(t, err)
	defer func() { must(t, tx.Rollback()) }()
	seen := 0
	for _, n := range inFolder(t, "/proc/self/fd") {
		link, err := os.Readlink("/proc/self/fd/" + n)
		if err != nil || !strings.HasPrefix(link, source) {
			continue
		}
		seen++
		fd, err := strconv.Atoi(n)
		must(t, err)
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("%s: flags %#x, %v", link, flags, err)
		}
	}
	if seen < 3 {
		t.Errorf("%d descriptors", seen)
	}
}
