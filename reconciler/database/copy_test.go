package database

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestCopy(t *testing.T) {
	source := newDatabase(t, 500)
	target := filepath.Join(t.TempDir(), "backups", "copy.db")
	must(t, Copy(t.Context(), source, target))
	if content(t, source) != content(t, target) {
		t.Error("the copy differs")
	}
	info, err := os.Stat(target)
	must(t, err)
	if info.Mode() != fileMode {
		t.Errorf("mode %v", info.Mode())
	}
	is(t, inFolder(t, filepath.Dir(target)), []string{"copy.db"})
}

// A copy of a database whose server was killed has all that was acknowledged and
// nothing that was not; the source stays as the crash left it.
func TestCopySettlesAnInterruptedChange(t *testing.T) {
	source := newInterrupted(t, 300)
	file, journal := content(t, source), content(t, companion(source, 0))
	target := filepath.Join(t.TempDir(), "copy.db")
	must(t, Copy(t.Context(), source, target))
	if n := count(t, target); n != 300 {
		t.Errorf("%d executions", n)
	}
	if content(t, source) != file || content(t, companion(source, 0)) != journal {
		t.Error("the source was changed")
	}
	is(t, inFolder(t, filepath.Dir(target)), []string{"copy.db"})
	must(t, os.Remove(companion(source, 0)))
	if Check(t.Context(), source) == nil && count(t, source) == 300 {
		t.Error("the journal did not matter; this test shows nothing")
	}
}

func TestCopyOfALogThatWasLeft(t *testing.T) {
	source := newDatabase(t, 100, "PRAGMA journal_mode=wal")
	r, line := begin(t, "holder", source, "wal")
	if line != "ready" {
		t.Fatal(line)
	}
	r.kill()
	if _, err := os.Stat(companion(source, 1)); err != nil {
		t.Fatal(err)
	}
	target := filepath.Join(t.TempDir(), "copy.db")
	must(t, Copy(t.Context(), source, target))
	if n := count(t, target); n != 101 {
		t.Errorf("%d executions", n)
	}
	is(t, inFolder(t, filepath.Dir(target)), []string{"copy.db"})
}

// The companions lie beside the file, not beside the link.
func TestCopyThroughALink(t *testing.T) {
	source := newInterrupted(t, 500)
	link := filepath.Join(t.TempDir(), "link.db")
	must(t, os.Symlink(source, link))
	target := filepath.Join(t.TempDir(), "copy.db")
	must(t, Copy(t.Context(), link, target))
	if n := count(t, target); n != 500 {
		t.Errorf("%d executions", n)
	}
}

func TestNothingIsReplaced(t *testing.T) {
	source, target := newDatabase(t, 5), filepath.Join(t.TempDir(), "copy.db")
	put(t, target, "precious")
	for name, copied := range map[string]func() error{
		"Copy":     func() error { return Copy(t.Context(), source, target) },
		"Snapshot": func() error { return Snapshot(t.Context(), source, target) },
		"publish": func() error {
			put(t, source+".copy", "copy")
			return publish(source+".copy", target)
		},
	} {
		if err := copied(); !errors.Is(err, os.ErrExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if content(t, target) != "precious" {
		t.Error("it was replaced")
	}
	is(t, inFolder(t, filepath.Dir(target)), []string{"copy.db"})
}

// What fails leaves nothing behind.
func TestFailedCopyLeavesNothing(t *testing.T) {
	folder := t.TempDir()
	target := filepath.Join(folder, "copy.db")
	damaged := filepath.Join(t.TempDir(), "damaged.db")
	put(t, damaged, content(t, newDatabase(t, 500))[:100_000])
	pipe := filepath.Join(t.TempDir(), "pipe.db")
	must(t, unix.Mkfifo(pipe, 0o600))
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, err := range map[string]error{
		"damaged":  Copy(t.Context(), damaged, target),
		"missing":  Copy(t.Context(), damaged+".missing", target),
		"a pipe":   Copy(t.Context(), pipe, target),
		"canceled": Copy(canceled, newDatabase(t, 5), target),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		t.Log(err)
	}
	is(t, inFolder(t, folder), []string{})
}

func TestCopyOfWhatIsInUse(t *testing.T) {
	source := newDatabase(t, 5)
	before, err := traces(source)
	must(t, err)
	run(t, source, fill(5))
	after, err := traces(source)
	must(t, err)
	if before == after {
		t.Error("a change leaves no trace")
	}
}

func TestRoom(t *testing.T) {
	folder := t.TempDir()
	must(t, requireRoom(folder, 1))
	var full *NoRoomError
	if err := requireRoom(folder, 1<<60); !errors.As(err, &full) || full.Folder != folder || full.Need <= full.Free {
		t.Error(err)
	}
}
