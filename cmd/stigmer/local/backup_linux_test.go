package local

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// TestServedFile: a database with its record may have been put at the path under
// a server that still has the old one, and the storage may have been edited.
func TestServedFile(t *testing.T) {
	home, path := newStopped(t, "CREATE TABLE namespaces (id)")
	_, other := newStopped(t, "CREATE TABLE executions (id)")
	held := filepath.Join(t.TempDir(), "held.db")
	if err := os.Rename(other, held); err != nil {
		t.Fatal(err)
	}
	s, _, _ := sessionIn(t, home, "text")
	look := func(opens observed.Knowledge, lost observed.Knowledge) reconciler.Look {
		server := observed.Process{Identity: observed.Identity{PID: os.Getpid()}, Evidence: observed.Evidence{OpensDatabase: opens}}
		look := reconciler.Look{Plan: plan.Plan{Findings: plan.Findings{Main: &server, Unit: []observed.Process{server}, LostFile: lost}}}
		look.Input.Observed.Database.Path = path
		return look
	}
	for _, lost := range []observed.Knowledge{observed.Known, observed.Unknown} {
		if _, found := s.served(look(observed.Absent, lost)); found {
			t.Errorf("%s: a database that nobody has open was found", lost)
		}
	}
	if got, found := s.served(look(observed.Absent, observed.Absent)); got != path || !found {
		t.Errorf("of a server that has not opened it yet: %s, %t", got, found)
	}
	file, err := os.Open(held)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, c := range []struct {
		opens, lost observed.Knowledge
		want        string
	}{
		{observed.Known, observed.Absent, path},
		{observed.Unknown, observed.Absent, path},
		{observed.Absent, observed.Absent, held},
		{observed.Absent, observed.Known, held},
		{observed.Unknown, observed.Known, held},
		{observed.Unknown, observed.Unknown, held},
	} {
		got, found := s.served(look(c.opens, c.lost))
		want, _ := os.Stat(c.want)
		if info, _ := os.Stat(got); !found || !os.SameFile(info, want) {
			t.Errorf("%s, %s: %s, %t", c.opens, c.lost, got, found)
		}
	}
}
