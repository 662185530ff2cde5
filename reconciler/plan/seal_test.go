package plan

import (
	"slices"
	"testing"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// TestWhoHasTheLocksOfASeal: the server that serves has them, and before a start
// nobody: another server may take them while the marker is removed.
func TestWhoHasTheLocksOfASeal(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*base)
		atRest bool
	}{
		"while it serves": {func(*base) {}, false},
		"before a start":  {(*base).gone, true},
	} {
		b := healthy()
		c.change(&b)
		b.Observed.Database.FirstBoot = observed.Is(observed.FirstBoot{})
		p := Compute(b.Input)
		at := slices.IndexFunc(p.Actions, func(a Action) bool { return a.Verb == Seal })
		if at < 0 || p.Actions[at].Database.AtRest != c.atRest || p.Actions[at].Database.LockPath == "" {
			t.Errorf("%s: %s", name, p)
		}
	}
}
