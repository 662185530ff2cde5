package reconciler

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// effort returns how much of something a run does: little beside the other
// tests, and as much as the environment says for a proof.
func effort(t *testing.T, variable string, little int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return little
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("$%s is %q: give a number", variable, text)
	}
	return n
}

// passesToRest is how many passes a quiet world may need until it rests: a
// server is asked to stop, killed, replaced, starts, and is looked at once every
// 250 ms until it serves; and a wait of half a minute for an attempt that failed.
const passesToRest = 400

// roots are the states from which all others are explored.
func roots(t *testing.T) []*node {
	t.Helper()
	var list []*node
	for _, trace := range [][]string{
		nil,
		{"pass 0"},
		{"pass 0", "later 100ms"},
		{"pass 0", "later 1s", "pass 0", "pass 0", "used"},
		{"pass 0", "later 1s", "pass 0", "pass 0", "used", "backed up", "pass 0"},
		{"pass 0", "later 1s", "pass 0", "pass 0", "used", "daemon dies", "pass 0"},
		{"pass 0", "later 1s", "pass 0", "pass 0", "used", "another storage", "pass 0"},
		{"pass 0", "later 1s", "pass 0", "pass 0", "used", "database deleted", "pass 0"},
		{"pass 0", "later 1s", "pass 0", "pass 0", "used", "backed up", "restore", "pass 0", "pass 0"},
	} {
		n := &node{model: newModel()}
		for _, line := range trace {
			n = &node{model: n.model, parent: n, line: line}
			if err := n.model.perform(line); err != nil {
				t.Fatal(err)
			}
		}
		if fault := n.model.fault(); fault != "" {
			t.Fatal(&found{n.trace(), fault})
		}
		list = append(list, n)
	}
	return list
}

// TestModel explores the loop against a simulated machine and an adversary, who
// comes between any two effects. Nothing that must never happen does, and from
// every state a quiet world comes to rest where it should.
func TestModel(t *testing.T) {
	depth := effort(t, "MODEL_DEPTH", 1)
	rested := map[plan.Situation]int{}
	states, bad := explore(roots(t), depth, func(m *model) string {
		situation, fault := m.clone().rest()
		rested[situation]++
		return fault
	})
	if bad != nil {
		t.Fatal(bad)
	}
	t.Logf("model: %d states to depth %d from %d roots, each at rest within %d passes: %v", states, depth, len(roots(t)), passesToRest, rested)
}

// TestModelWalks takes long random walks; each ends in a quiet world at rest.
func TestModelWalks(t *testing.T) {
	walks, length := effort(t, "MODEL_WALKS", 150), 80
	first := uint64(effort(t, "MODEL_SEED", 1))
	lines := 0
	for seed := first; seed < first+uint64(walks); seed++ {
		m, trace, fault := wander(seed, length)
		lines += len(trace)
		if fault == "" {
			_, fault = m.rest()
		}
		if fault != "" {
			t.Fatalf("seed %d: %s", seed, &found{shorten(trace, judged), fault})
		}
	}
	t.Logf("model: %d walks of %d lines, seeds %d to %d", walks, lines, first, first+uint64(walks)-1)
}

// judged returns the fault that a trace leads to, at once or at rest.
func judged(trace []string) string {
	m, fault := replay(trace)
	if fault == "" {
		_, fault = m.rest()
	}
	return fault
}

// TestModelSoak lets eight hours pass without an adversary: nothing is done to a
// server that is well.
func TestModelSoak(t *testing.T) {
	m := newModel()
	begin := m.machine.Now
	var first int
	passes := 0
	for m.machine.Now.Sub(begin) < 8*time.Hour {
		_, after := m.passOf(0, -1, "")
		m.machine.Later(after)
		if passes++; passes == 100 {
			first = m.machine.Server().ID.PID
		}
	}
	if now := m.machine.Server(); now == nil || now.ID.PID != first || m.daemons[0].situation != plan.Converged || m.fault() != "" {
		t.Errorf("after 8 h: %+v, %s, %s", now, m.daemons[0].situation, m.fault())
	}
	t.Logf("model: 8 h in %d passes, the server is pid %d throughout", passes, first)
}

// TestModelReplay replays the trace in $MODEL_TRACE, as a failure prints it.
func TestModelReplay(t *testing.T) {
	text := os.Getenv("MODEL_TRACE")
	if text == "" {
		t.Skip("$MODEL_TRACE has no trace to replay")
	}
	m := newModel()
	for _, line := range strings.Split(text, ";") {
		line = strings.TrimSpace(line)
		if err := m.perform(line); err != nil {
			t.Fatal(err)
		}
		t.Logf("%-40s %s", line, m.describe())
		if fault := m.fault(); fault != "" {
			t.Fatal(fault)
		}
	}
	situation, fault := m.rest()
	t.Logf("at rest: %s; %s", situation, m.describe())
	if fault != "" {
		t.Fatal(fault)
	}
}

// describe says in one line how the world is, for a person.
func (m *model) describe() string {
	text := m.machine.Now.Format("15:04:05.000")
	for _, d := range m.daemons {
		text += fmt.Sprintf(" [%s]", d.situation)
	}
	for _, p := range m.machine.Processes {
		text += fmt.Sprintf(" pid %d ours=%t serves=%t store=%d", p.ID.PID, p.Ours, m.machine.Serves(p), p.Store)
	}
	f := m.machine.Disk.Files[m.path()]
	return text + fmt.Sprintf(" at the path: store=%d marker=%t journal=%t copy=%d", f.Store, f.Marker, f.Journal, f.Copy)
}

// rest lets the adversary be quiet and one daemon work until it does nothing for
// two passes, and judges where that is.
func (m *model) rest() (plan.Situation, string) {
	m.machine.Blind, m.machine.Hidden, m.machine.Opaque, m.machine.Late = false, false, false, false
	m.deaf, m.unwritable = false, false
	m.daemons = m.daemons[:1]
	d := m.daemons[0]
	quiet := 0
	var before plan.Situation
	for range passesToRest {
		steps, after := m.passOf(0, -1, "")
		if fault := m.fault(); fault != "" {
			return d.situation, fault
		}
		if steps == 0 && d.situation == before && m.resting(d) == "" {
			if quiet++; quiet == 2 {
				return d.situation, ""
			}
		} else {
			quiet = 0
		}
		before = d.situation
		m.machine.Later(max(after, time.Millisecond))
	}
	return d.situation, fmt.Sprintf("a quiet world does not come to rest: %s, %s; %s", d.situation, m.resting(d), m.describe())
}

// resting says why the situation is none to rest in; empty when it is, and for
// a reason that is true.
func (m *model) resting(d *modelDaemon) string {
	disk := m.machine.Disk
	here := disk.At(m.path())
	if d.object != nil {
		here = disk.At(d.object.Spec.Storage.Path) // that in force: the file may be garbage since
	}
	unfit := disk.Full || disk.ReadOnly || disk.Stores[here.Store].Rubbish
	away := m.away(d)
	unusable := unfit || away || here.Meta.IsUnknown() || here.Store == 0 && here.Staged.IsUnknown()
	server := m.machine.Server()
	var lost, partial bool
	if server != nil && server.Store != 0 {
		lost = disk.Files[server.Path].Store != server.Store
		partial = !disk.Stores[server.Store].Whole
	}
	switch d.situation {
	case plan.Converged, plan.LockLost:
		return cmp.Or(d.truth(), d.ignored())
	case plan.Stopped:
		if server != nil || d.object != nil && d.object.Spec.IsEnabled() && !m.missing {
			return "something runs, or should"
		}
	case plan.PortHeldByStranger:
		return unless(d.inTheWay(), "no stranger is in the way")
	case plan.ReplacementBlocked:
		return unless(d.inTheWay() || unusable, "nothing blocks")
	case plan.DatabaseLost:
		return unless(lost, "nothing is lost")
	case plan.OtherCluster:
		return unless(server != nil && disk.Files[server.Path].Meta.Value.ClusterID != disk.Stores[server.Store].Cluster, "it is the same cluster")
	case plan.Degraded:
		return unless(unfit || lost || partial, "nothing is wrong")
	case plan.ChecksUnknown:
		return unless(here.Meta.IsUnknown(), "all can be known")
	case plan.DatabaseUnusable:
		return unless(unusable, "the database can be used")
	case plan.RestoreBlocked:
		return m.blockedRestore(d)
	case "":
		return unless((m.missing || m.garbage) && (d.object == nil || d.object.Generation == 0), "nothing was decided")
	default:
		return "it is no situation to rest in"
	}
	return ""
}

// away reports whether the file system is not there that the database is on, or was:
// of one that was deleted the record is left.
func (m *model) away(d *modelDaemon) bool {
	if d.object == nil {
		return false
	}
	path, disk := d.object.Spec.Storage.Path, m.machine.Disk
	hidden, here := disk.Hidden[path], disk.At(path)
	return (hidden.Store != 0 || hidden.Meta.IsKnown()) && (here.Store == 0 || disk.Stores[hidden.Store].Cluster != disk.Stores[here.Store].Cluster)
}

// blockedRestore says why a restore should not be blocked; empty when it should.
func (m *model) blockedRestore(d *modelDaemon) string {
	wish := d.history.Restore
	if asked := d.object.Annotations[v1alpha1.RestoreAnnotation]; asked != wish.Value {
		return unless(plan.WishedAt(asked).Before(plan.WishedAt(wish.Value)), "nobody has asked for another one since")
	}
	sound := slices.ContainsFunc([]string{"/b/good.db"}, func(path string) bool {
		return strings.HasPrefix(wish.Value, path+"@") && m.machine.Disk.Stores[m.machine.Disk.Backups[path]].Whole
	})
	f := m.machine.Disk.At(wish.Database)
	unfit := m.machine.Disk.Full || m.machine.Disk.ReadOnly || m.away(d) || d.inTheWay() || f.Meta.IsUnknown() || f.Store == 0 && f.Staged.IsUnknown()
	return unless(!sound || unfit || wish.Database != d.object.Spec.Storage.Path, "the backup is sound, and there is room")
}

func unless(holds bool, why string) string {
	if holds {
		return ""
	}
	return why
}
