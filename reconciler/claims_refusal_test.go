package reconciler

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A status from before this was refused: both have it in force. Nothing that
// runs is taken from one of them; only its file is refused.
func TestTwoThatHaveTheSameDatabaseInForce(t *testing.T) {
	w := newClaimWorld(t)
	w.asks("a", "x.db")
	w.pass("a")
	w.daemon()
	data, err := os.ReadFile(w.home.Status("a"))
	if err != nil {
		t.Fatal(err)
	}
	w.writeStatus("b", strings.Replace(string(data), "name: a", "name: b", 1))
	w.asks("b", "x.db")
	for range 2 {
		if got := w.pass("a") + "; " + w.pass("b"); got != "x.db; x.db, refused by a" {
			t.Error(got)
		}
	}
	w.asks("b", "y.db")
	if got := w.pass("b"); got != "y.db" {
		t.Errorf("b moves away and has %s", got)
	}
}

// The problem reads like any other fault of the file.
func TestRefusalNamesTheLine(t *testing.T) {
	w := newClaimWorld(t)
	w.asks("a", "x.db")
	w.asks("b", "x.db")
	w.pass("a")
	w.pass("b")
	_, problem := w.sources["b"].read(noon())
	want := fmt.Sprintf("%s:4: spec.storage.path: invalid value %q: used by instance \"a\" (choose another file, or give \"a\" another one first)",
		w.home.Desired("b"), filepath.Join(w.dir, "x.db"))
	if problem != want {
		t.Errorf("want %s\ngot  %s", want, problem)
	}
}

// Files are compared, not their names; and the default path is a path.
func TestOneDatabaseUnderTwoNames(t *testing.T) {
	t.Run("links", func(t *testing.T) {
		w := newClaimWorld(t)
		w.dir = folderWithLinks(t)
		w.asks("a", "real/new.db")
		w.asks("b", "coming.db")
		if got := w.pass("a") + "; " + w.pass("b"); got != "new.db; nothing, refused by a" {
			t.Error(got)
		}
	})
	t.Run("a default path", func(t *testing.T) {
		w := newClaimWorld(t)
		w.write("b", "apiVersion: local.stigmer.ai/v1alpha1\nkind: Temporal\nspec: {}\n")
		w.pass("b")
		w.dir = filepath.Dir(w.home.Files("b").DataDir)
		w.asks("a", "b-data/b.db")
		if got := w.pass("a"); got != "nothing, refused by b" {
			t.Error(got)
		}
	})
}

// What was refused is taken without an edit, with a generation as after one.
func TestRefusedIsTakenWithItsGeneration(t *testing.T) {
	w := newClaimWorld(t)
	w.asks("a", "x.db")
	w.asks("b", "y.db")
	w.pass("a")
	w.pass("b")
	w.asks("b", "x.db")
	w.pass("b")
	w.asks("a", "z.db")
	w.pass("a")
	for range 2 {
		if desired, problem := w.sources["b"].read(noon()); desired.Object.Generation != 2 || problem != "" {
			t.Errorf("generation %d, want 2 (%s)", desired.Object.Generation, problem)
		}
	}
}

// Who is refused is woken when a database is given up, and only then.
func TestRefusedIsWoken(t *testing.T) {
	w := newClaimWorld(t)
	w.asks("a", "x.db")
	w.asks("b", "x.db")
	expect := func(after, want string) {
		t.Helper()
		slices.Sort(w.woken)
		if got := strings.Join(slices.Compact(w.woken), " "); got != want {
			t.Errorf("after %s %q are woken, want %q", after, got, want)
		}
		w.woken = nil
	}
	w.pass("a")
	w.pass("b")
	expect("the first look", "")
	w.asks("a", "x.db", "  enabled: false")
	w.pass("a")
	expect("an edit of something else", "")
	w.asks("a", "y.db")
	w.pass("a")
	expect("a move", "b")
	w.asks("c", "y.db")
	w.pass("b")
	w.pass("c")
	expect("b has it", "")
	w.forget("a")
	expect("a is gone", "c")
	w.pass("c")
	w.forget("b")
	expect("nobody waits", "")
}

// What an instance has counts from the moment it is given, not from when the
// status file says so, at the end of a pass that may take long.
func TestTakenBeforeTheStatusIsWritten(t *testing.T) {
	w := newClaimWorld(t)
	w.asks("b", "y.db")
	w.pass("b")
	w.asks("b", "x.db")
	w.sources["b"].read(noon())
	w.asks("a", "x.db")
	if got := w.pass("a"); got != "nothing, refused by b" {
		t.Errorf("a has %s", got)
	}
	w.asks("a", "y.db")
	if got := w.pass("a"); got != "y.db" {
		t.Errorf("a has %s", got)
	}
}

// A command that only looks says what the daemon says.
func TestLookerSeesTheSameRefusal(t *testing.T) {
	w := newClaimWorld(t)
	w.asks("b", "x.db")
	w.pass("b")
	w.asks("a", "x.db")
	w.asks("c", "x.db")
	for _, name := range []string{"a", "b", "c"} {
		want := w.pass(name)
		last, _ := w.home.ReadStatus(name)
		desired, problem := newSource(w.home, name, last, newClaims(w.home, &Disk{}, nil)).read(noon())
		if got := w.told(databaseOf(desired.Object), problem); got != want {
			t.Errorf("%s: a command sees %q, the daemon %q", name, got, want)
		}
	}
}
