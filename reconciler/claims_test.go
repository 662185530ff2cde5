package reconciler

import (
	"strings"
	"testing"
)

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
