package observer

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// ports says who listens on the ports of the spec, and what the frontend
// answers. Both come from one list of sockets.
func (l *look) ports(ctx context.Context, ours []observed.Process) ([]observed.Port, observed.Fact[observed.Health]) {
	sockets, err := l.machine.listeners()
	ports := make([]observed.Port, len(l.target.Ports))
	found := make([]socket, len(ports))
	var wanted []socket
	for i, p := range l.target.Ports {
		ports[i] = observed.Port{Name: p.Name, Address: netip.AddrPortFrom(l.target.IP, p.Port)}
		if s, ok := serving(sockets, ports[i].Address); ok {
			found[i], wanted = s, append(wanted, s)
		}
	}
	owners := l.findOwners(wanted, ours)
	for i := range ports {
		ports[i].Listener = l.listener(ports[i].Address, found[i], owners[found[i]], err)
	}
	return ports, l.health(ctx, ports, found, ours)
}

// listener turns what was found for one port into a fact; a zero socket means
// that nothing was.
func (l *look) listener(want netip.AddrPort, s socket, owner ownerAnswer, err error) observed.Fact[observed.Listener] {
	switch {
	case err != nil:
		return observed.Unsure[observed.Listener](err.Error())
	case !want.IsValid():
		return observed.Unsure[observed.Listener]("there is no address to look for")
	case s == socket{}:
		return observed.None[observed.Listener](fmt.Sprintf("nobody listens on %s", want))
	}
	return observed.Is(observed.Listener{
		Address: s.address,
		Inode:   s.inode,
		User:    l.users.name(s.uid),
		Owner:   l.ownerFact(s, owner),
	})
}

// ownerFact reads the process that has the socket open.
func (l *look) ownerFact(s socket, owner ownerAnswer) observed.Fact[observed.Process] {
	if owner.pid == 0 {
		return observed.Unsure[observed.Process](owner.reason)
	}
	p, err := l.process(owner.pid)
	if err != nil {
		return observed.Unsure[observed.Process](fmt.Sprintf("cannot read the owner of %s, pid %d: %v", s.address, owner.pid, err))
	}
	return observed.Is(p)
}

// serving returns the socket that takes the connections to an address, or
// stops a server from listening there; of several, the most specific one.
func serving(sockets []socket, want netip.AddrPort) (socket, bool) {
	best, found := socket{}, 0
	for _, s := range sockets {
		if rank := s.serves(want); rank > found {
			best, found = s, rank
		}
	}
	return best, found > 0
}

// serves ranks how closely the socket belongs to an address: 0 means not at
// all. A wildcard address conflicts with any listener on the port: Go listens
// on both families then. A v6-only listener on [::] takes nothing from an
// IPv4 address.
func (s socket) serves(want netip.AddrPort) int {
	bound, ip := s.address.Addr().Unmap().WithZone(""), want.Addr().Unmap().WithZone("")
	switch {
	case s.address.Port() != want.Port() || !ip.IsValid():
		return 0
	case bound == ip:
		return 3
	case ip.IsUnspecified():
		return 1
	case bound.IsUnspecified() && bound.Is4() == ip.Is4():
		return 2
	case bound.IsUnspecified() && bound.Is6() && !s.v6only:
		return 1
	}
	return 0
}

// ownedBy reports whether the listener's owner is one of the processes.
func ownedBy(listener observed.Fact[observed.Listener], ours []observed.Process) bool {
	owner, ok := listener.Value.Owner.Get()
	return ok && listener.IsKnown() && slices.ContainsFunc(ours, func(p observed.Process) bool {
		return p.Identity == owner.Identity
	})
}
