package database

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// newRestore returns a backup with 7 executions, and a database with 3 that has
// a record and a lock beside it.
func newRestore(t *testing.T) (backup, path, aside string) {
	t.Helper()
	backup, path = newDatabase(t, 7), newDatabase(t, 3)
	put(t, path+".stigmer-lock", "")
	return backup, path, path + ".replaced-1"
}

// restore is both steps: what an interrupted one staged is used.
func restore(t *testing.T, backup, path, aside string) error {
	t.Helper()
	staged := path + ".restoring"
	if err := CopySound(t.Context(), backup, staged); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return Replace(t.Context(), staged, path, aside)
}

func TestRestore(t *testing.T) {
	backup, path, aside := newRestore(t)
	before := content(t, backup)
	must(t, restore(t, backup, path, aside))
	if count(t, path) != 7 || count(t, aside) != 3 || content(t, backup) != before {
		t.Error("mixed up")
	}
	is(t, inFolder(t, filepath.Dir(path)), []string{"temporal.db", "temporal.db.replaced-1", "temporal.db.stigmer-lock"})
}

// What is replaced is parted from nothing: an interrupted change is undone first.
func TestRestoreOverAnInterruptedChange(t *testing.T) {
	backup, path := newDatabase(t, 7), newInterrupted(t, 300)
	must(t, restore(t, backup, path, path+".aside"))
	is(t, inFolder(t, filepath.Dir(path)), []string{"temporal.db", "temporal.db.aside"})
	if count(t, path) != 7 || count(t, path+".aside") != 300 {
		t.Error("mixed up")
	}
}

// What cannot be read is moved with its journal.
func TestRestoreOverRubbish(t *testing.T) {
	backup, path, aside := newRestore(t)
	put(t, path, "rubbish")
	put(t, companion(path, 0), "of its own")
	must(t, restore(t, backup, path, aside))
	if count(t, path) != 7 || content(t, aside) != "rubbish" || content(t, companion(aside, 0)) != "of its own" {
		t.Error("mixed up")
	}
}

func TestUselessBackupChangesNothing(t *testing.T) {
	backup, path, aside := newRestore(t)
	run(t, backup, "DROP TABLE executions_visibility")
	names := inFolder(t, filepath.Dir(path))
	unusable(t, restore(t, backup, path, aside), "no table executions_visibility")
	if err := restore(t, backup+".missing", path, aside); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if count(t, path) != 3 {
		t.Error("it was changed")
	}
	is(t, inFolder(t, filepath.Dir(path)), names)
}

// Where there is no copy it was put in place before; what is no file is refused.
func TestReplaceByNothing(t *testing.T) {
	_, path, aside := newRestore(t)
	must(t, Replace(t.Context(), path+".restoring", path, aside))
	must(t, os.Mkdir(path+".restoring", 0o700))
	if err := Replace(t.Context(), path+".restoring", path, aside); err == nil {
		t.Error("a folder is put in place of the database")
	}
	if count(t, path) != 3 {
		t.Error("it was changed")
	}
}

// A file that is no database is refused before SQLite comes near it: it would
// take the journal of a file that is none of its own away.
func TestFileOfAnotherKindIsLeftAlone(t *testing.T) {
	for _, text := range []string{"", "notes"} {
		path := filepath.Join(t.TempDir(), "notes.txt")
		put(t, path, text)
		put(t, path+"-journal", "diary")
		unusable(t, CopySound(t.Context(), path, path+".copy"), "it is no SQLite database")
		is(t, inFolder(t, filepath.Dir(path)), []string{"notes.txt", "notes.txt-journal"})
	}
}

// From each state that a crash can leave, a restore comes to its end, and what
// stood there first is still there.
func TestInterruptedRestoreIsFinished(t *testing.T) {
	for name, crash := range map[string]func(backup, path, aside string){
		"while copying": func(_, path, _ string) {
			must(t, os.Mkdir(filepath.Join(filepath.Dir(path), scratchPrefix+"1"), 0o700))
			put(t, filepath.Join(filepath.Dir(path), scratchPrefix+"1", "copy.db"), "half")
		},
		"after the copy": func(backup, path, _ string) { must(t, CopySound(t.Context(), backup, path+".restoring")) },
		"after the move": func(backup, path, aside string) {
			must(t, CopySound(t.Context(), backup, path+".restoring"))
			must(t, MoveAside(path, aside))
		},
		"between the names, where a rename may replace": func(backup, path, aside string) {
			must(t, CopySound(t.Context(), backup, path+".restoring"))
			must(t, MoveAside(path, aside))
			must(t, os.Link(path+".restoring", path))
		},
		"after the rename": func(backup, path, aside string) { must(t, restore(t, backup, path, aside)) },
	} {
		backup, path, aside := newRestore(t)
		crash(backup, path, aside)
		second := path + ".replaced-2"
		must(t, restore(t, backup, path, second))
		first := aside
		if name == "while copying" || name == "after the copy" {
			first = second
		}
		if count(t, path) != 7 || count(t, first) != 3 || sameFile(path, second) || sameFile(path, path+".restoring") {
			t.Errorf("%s: %q", name, inFolder(t, filepath.Dir(path)))
		}
	}
}

func TestRestoreWhereThereIsNothing(t *testing.T) {
	backup, path, aside := newRestore(t)
	must(t, os.Remove(path))
	must(t, restore(t, backup, path, aside))
	is(t, inFolder(t, filepath.Dir(path)), []string{"temporal.db", "temporal.db.stigmer-lock"})
}
