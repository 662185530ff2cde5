package observer

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// ownerAnswer says which process has a socket open, or why that is unknown.
type ownerAnswer struct {
	pid    int
	reason string
}

// place is where a socket was found.
type place struct{ pid, descriptor int }

// maxPlaces bounds the memory; above it everything is found anew.
const maxPlaces = 1024

// ownerMemory remembers where sockets were found, so that one link tells
// whether they still are there.
type ownerMemory struct {
	mu     sync.Mutex
	places map[uint64]place
}

func newOwnerMemory() *ownerMemory { return &ownerMemory{places: map[uint64]place{}} }

func (m *ownerMemory) get(inode uint64) (place, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, ok := m.places[inode]
	return p, ok
}

func (m *ownerMemory) put(inode uint64, p place) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.places) >= maxPlaces {
		clear(m.places)
	}
	m.places[inode] = p
}

// findOwners names the owner of each socket: from memory, then among the
// instance's own processes, and only then by looking at every process. Zero
// sockets are skipped.
func (l *look) findOwners(wanted []socket, ours []observed.Process) map[socket]ownerAnswer {
	answers := map[socket]ownerAnswer{}
	missing := map[uint64]socket{}
	for _, s := range wanted {
		p, remembered := l.owners.get(s.inode)
		switch {
		case s == socket{}:
		case s.pid != 0:
			answers[s] = ownerAnswer{pid: s.pid}
		case s.inode == 0:
			answers[s] = ownerAnswer{reason: fmt.Sprintf("the platform does not tell who listens on %s", s.address)}
		case remembered && l.machine.hasSocket(p.pid, p.descriptor, s.inode):
			answers[s] = ownerAnswer{pid: p.pid}
		default:
			missing[s.inode] = s
		}
	}
	for _, p := range ours {
		l.findIn(p.PID, missing, answers)
	}
	if len(missing) > 0 {
		l.findEverywhere(missing, answers)
	}
	return answers
}

// findIn looks for the missing sockets in one process.
func (l *look) findIn(pid int, missing map[uint64]socket, answers map[socket]ownerAnswer) {
	if len(missing) == 0 {
		return
	}
	sockets, err := l.machine.sockets(pid)
	if err != nil {
		// Not ours to read, or gone. A socket that is found nowhere else
		// stays without an owner, which findEverywhere says.
		return
	}
	for inode, s := range missing {
		if descriptor, ok := sockets[inode]; ok {
			l.owners.put(inode, place{pid: pid, descriptor: descriptor})
			answers[s] = ownerAnswer{pid: pid}
			delete(missing, inode)
		}
	}
}

// findEverywhere looks at every process for the sockets that are still
// missing. Somebody has each of them open; who, may be hidden from us.
func (l *look) findEverywhere(missing map[uint64]socket, answers map[socket]ownerAnswer) {
	pids, err := l.machine.pids()
	slices.Sort(pids)
	for _, pid := range pids {
		l.findIn(pid, missing, answers)
	}
	for _, s := range missing {
		reason := fmt.Sprintf("no process that can be read has the socket on %s open, which belongs to %s",
			s.address, cmp.Or(l.users.name(s.uid), "an unknown user"))
		if err != nil {
			reason = fmt.Sprintf("cannot search the processes: %v", err)
		}
		answers[s] = ownerAnswer{reason: reason}
	}
}
