package simulation

import (
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
	// AskedAt is when it was first asked to end, EndsAt when it does because of
	// that; zero when it was not, or does not obey.
	AskedAt, EndsAt time.Time
}

// Arrive lets a process of somebody else's begin; a pid of 0 means the next one.
func (m *Machine) Arrive(p Process, pid int) observed.Identity { return m.spawn(p, pid) }

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
