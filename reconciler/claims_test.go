package reconciler

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stigmer/stigmer-local/api/encoding"
)

// claimWorld is a home with a source of each of several instances, as one
// daemon has them.
type claimWorld struct {
	*world
	claims  *claims
	sources map[string]*source
	// woken are the instances that were told to look again.
	woken []string
	dir   string
}

func newClaimWorld(t *testing.T) *claimWorld {
	t.Helper()
	w := &claimWorld{world: newWorld(t), dir: t.TempDir()}
	w.daemon()
	return w
}

// daemon forgets what a daemon remembers, as the start of the next one does.
func (w *claimWorld) daemon() {
	w.sources = map[string]*source{}
	w.claims = newClaims(w.home, func(name string) { w.woken = append(w.woken, name) })
}

// asks writes a desired file that names a database of the test's folder; "" is
// for one in memory.
func (w *claimWorld) asks(name, database string, extra ...string) {
	storage := "{type: Memory}"
	if database != "" {
		storage = fmt.Sprintf("{path: %q}", filepath.Join(w.dir, database))
	}
	w.write(name, strings.Join(append([]string{
		"apiVersion: local.stigmer.ai/v1alpha1", "kind: Temporal", "spec:", "  storage: " + storage,
	}, extra...), "\n")+"\n")
}

// pass reads the desired file as a pass of the daemon does, and writes the
// status. It returns what the instance has and who keeps it from more:
// "x.db", "x.db, refused by a", "nothing, refused by a".
func (w *claimWorld) pass(name string) string {
	w.t.Helper()
	if w.sources[name] == nil {
		last, err := w.home.ReadStatus(name)
		if err != nil {
			w.t.Fatal(err)
		}
		w.sources[name] = newSource(w.home, name, last, w.claims)
	}
	desired, problem := w.sources[name].read(noon())
	if desired.Object != nil {
		if err := (&sink{path: w.home.Status(name)}).write(desired.Object); err != nil {
			w.t.Fatal(err)
		}
	}
	return w.told(databaseOf(desired.Object), problem)
}

func (w *claimWorld) told(database, problem string) string {
	words := "nothing"
	if database != "" {
		words = filepath.Base(database)
	}
	if _, by, refused := strings.Cut(problem, `: used by instance "`); refused {
		by, _, _ = strings.Cut(by, `"`)
		return words + ", refused by " + by
	}
	if problem != "" {
		return words + ", " + problem
	}
	return words
}

func (w *claimWorld) forget(name string) {
	remove(w.t, w.home.Desired(name))
	remove(w.t, w.home.Status(name))
	delete(w.sources, name)
	w.claims.release(name)
}

// move is something that happens, and what passes then find: "a: x.db".
type move struct {
	do   func(w *claimWorld)
	want []string
}

func moves(t *testing.T, list []move) {
	t.Helper()
	w := newClaimWorld(t)
	for i, m := range list {
		if m.do != nil {
			m.do(w)
		}
		for _, want := range m.want {
			name, _, _ := strings.Cut(want, ": ")
			if got := name + ": " + w.pass(name); got != want {
				t.Errorf("move %d: %s, want %s", i+1, got, want)
			}
		}
	}
}

func TestOneDatabaseOneInstance(t *testing.T) {
	asks := func(pairs ...string) func(*claimWorld) {
		return func(w *claimWorld) {
			for i := 0; i < len(pairs); i += 2 {
				w.asks(pairs[i], pairs[i+1])
			}
		}
	}
	both := asks("a", "x.db", "b", "x.db")
	restart := func(w *claimWorld) { w.daemon() }
	for name, list := range map[string][]move{
		"two databases": {{asks("a", "x.db", "b", "y.db"), []string{"a: x.db", "b: y.db", "a: x.db"}}},
		"memory":        {{asks("a", "", "b", ""), []string{"a: nothing", "b: nothing"}}},
		"two new ones, the first by name": {
			{both, []string{"a: x.db", "b: nothing, refused by a", "a: x.db"}},
		},
		"two new ones, the other one looks first": {
			{both, []string{"b: nothing, refused by a", "a: x.db", "b: nothing, refused by a"}},
		},
		"who had it first keeps it": {
			{asks("b", "x.db"), []string{"b: x.db"}},
			{asks("a", "x.db"), []string{"a: nothing, refused by b", "b: x.db"}},
		},
		"also under the next daemon": {
			{asks("b", "x.db"), []string{"b: x.db"}},
			{restart, nil},
			{asks("a", "x.db"), []string{"a: nothing, refused by b", "b: x.db"}},
		},
		"an edit of who has it changes nothing": {
			{asks("b", "x.db"), []string{"b: x.db"}},
			{asks("a", "x.db"), []string{"a: nothing, refused by b"}},
			{func(w *claimWorld) { w.asks("b", "x.db", "  enabled: false") }, []string{"b: x.db", "a: nothing, refused by b"}},
			{func(w *claimWorld) { w.write("b", "spec: [\n") }, []string{"a: nothing, refused by b"}},
			{func(w *claimWorld) { remove(w.t, w.home.Desired("b")) }, []string{"a: nothing, refused by b"}},
		},
		"who is refused keeps what it has": {
			{asks("a", "x.db", "b", "y.db"), []string{"a: x.db", "b: y.db"}},
			{asks("b", "x.db"), []string{"b: y.db, refused by a"}},
			{asks("c", "y.db"), []string{"c: nothing, refused by b"}},
			{asks("b", "y.db"), []string{"b: y.db"}},
		},
		"the holder moves away": {
			{both, []string{"a: x.db", "b: nothing, refused by a"}},
			{asks("a", "y.db"), []string{"b: nothing, refused by a", "a: y.db", "b: x.db"}},
		},
		"the holder goes to memory": {
			{both, []string{"a: x.db", "b: nothing, refused by a"}},
			{asks("a", ""), []string{"a: nothing", "b: x.db"}},
		},
		"the holder is forgotten": {
			{both, []string{"a: x.db", "b: nothing, refused by a"}},
			{func(w *claimWorld) { w.forget("a") }, []string{"b: x.db"}},
		},
		"two wait, the first by name gets it": {
			{asks("c", "x.db"), []string{"c: x.db"}},
			{both, []string{"a: nothing, refused by c", "b: nothing, refused by c"}},
			{asks("c", ""), []string{"c: nothing", "b: nothing, refused by a", "a: x.db", "b: nothing, refused by a"}},
		},
		"an exchange ends with one more edit": {
			{asks("a", "x.db", "b", "y.db"), []string{"a: x.db", "b: y.db"}},
			{asks("a", "y.db", "b", "x.db"), []string{"a: x.db, refused by b", "b: y.db, refused by a", "a: x.db, refused by b"}},
			{asks("a", ""), []string{"a: nothing", "b: x.db"}},
			{asks("a", "y.db"), []string{"a: y.db", "b: x.db"}},
		},
		"a chain moves on": {
			{asks("a", "x.db", "b", "y.db", "c", "z.db"), []string{"a: x.db", "b: y.db", "c: z.db"}},
			{
				asks("a", "y.db", "b", "z.db", "c", "new.db"),
				[]string{"a: x.db, refused by b", "b: y.db, refused by c", "c: new.db", "b: z.db", "a: y.db"},
			},
		},
		"a file that nobody can use claims nothing": {
			{func(w *claimWorld) { w.asks("a", "x.db", "  port: 99999"); w.asks("b", "x.db") }, []string{"b: x.db"}},
			{asks("a", "x.db"), []string{"a: nothing, refused by b"}},
		},
	} {
		t.Run(name, func(t *testing.T) { moves(t, list) })
	}
}

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
		desired, problem := newSource(w.home, name, last, newClaims(w.home, nil)).read(noon())
		if got := w.told(databaseOf(desired.Object), problem); got != want {
			t.Errorf("%s: a command sees %q, the daemon %q", name, got, want)
		}
	}
}

func TestCheckDesired(t *testing.T) {
	asks := func(w *claimWorld, name, database string) []byte {
		before, err := os.ReadFile(w.home.Desired(name))
		w.asks(name, database)
		after, readErr := os.ReadFile(w.home.Desired(name))
		if readErr != nil {
			t.Fatal(readErr)
		}
		if err != nil {
			remove(t, w.home.Desired(name))
		} else if err := encoding.WriteFile(w.home.Desired(name), before); err != nil {
			t.Fatal(err)
		}
		return after
	}
	for name, tt := range map[string]struct {
		before func(w *claimWorld)
		edited string
		asked  string
		want   string
	}{
		"nobody else":       {func(*claimWorld) {}, "a", "x.db", ""},
		"in another file":   {func(w *claimWorld) { w.asks("b", "x.db") }, "a", "x.db", "b"},
		"in a later file":   {func(w *claimWorld) { w.asks("a", "x.db") }, "b", "x.db", "a"},
		"another file":      {func(w *claimWorld) { w.asks("b", "x.db") }, "a", "y.db", ""},
		"memory":            {func(w *claimWorld) { w.asks("b", "") }, "a", "", ""},
		"in force":          {func(w *claimWorld) { w.asks("b", "x.db"); w.pass("b"); w.write("b", "spec: [\n") }, "a", "x.db", "b"},
		"in force, no file": {func(w *claimWorld) { w.asks("b", "x.db"); w.pass("b"); remove(t, w.home.Desired("b")) }, "a", "x.db", "b"},
		"given up, with no daemon to know": {
			func(w *claimWorld) { w.asks("b", "x.db"); w.pass("b"); w.asks("b", "") }, "a", "x.db", "",
		},
		"mine, and another one asks": {
			func(w *claimWorld) { w.asks("b", "x.db"); w.pass("b"); w.asks("a", "x.db") }, "b", "x.db", "",
		},
		"refused already": {
			func(w *claimWorld) { w.asks("b", "x.db"); w.pass("b"); w.asks("a", "x.db") }, "a", "x.db", "b",
		},
		"mended": {
			func(w *claimWorld) { w.asks("b", "x.db"); w.pass("b"); w.asks("a", "x.db") }, "a", "y.db", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newClaimWorld(t)
			tt.before(w)
			err := w.home.CheckDesired(tt.edited, asks(w, tt.edited, tt.asked))
			got := ""
			if err != nil {
				_, got, _ = strings.Cut(w.told("", err.Error()), "refused by ")
			}
			if got != tt.want {
				t.Errorf("refused by %q, want %q (%v)", got, tt.want, err)
			}
		})
	}
}

func TestCheckDesiredSeesOtherFaultsToo(t *testing.T) {
	w := newClaimWorld(t)
	err := w.home.CheckDesired("a", []byte(written+"  ip: nowhere\n"))
	if err == nil || !strings.Contains(err.Error(), w.home.Desired("a")+":5: spec.ip:") {
		t.Errorf("got %v", err)
	}
}
