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
	look := func(opens observed.Knowledge, situation plan.Situation) reconciler.Look {
		server := observed.Process{Identity: observed.Identity{PID: os.Getpid()}, Evidence: observed.Evidence{OpensDatabase: opens}}
		look := reconciler.Look{Plan: plan.Plan{Main: &server, Unit: []observed.Process{server}, Situation: situation}}
		look.Input.Observed.Database.Path = path
		return look
	}
	if _, err := s.served(look(observed.Absent, plan.DatabaseLost)); err == nil {
		t.Error("a database that nobody has open was found")
	}
	if got, err := s.served(look(observed.Absent, plan.Starting)); got != path || err != nil {
		t.Errorf("of a server that has not opened it yet: %s, %v", got, err)
	}
	file, err := os.Open(held)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, c := range []struct {
		opens     observed.Knowledge
		situation plan.Situation
		want      string
	}{
		{observed.Known, plan.Converged, path},
		{observed.Unknown, plan.Converged, path},
		{observed.Absent, plan.OtherCluster, held},
		{observed.Absent, plan.DatabaseLost, held},
		{observed.Unknown, plan.DatabaseLost, held},
	} {
		got, err := s.served(look(c.opens, c.situation))
		want, _ := os.Stat(c.want)
		if info, _ := os.Stat(got); err != nil || !os.SameFile(info, want) {
			t.Errorf("%s, %s: %s, %v", c.opens, c.situation, got, err)
		}
	}
}
