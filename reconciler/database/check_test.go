package database

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stigmer/stigmer-local/reconciler/plainfile"
)

func TestSoundDatabase(t *testing.T) {
	path := newDatabase(t, 10)
	before := content(t, path)
	must(t, Check(t.Context(), path))
	if content(t, path) != before {
		t.Error("the file was changed")
	}
	is(t, inFolder(t, filepath.Dir(path)), []string{"temporal.db"})
}

func TestWhatIsNoDatabase(t *testing.T) {
	folder := t.TempDir()
	at := func(name string) string { return filepath.Join(folder, name) }
	put(t, at("text"), strings.Repeat("not a database. ", 1000))
	put(t, at("empty"), "")
	run(t, at("other"), "CREATE TABLE namespaces (id)")
	sound := content(t, newDatabase(t, 2000))
	middle := len(sound) / 2
	put(t, at("torn"), sound[:middle])
	put(t, at("scribbled"), sound[:middle]+strings.Repeat("?", 50_000)+sound[middle+50_000:])
	for name, words := range map[string]string{
		"text": "not a database", "empty": "no database of Temporal", "other": "there is no table", "torn": "malformed",
		"scribbled": "",
	} {
		err := Check(t.Context(), at(name))
		unusable(t, err, words)
		if err == nil || !strings.HasPrefix(err.Error(), at(name)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCheckMakesNothing(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "missing.db")
	if err := Check(t.Context(), path); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	var refused *plainfile.NotRegularError
	if err := Check(t.Context(), folder); !errors.As(err, &refused) {
		t.Error(err)
	}
	is(t, inFolder(t, folder), []string{})
}

func TestCheckEndsWithItsContext(t *testing.T) {
	path := newDatabase(t, 10)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Check(ctx, path); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// Names in which SQLite or a URL would see something else.
func TestOddNames(t *testing.T) {
	source := newDatabase(t, 3)
	for _, name := range []string{"a b.db", "q?mode=memory.db", "h#1.db", "100%.db", "a&b=c.db", "ü.db", "file:x.db"} {
		path := filepath.Join(t.TempDir(), name)
		must(t, Copy(t.Context(), source, path))
		if err := Check(t.Context(), path); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestObjects(t *testing.T) {
	path := newDatabase(t, 1, "CREATE TABLE extra (a, b)", "CREATE INDEX by_a ON extra (a)", "INSERT INTO extra VALUES (1, 2)", "ANALYZE")
	objects, err := Objects(t.Context(), path)
	must(t, err)
	for _, want := range []string{
		"table namespaces", "column namespaces.id", "column namespaces.name", "index sqlite_autoindex_namespaces_1",
		"column executions_visibility.word", "index by_word", "trigger gone", "table visibility_text", "column extra.b",
	} {
		if !slices.Contains(objects, want) {
			t.Errorf("no %q in %q", want, objects)
		}
	}
	if !slices.IsSorted(objects) || slices.ContainsFunc(objects, func(o string) bool { return strings.Contains(o, "sqlite_stat") }) {
		t.Errorf("%q", objects)
	}
	is(t, inFolder(t, filepath.Dir(path)), []string{"temporal.db"})
}

// Nothing is left beside a database in WAL mode, and its mode stays.
func TestWALDatabaseIsLeftAlone(t *testing.T) {
	path := newDatabase(t, 10, "PRAGMA journal_mode=wal")
	must(t, Check(t.Context(), path))
	is(t, inFolder(t, filepath.Dir(path)), []string{"temporal.db"})
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	if wal, err := inWAL(f); !wal || err != nil {
		t.Error(wal, err)
	}
}
