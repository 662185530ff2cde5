package reconciler

import (
	"os"
	"strings"
	"testing"

	"github.com/stigmer/stigmer-local/api/encoding"
)

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
			err := w.home.CheckDesired(&Disk{}, tt.edited, asks(w, tt.edited, tt.asked))
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
	err := w.home.CheckDesired(&Disk{}, "a", []byte(written+"  ip: nowhere\n"))
	if err == nil || !strings.Contains(err.Error(), w.home.Desired("a")+":5: spec.ip:") {
		t.Errorf("got %v", err)
	}
}
