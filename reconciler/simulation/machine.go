package simulation

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// Machine is the state of the world, apart from the memory of daemons.
type Machine struct {
	// Now is the time by the wall clock, Slept how long the machine has slept.
	Now   time.Time
	Slept time.Duration
	// Processes that live. Pids are given in order, unless one is reused.
	Processes []Process
	// LockFile tells lock files at the path apart: one that was deleted is
	// another one.
	LockFile int
	// Record is the pid record.
	Record observed.Fact[observed.Record]
	// Build is what the executable says it is, Port where strangers listen.
	Build string
	Disk  Disk
	// Locked are the locks that a daemon holds in the middle of an effect: the
	// instance's by its file, a database's by its path.
	Locked map[any]bool
	// Blind says that neither processes nor the lock can be read, Hidden that
	// the files cannot that a process has open, Opaque that nor can what shows who
	// holds the lock and who listens, Late that a write has no answer yet.
	Blind, Hidden, Opaque, Late bool
	// Harms are the things that must never happen and did.
	Harms []string

	// Between is called between any two steps of an effect, and before each,
	// with what was just done. An error makes the next step fail.
	Between func(step string) error
	// made counts pids and ticks that were given out.
	made int
}

// New returns a machine on which nothing of the instance ever was.
func New(now time.Time, build string) *Machine {
	return &Machine{
		Now: now, LockFile: 1, Build: build, made: 1000, Disk: newDisk(),
		Record:  observed.None[observed.Record]("there is none"),
		Locked:  map[any]bool{},
		Between: func(string) error { return nil },
	}
}

// Clone returns a machine that goes its own way. Between stays behind.
func (m *Machine) Clone() *Machine {
	twin := *m
	twin.Processes = slices.Clone(m.Processes)
	twin.Disk = m.Disk.clone()
	twin.Locked = maps.Clone(m.Locked)
	twin.Harms = slices.Clone(m.Harms)
	twin.Between = func(string) error { return nil }
	return &twin
}

// harm keeps what must never happen.
func (m *Machine) harm(format string, args ...any) {
	m.Harms = append(m.Harms, fmt.Sprintf(format, args...))
}

// Later lets time go on, and what is due happen in its order.
func (m *Machine) Later(d time.Duration) {
	end := m.Now.Add(d)
	for {
		next, happens := m.nextEvent(end)
		if happens == nil {
			m.Now = end
			return
		}
		m.Now = next
		happens()
	}
}

// nextEvent returns what happens first of all that is due until then.
func (m *Machine) nextEvent(end time.Time) (at time.Time, happens func()) {
	due := func(when time.Time, what func()) {
		if !when.After(end) && (happens == nil || when.Before(at)) {
			at, happens = when, what
		}
	}
	for i := range m.Processes {
		p := &m.Processes[i]
		id := p.ID
		if !p.EndsAt.IsZero() && !p.Stopped {
			due(p.EndsAt, func() { m.End(id) })
		}
		if p.Path != "" && p.Store == 0 && !p.Stopped {
			due(p.Started.Add(createsAfter), func() { m.open(m.Find(id)) })
		}
		if s := m.Disk.Stores[p.Store]; p.Store != 0 && !s.Whole && !s.Rubbish && p.FirstBoot && !p.Stopped {
			due(p.Started.Add(wholeAfter), func() { m.complete(m.Find(id)) })
		}
	}
	if happens != nil && at.Before(m.Now) {
		at = m.Now
	}
	return at, happens
}

// Use lets a user rely on what a server has: from now on it must never be lost.
func (m *Machine) Use(p *Process) {
	if store, there := m.Disk.Stores[p.Store]; there && store.Whole {
		store.Used = true
		m.Disk.Stores[p.Store] = store
	}
}

// Lost returns the databases that were used and are nowhere any more, on no
// path and in no server. One that the adversary deleted does not count.
func (m *Machine) Lost() []int {
	var lost []int
	for _, id := range slices.Sorted(maps.Keys(m.Disk.Stores)) {
		held := slices.ContainsFunc(m.Processes, func(p Process) bool { return p.Store == id })
		if s := m.Disk.Stores[id]; s.Used && !s.Deleted && !held && !m.Disk.has(id) {
			lost = append(lost, id)
		}
	}
	return lost
}

// BackUp copies the database at the path to a backup, as a user does by hand.
func (m *Machine) BackUp(path, backup string) {
	if s := m.Disk.At(path).Store; m.Disk.Stores[s].Whole {
		m.Disk.Backups[backup] = m.Disk.copyOf(s)
	}
}
