package reconciler

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/plan"
	"github.com/stigmer/stigmer-local/reconciler/simulation"
)

// found is a trace that leads to a fault.
type found struct {
	trace []string
	fault string
}

func (f *found) String() string {
	return fmt.Sprintf("%s\nafter\n  %s\nreplay: MODEL_TRACE='%s' go test ./reconciler -run TestModelReplay -v",
		f.fault, strings.Join(f.trace, "\n  "), strings.Join(f.trace, "; "))
}

// node is a state that was reached, and how.
type node struct {
	model  *model
	parent *node
	line   string
}

func (n *node) trace() (lines []string) {
	for ; n.parent != nil; n = n.parent {
		lines = append(lines, n.line)
	}
	slices.Reverse(lines)
	return lines
}

// explore visits every state that is at most depth lines away from the roots,
// breadth first, so that the first fault has a trace of the least length. Each
// state is visited once. visit may judge a state that was reached.
func explore(roots []*node, depth int, visit func(*model) string) (states int, bad *found) {
	seen := map[uint64]bool{}
	level := roots
	for ; depth >= 0; depth-- {
		var next []*node
		for _, n := range level {
			key := n.model.fingerprint()
			if seen[key] {
				continue
			}
			seen[key] = true
			if fault := visit(n.model); fault != "" {
				return len(seen), &found{n.trace(), fault}
			}
			if depth == 0 {
				continue
			}
			for _, line := range n.model.lines() {
				child := &node{model: n.model.clone(), parent: n, line: line}
				if err := child.model.perform(line); err != nil {
					return len(seen), &found{child.trace(), err.Error()}
				}
				if fault := child.model.fault(); fault != "" {
					return len(seen), &found{child.trace(), fault}
				}
				next = append(next, child)
			}
		}
		level = next
	}
	return len(seen), nil
}

// lines are all lines that can follow: what can happen, and each daemon's pass,
// undisturbed and with each interrupt before each of its steps.
func (m *model) lines() []string {
	var lines []string
	for _, h := range happenings() {
		if h.can == nil || h.can(m) {
			lines = append(lines, h.name)
		}
	}
	for which := range m.daemons {
		pass := fmt.Sprintf("pass %d", which)
		lines = append(lines, pass)
		steps, _ := m.clone().passOf(which, -1, "")
		for n := range steps {
			for _, name := range slices.Sorted(maps.Keys(interrupts())) {
				lines = append(lines, fmt.Sprintf("%s/%d/%s", pass, n, name))
			}
		}
	}
	return lines
}

// wander is a random walk of so many lines, half of them passes.
func wander(seed uint64, length int) (m *model, trace []string, fault string) {
	chance := rand.New(rand.NewPCG(seed, 7))
	m = newModel()
	names := slices.Sorted(maps.Keys(interrupts()))
	for range length {
		line := fmt.Sprintf("pass %d", chance.IntN(len(m.daemons)))
		switch chance.IntN(6) {
		case 0, 1:
			list := happenings()
			line = list[chance.IntN(len(list))].name
		case 2:
			line += fmt.Sprintf("/%d/%s", chance.IntN(6), names[chance.IntN(len(names))])
		case 3:
			list := timeHappenings()
			line = list[chance.IntN(5)].name
		}
		trace = append(trace, line)
		if err := m.perform(line); err != nil {
			return m, trace, err.Error()
		}
		if fault := m.fault(); fault != "" {
			return m, trace, fault
		}
	}
	return m, trace, ""
}

// shorten drops lines from a trace for as long as it still ends in a fault.
func shorten(trace []string, judge func([]string) string) []string {
	for size := len(trace) / 2; size >= 1; size /= 2 {
		for at := 0; at+size <= len(trace); {
			shorter := slices.Concat(trace[:at], trace[at+size:])
			if judge(shorter) == "" {
				at += size
				continue
			}
			trace = shorter
		}
	}
	return trace
}

// replay performs a trace and returns the first fault; empty for none.
func replay(trace []string) (*model, string) {
	m := newModel()
	for _, line := range trace {
		if err := m.perform(line); err != nil {
			return m, err.Error()
		}
		if fault := m.fault(); fault != "" {
			return m, fault
		}
	}
	return m, ""
}

// fingerprint is the same for states that cannot be told apart by what follows:
// times count from now, and pids and databases by the order of their appearance.
func (m *model) fingerprint() uint64 {
	h := fnv.New64a()
	names := map[any]int{}
	name := func(of any) int {
		if _, known := names[of]; !known {
			names[of] = len(names)
		}
		return names[of]
	}
	since := func(t time.Time) time.Duration {
		if t.IsZero() {
			return -1
		}
		return m.machine.Now.Sub(t).Round(time.Millisecond)
	}
	w := m.machine
	for _, p := range w.Processes {
		fmt.Fprintln(h, name(p.ID.PID), since(p.Started), p.Ours, p.Launch, p.Lock == w.LockFile, p.Path, name(p.Store), p.FirstBoot,
			p.Ports, p.Stopped, p.Deaf, p.Hung, since(p.AskedAt), since(p.EndsAt), w.Disk.Stores[p.Store].Whole, w.Disk.Stores[p.Store].Used)
	}
	fmt.Fprintln(h, w.Record.Knowledge, name(w.Record.Value.PID), since(w.Record.Value.Started), w.Build, w.Blind, w.Hidden, w.Opaque, w.Late, w.Disk.Full, w.Disk.ReadOnly, w.Disk.Unmounted, len(w.Disk.Aside) > 0)
	for _, files := range []map[string]simulation.File{w.Disk.Files, w.Disk.Hidden} {
		for _, path := range slices.Sorted(maps.Keys(files)) {
			f := files[path]
			s := w.Disk.Stores[f.Store]
			fmt.Fprintln(h, path, name(f.Store), s.Whole, s.Used, s.Rubbish, f.Journal, f.Marker, name(f.Copy), f.Meta, f.Staged.Knowledge, f.Staged.Value.Restored != "", f.Staged.Value.Replaces != "", f.Meta.Value.ClusterID == s.Cluster)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(w.Disk.Backups)) {
		fmt.Fprintln(h, path, name(w.Disk.Backups[path]), w.Disk.Stores[w.Disk.Backups[path]].Whole)
	}
	fmt.Fprintln(h, described(m.wish), m.garbage, m.missing, m.unwritable, m.deaf, m.status != nil, m.torn)
	if m.status != nil {
		describe(h, plan.Restore(m.status), name, since)
		fmt.Fprintln(h, described(m.status), m.status.Status.Situation)
	}
	for _, d := range m.daemons {
		fmt.Fprintln(h, described(d.object), since(d.missingSince), len(d.exits), len(d.done), len(d.known), name(d.proven.PID), d.situation, d.object != nil && d.object.Generation != d.history.Generation)
		describe(h, d.history, name, since)
	}
	return h.Sum64()
}

// described is the wish in an object, by its values.
func described(object *v1alpha1.Temporal) string {
	if object == nil {
		return "none"
	}
	text, err := json.Marshal([]any{object.Spec, object.Annotations})
	if err != nil {
		panic(err) // a spec is always JSON
	}
	return string(text)
}

// describe writes what is remembered.
func describe(h io.Writer, history plan.History, name func(any) int, since func(time.Time) time.Duration) {
	fmt.Fprintln(h, name(history.Main.PID), history.LastPID != 0, history.Served, history.StoreRead,
		history.StoreWritten, since(history.Write.Time), history.Write.Problem, history.Write.Failures, history.Write.Late, since(history.AwakeSince), since(history.ReadySince),
		history.FailedChecks, since(history.LastFailedCheck), history.Failures, since(history.NotBefore), history.Unplanned,
		history.Restore.Done, history.Restore.Problem, since(history.Restore.FailedAt), history.Restore.Database, history.Restore.Begun.IsZero())
	for _, db := range history.Databases {
		fmt.Fprintln(h, db.Path, db.Mount, db.ClusterID, db.GivenUp == "")
	}
	ids := slices.SortedFunc(maps.Keys(history.Retirements), func(a, b observed.Identity) int { return a.PID - b.PID })
	for _, id := range ids {
		r := history.Retirements[id]
		fmt.Fprintln(h, name(id.PID), r.Reason, since(r.Asked), since(r.Killed))
	}
}
