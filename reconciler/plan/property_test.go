package plan

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// resting says of each situation in which the loop may come to rest what in
// the world is the cause.
func resting() map[Situation]func(*machine) bool {
	lost := func(m *machine) bool { return len(m.servers) == 1 && !m.only().memory && m.only().store != m.disk.at }
	taken := func(m *machine) bool { return m.external != nil }
	unfit := func(m *machine) bool { return m.disk.full || m.disk.readOnly }
	sick := func(m *machine) bool {
		s := m.only()
		return unfit(m) || s.storeProblem+s.visible+s.ui+s.write != "" || lost(m)
	}
	return map[Situation]func(*machine) bool{
		Converged:    (*machine).well,
		Stopped:      func(m *machine) bool { return !m.Desired.Wanted() && len(m.Observed.Processes.Value) == 0 },
		DatabaseLost: lost,
		OtherCluster: func(m *machine) bool { return m.only().store.cluster != m.disk.beside.Meta.Value.ClusterID },
		Degraded:     sick,
		RestoreBlocked: func(m *machine) bool {
			found, there := m.disk.backups[RestorePath(m.Desired.Object)]
			return !there || found.unsound
		},
		DatabaseUnusable:   unfit,
		PortHeldByStranger: taken,
		ReplacementBlocked: func(m *machine) bool { return taken(m) || unfit(m) },
		External:           func(m *machine) bool { return taken(m) && !m.sick },
	}
}

// well reports whether a server is as it should be, as a user would find it.
func (m *machine) well() bool {
	if len(m.servers) != 1 || !m.Desired.Wanted() {
		return false
	}
	s := m.only()
	wanted := m.spec().Storage.Path != ""
	return !s.hangs && s.storeProblem+s.visible+s.ui+s.write == "" && s.memory != wanted && (s.memory || s.store == m.disk.at) &&
		s.store.whole
}

// repaired is the world after the user has done what it takes.
func (m *machine) repaired() {
	m.disk.full, m.disk.readOnly, m.crashes = false, false, ""
	m.strangerGoes()
	m.Desired.Object.Annotations = nil
	m.Desired.Object.Generation++
	if at := m.disk.at; at != nil && m.disk.beside.Meta.Value.ClusterID != at.cluster {
		// As the remedy of OtherCluster says.
		m.disk.beside.Meta = observed.None[observed.Meta]("")
	}
	for _, s := range m.servers {
		if s.store != m.disk.at || s.visible+s.ui+s.write+s.storeProblem != "" {
			m.askRestart()
			m.later(1)
		}
	}
}

// story carries out some of the disturbances and returns their names.
func story(m *machine, seed uint64) (told []string) {
	chance := rand.New(rand.NewPCG(seed, 0))
	table := disturbances(m.t)
	names := slices.Sorted(maps.Keys(table))
	for range chance.IntN(16) {
		name := names[chance.IntN(len(names))]
		told = append(told, name)
		table[name](m)
	}
	return told
}

// comesToRest lets the world be quiet, and then the user mend what only the user
// can. It returns where the loop came to rest first, and what was wrong with it;
// empty for nothing. Along the way nothing is done that the world does not
// allow: see disk and machine.
func (m *machine) comesToRest() (first Situation, fault string) {
	rests := func(p Plan) bool {
		first = p.Situation
		why := resting()[p.Situation]
		return why != nil && why(m)
	}
	m.transcript = nil
	// A build that crashes is tried again for ever.
	if !m.converges(400, rests) && m.crashes != m.Observed.Executable.Value.Build {
		return first, "the loop does not come to rest: " + tail(m)
	}
	m.repaired()
	want := Converged
	if !m.Desired.Wanted() {
		want = Stopped
	}
	m.transcript = nil
	if !m.converges(400, at2(want)) || want == Converged && !m.well() || want == Stopped && len(m.Observed.Processes.Value) > 0 {
		return first, fmt.Sprintf("after its repair the loop does not become %s: %s", want, tail(m))
	}
	return first, ""
}

// tail is the end of a transcript.
func tail(m *machine) string { return fmt.Sprint(m.transcript[max(0, len(m.transcript)-12):]) }

// TestConvergesFromAnywhere: whatever happened before, once the world is quiet a
// bounded number of passes comes to rest, and for a reason. Once what only the
// user can mend is mended, a bounded number of passes reaches the desired state,
// and then a pass does nothing.
func TestConvergesFromAnywhere(t *testing.T) {
	const runs = 6000
	rested := map[Situation]int{}
	for seed := range uint64(runs) {
		m := newMachine(t)
		told := story(m, seed)
		first, fault := m.comesToRest()
		rested[first]++
		if fault != "" || t.Failed() {
			t.Fatalf("seed %d: after %q %s", seed, told, fault)
		}
	}
	t.Logf("%d stories came to rest: %v", runs, rested)
}

// TestHistories draws other stories, and tells one that goes wrong as short as
// it can be.
func TestHistories(t *testing.T) {
	table := disturbances(t)
	names := slices.Sorted(maps.Keys(table))
	rapid.Check(t, func(r *rapid.T) {
		m := newMachine(t)
		for _, name := range rapid.SliceOfN(rapid.SampledFrom(names), 0, 24).Draw(r, "story") {
			table[name](m)
		}
		if _, fault := m.comesToRest(); fault != "" {
			r.Fatal(fault)
		}
	})
}
