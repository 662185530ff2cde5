package simulation

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// The times of a server's life, from its start: no file yet, a file that lacks
// tables, a whole one, and service. They are those of the real one.
const (
	createsAfter = 30 * time.Millisecond
	wholeAfter   = 110 * time.Millisecond
	servesAfter  = 150 * time.Millisecond
	// drains is how long a server takes to end that was asked to.
	drains = time.Second
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
	// the files cannot that a process has open, Late that a write has no answer yet.
	Blind, Hidden, Late bool
	// Harms are the things that must never happen and did.
	Harms []string

	// Between is called between any two steps of an effect, and before each,
	// with what was just done. An error makes the next step fail.
	Between func(step string) error
	// made counts pids and ticks that were given out.
	made int
}

// Process is a living process.
type Process struct {
	ID      observed.Identity
	Started time.Time
	// Ours says that a daemon of the instance started it: the truth.
	Ours bool
	Args []string
	// Launch is what its environment says; zero for a stranger.
	Launch observed.Launch
	// Lock is the lock file that it holds; 0 for none.
	Lock int
	// Path is the database file that it was started on, Store what it has open;
	// empty and 0 for none.
	Path  string
	Store int
	// FirstBoot says that it is to make the file.
	FirstBoot bool
	// Ports that it listens on once it serves; a stranger does at once.
	Ports []uint16
	// Stopped by SIGSTOP; Deaf to SIGTERM; Hung: it answers nothing.
	Stopped, Deaf, Hung bool
	// EndsAt is when it ends because it was asked to; zero when it was not.
	EndsAt time.Time
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

// spawn makes a process; a pid of 0 means the next one.
func (m *Machine) spawn(p Process, pid int) observed.Identity {
	m.made++
	if pid == 0 {
		pid = m.made
	}
	p.ID = observed.Identity{BootID: "boot", PID: pid, StartTicks: uint64(m.made)}
	p.Started = m.Now
	m.Processes = append(m.Processes, p)
	return p.ID
}

// Find returns the process; nil when it is gone.
func (m *Machine) Find(id observed.Identity) *Process {
	for i := range m.Processes {
		if m.Processes[i].ID == id {
			return &m.Processes[i]
		}
	}
	return nil
}

// Server returns the newest server of the instance; nil for none.
func (m *Machine) Server() *Process {
	for i := len(m.Processes) - 1; i >= 0; i-- {
		if m.Processes[i].Ours {
			return &m.Processes[i]
		}
	}
	return nil
}

// End ends a process with all that it holds. A first boot that was not done
// leaves a file that lacks tables, and its journal.
func (m *Machine) End(id observed.Identity) {
	if p := m.Find(id); p != nil && p.Store != 0 {
		m.Disk.crashed(p.Path, p.Store)
	}
	m.Processes = slices.DeleteFunc(m.Processes, func(p Process) bool { return p.ID == id })
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

// open lets a server open its database, or make it when there is none.
func (m *Machine) open(p *Process) {
	if f, there := m.Disk.Files[p.Path]; there && f.Store != 0 {
		p.Store, p.FirstBoot = f.Store, false
	} else {
		p.Store = m.Disk.mint(p.Path, p.FirstBoot)
		p.FirstBoot = true
	}
	m.judgeOpen(p)
	if m.Disk.Stores[p.Store].Rubbish {
		m.End(p.ID) // it says that this is no database
	}
}

func (m *Machine) complete(p *Process) {
	store := m.Disk.Stores[p.Store]
	store.Whole = true
	m.Disk.Stores[p.Store] = store
	m.Disk.settle(p.Path, p.Store)
}

// judgeOpen: two servers on one file corrupt it, and a file that lacks tables
// is served with tables missing.
func (m *Machine) judgeOpen(p *Process) {
	if !p.Ours {
		return
	}
	for _, other := range m.Processes {
		if other.ID != p.ID && other.Store == p.Store {
			m.harm("pid %d opened the database that pid %d has", p.ID.PID, other.ID.PID)
		}
	}
	if s := m.Disk.Stores[p.Store]; !p.FirstBoot && !s.Whole && !s.Unmarked && !s.Rubbish {
		m.harm("pid %d was started on a database that lacks tables", p.ID.PID)
	}
}

// Serves reports whether a server answers.
func (m *Machine) Serves(p Process) bool {
	return !p.Stopped && !p.Hung && !m.Now.Before(p.Started.Add(servesAfter)) && p.EndsAt.IsZero()
}

// listens reports whether the process listens on its ports.
func (m *Machine) listens(p Process) bool {
	return len(p.Ports) > 0 && (p.Launch == (observed.Launch{}) || !m.Now.Before(p.Started.Add(servesAfter)))
}

// listener returns who listens on the port; nil for nobody.
func (m *Machine) listener(port uint16) *Process {
	for i := range m.Processes {
		if p := &m.Processes[i]; m.listens(*p) && slices.Contains(p.Ports, port) {
			return p
		}
	}
	return nil
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

// Arrive lets a process of somebody else's begin; a pid of 0 means the next one.
func (m *Machine) Arrive(p Process, pid int) observed.Identity { return m.spawn(p, pid) }

// BackUp copies the database at the path to a backup, as a user does by hand.
func (m *Machine) BackUp(path, backup string) {
	if s := m.Disk.At(path).Store; m.Disk.Stores[s].Whole {
		m.Disk.Backups[backup] = m.Disk.copyOf(s)
	}
}
