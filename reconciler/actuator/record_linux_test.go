package actuator

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/plainfile"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// record carries out a record action.
func (r *rig) record(verb plan.Verb, path string, target observed.Process) error {
	return r.Do(context.Background(), plan.Action{Verb: verb, RecordPath: path, Target: target}).Err
}

func TestRecordFormat(t *testing.T) {
	started := time.Unix(1_700_000_000, 999_999_999)
	for want, r := range map[string]record{
		"12\ntemporal\n1700000000\n": {pid: 12, command: "/opt/bin/temporal", started: started},
		"12\na?b?c\n1700000000\n":    {pid: 12, command: "/opt/a\nb\rc", started: started},
	} {
		if got := r.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestWriteRecord(t *testing.T) {
	r := newRig(t)
	path := filepath.Join(r.home, "other.pid")
	id := r.start("witness")
	r.expect(said(id, "ready"))
	target := leader(id)
	target.Started = time.Unix(1_700_000_000, 0)
	target.Executable = "/opt/bin/temporal"
	for range 2 {
		if err := r.record(plan.WriteRecord, path, target); err != nil {
			t.Fatal(err)
		}
		contains(t, path, fmt.Sprintf("%d\ntemporal\n1700000000\n", id.PID))
	}
	target.Executable, target.Args = "", []string{"./bin/dev-server", "start"}
	if err := r.record(plan.WriteRecord, path, target); err != nil {
		t.Fatal(err)
	}
	contains(t, path, fmt.Sprintf("%d\ndev-server\n1700000000\n", id.PID))
	info, err := os.Stat(path)
	if err != nil || info.Mode() != fileMode {
		t.Errorf("%v %v", info.Mode(), err)
	}
	r.noLeftover(path)
}

// noLeftover fails when the temporary file is still there.
func (r *rig) noLeftover(path string) {
	r.t.Helper()
	if _, err := os.Lstat(temp(path)); !errors.Is(err, fs.ErrNotExist) {
		r.t.Errorf("a temporary file was left: %v", err)
	}
}

func temp(path string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".tmp")
}

func TestWriteRecordOfAnotherProcess(t *testing.T) {
	r := newRig(t)
	path := filepath.Join(r.home, "other.pid")
	id := r.start("witness")
	r.expect(said(id, "ready"))
	stale := id
	stale.StartTicks++
	var changed *IdentityChangedError
	if err := r.record(plan.WriteRecord, path, leader(stale)); !errors.As(err, &changed) {
		t.Error(err)
	}
	r.do(plan.Kill, leader(id))
	r.exit(id)
	if err := r.record(plan.WriteRecord, path, leader(id)); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a record was written")
	}
}

// TestRecordsOnlyReplacePlainFiles: neither action follows, changes or removes
// anything else.
func TestRecordsOnlyReplacePlainFiles(t *testing.T) {
	r := newRig(t)
	id := r.start("witness")
	r.expect(said(id, "ready"))
	odd := oddities(t)
	for kind, path := range odd {
		for _, verb := range []plan.Verb{plan.WriteRecord, plan.RemoveRecord} {
			before, _ := os.Lstat(path)
			var refused *plainfile.NotRegularError
			if err := r.record(verb, path, leader(id)); !errors.As(err, &refused) || refused.Path != path {
				t.Errorf("%s on %s: %v", verb, kind, err)
			}
			if after, err := os.Lstat(path); err != nil || !os.SameFile(before, after) {
				t.Errorf("%s touched %s: %v", verb, kind, err)
			}
		}
	}
	contains(t, filepath.Join(filepath.Dir(odd["a folder"]), "target"), "precious")
}

// TestRecordIsNotWrittenThroughALeftover: whatever stands at the temporary name
// is replaced, and what it points to is not changed.
func TestRecordIsNotWrittenThroughALeftover(t *testing.T) {
	dir := t.TempDir()
	path, target := filepath.Join(dir, "temporal.pid"), filepath.Join(dir, "precious")
	rec := record{pid: 1, command: "c", started: time.Unix(1, 0)}
	write(t, target, "precious")
	for name, leave := range map[string]func() error{
		"link":      func() error { return os.Symlink(target, temp(path)) },
		"hard link": func() error { return os.Link(target, temp(path)) },
		"torn file": func() error { return os.WriteFile(temp(path), []byte("1"), 0o644) },
		"pipe":      func() error { return unix.Mkfifo(temp(path), 0o600) },
	} {
		if err := leave(); err != nil {
			t.Fatal(err)
		}
		if err := rec.write(path); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		contains(t, path, rec.String())
		contains(t, target, "precious")
	}
	if err := os.MkdirAll(filepath.Join(temp(path), "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := rec.write(path); err == nil {
		t.Error("a folder was replaced")
	}
}

// TestRecordIsAtomic: a reader sees one whole record or another, never a part
// and never nothing.
func TestRecordIsAtomic(t *testing.T) {
	path := filepath.Join(t.TempDir(), "temporal.pid")
	whole := map[string]bool{}
	records := []record{
		{pid: 1, command: "a", started: time.Unix(1, 0)},
		{pid: 4_000_000, command: "a-rather-long-command-name", started: time.Unix(1_700_000_000, 0)},
	}
	for _, rec := range records {
		whole[rec.String()] = true
		if err := rec.write(path); err != nil {
			t.Fatal(err)
		}
	}
	over := make(chan error, 1)
	go func() {
		for n := range 200 {
			if err := records[n%2].write(path); err != nil {
				over <- err
				return
			}
		}
		over <- nil
	}()
	for {
		content, err := os.ReadFile(path)
		if err != nil || !whole[string(content)] {
			t.Errorf("read %q: %v", content, err)
		}
		select {
		case err := <-over:
			if err != nil {
				t.Error(err)
			}
			return
		default:
		}
	}
}

func TestWriteRecordWhereItCannotBe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "missing", "temporal.pid")
	err := record{pid: 1}.write(path)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestRemoveRecord(t *testing.T) {
	r := newRig(t)
	path := filepath.Join(r.home, "temporal.pid")
	for _, content := range []string{"", "junk", "999999999\n", "4194303\ntemporal\n1700000000\n", fmt.Sprint(os.Getpid())} {
		write(t, path, content)
		for range 2 {
			if err := r.record(plan.RemoveRecord, path, observed.Process{}); err != nil {
				t.Errorf("%q: %v", content, err)
			}
		}
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q is still there", content)
		}
	}
}

// TestRecordOfALiveProcessOfOursIsKept: a removal that comes after a start does
// not remove what the start has written; it does once the process is dead.
func TestRecordOfALiveProcessOfOursIsKept(t *testing.T) {
	r := newRig(t)
	path := filepath.Join(r.home, "temporal.pid")
	id := r.start("witness")
	r.expect(said(id, "ready"))
	written := r.read("temporal.pid")
	var used *RecordInUseError
	if err := r.record(plan.RemoveRecord, path, observed.Process{}); !errors.As(err, &used) || used.Identity != id {
		t.Fatal(err)
	}
	contains(t, path, written)
	r.do(plan.Kill, leader(id))
	r.exit(id)
	if err := r.record(plan.RemoveRecord, path, observed.Process{}); err != nil {
		t.Error(err)
	}
}

// TestRecordOfAStrangerIsRemoved: the pid lives, but nobody watches it.
func TestRecordOfAStrangerIsRemoved(t *testing.T) {
	r := newRig(t)
	id, _ := r.bare("witness")
	r.expect(said(id, "ready"))
	path := filepath.Join(r.home, "temporal.pid")
	write(t, path, fmt.Sprintf("%d\ntemporal\n1700000000\n", id.PID))
	if err := r.record(plan.RemoveRecord, path, observed.Process{}); err != nil {
		t.Error(err)
	}
	if now := r.identify(id.PID); now != id {
		t.Error("the stranger was harmed")
	}
}

func TestRemoveRecordThatMayNotBeRemoved(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may remove it")
	}
	r := newRig(t)
	dir := filepath.Join(r.home, "sealed")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "temporal.pid")
	write(t, path, "1")
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if err := r.record(plan.RemoveRecord, path, observed.Process{}); !errors.Is(err, fs.ErrPermission) {
		t.Error(err)
	}
}
