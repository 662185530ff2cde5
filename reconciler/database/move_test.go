package database

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/stigmer/stigmer-local/reconciler/plainfile"
)

// newSet makes files with the names of a database and its companions.
func newSet(t *testing.T, names ...string) (path, aside string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "a.db")
	for _, suffix := range names {
		put(t, path+suffix, "content of "+suffix)
	}
	return path, path + ".aside"
}

func TestMoveAside(t *testing.T) {
	path, aside := newSet(t, "", "-journal", "-wal", "-shm", ".stigmer-lock")
	must(t, MoveAside(path, aside))
	is(t, inFolder(t, filepath.Dir(path)), []string{"a.db.aside", "a.db.aside-journal", "a.db.aside-shm", "a.db.aside-wal", "a.db.stigmer-lock"})
	if content(t, aside+"-journal") != "content of -journal" {
		t.Error("mixed up")
	}
	must(t, MoveAside(path, aside)) // carried out twice
}

// From each state that a crash can leave, the same move comes to its end.
func TestInterruptedMoveIsFinished(t *testing.T) {
	for _, moved := range [][]string{{"-journal"}, {"-journal", "-wal"}, {"-journal", "-wal", "-shm"}, {"-journal", "-wal", "-shm", ""}} {
		path, aside := newSet(t, "", "-journal", "-wal", "-shm")
		for _, suffix := range moved {
			must(t, os.Rename(path+suffix, aside+suffix))
		}
		must(t, MoveAside(path, aside))
		is(t, inFolder(t, filepath.Dir(path)), []string{"a.db.aside", "a.db.aside-journal", "a.db.aside-shm", "a.db.aside-wal"})
	}
}

func TestMoveReplacesNothing(t *testing.T) {
	for _, taken := range []string{"", "-journal"} {
		path, aside := newSet(t, "", "-journal")
		put(t, aside+taken, "precious")
		if err := MoveAside(path, aside); !errors.Is(err, os.ErrExist) {
			t.Errorf("%q: %v", taken, err)
		}
		if content(t, aside+taken) != "precious" || content(t, path) != "content of " {
			t.Errorf("%q: replaced", taken)
		}
	}
}

func TestOnlyFilesAreMoved(t *testing.T) {
	path, aside := newSet(t, "")
	must(t, unix.Mkfifo(path+"-wal", 0o600))
	var refused *plainfile.NotRegularError
	if err := MoveAside(path, aside); !errors.As(err, &refused) || refused.Path != path+"-wal" {
		t.Error(err)
	}
	link := filepath.Join(t.TempDir(), "link.db")
	must(t, os.Symlink(path, link))
	if err := MoveAside(link, aside); !errors.As(err, &refused) {
		t.Error(err)
	}
	is(t, inFolder(t, filepath.Dir(path)), []string{"a.db", "a.db-wal"})
}

// Where the file system cannot rename without replacing.
func TestRelink(t *testing.T) {
	path, aside := newSet(t, "")
	must(t, relink(path, aside))
	is(t, inFolder(t, filepath.Dir(path)), []string{"a.db.aside"})
	must(t, os.Link(aside, path)) // a crash between
	must(t, relink(path, aside))
	is(t, inFolder(t, filepath.Dir(path)), []string{"a.db.aside"})
	if err := relink(aside, filepath.Dir(path)+"/./a.db.aside"); !errors.Is(err, os.ErrExist) {
		t.Error(err)
	}
	put(t, path, "another")
	if err := relink(path, aside); !errors.Is(err, os.ErrExist) || content(t, path) != "another" {
		t.Error(err)
	}
}
