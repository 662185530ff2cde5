package reconciler

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
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
	w.claims = newClaims(w.home, &Disk{}, func(name string) { w.woken = append(w.woken, name) })
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
