package observer

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// portView is what one list of sockets says of the ports of the spec.
type portView struct {
	ports []observed.Port
	// found are the sockets behind their listeners; a zero one for no listener.
	found []socket
	// sockets are all that listen; err is why they could not be listed.
	sockets []socket
	err     error
}

// ports says who listens on the ports of the spec, and who beside them.
func (l *look) ports(ours []observed.Process) portView {
	sockets, err := l.machine.listeners()
	v := portView{ports: make([]observed.Port, len(l.target.Ports)), sockets: sockets, err: err}
	v.found = make([]socket, len(v.ports))
	shadows := make([]socket, len(v.ports))
	for i, p := range l.target.Ports {
		v.ports[i] = observed.Port{Name: p.Name, Address: netip.AddrPortFrom(l.target.IP, p.Port)}
		v.found[i], _ = serving(sockets, v.ports[i].Address)
		shadows[i], _ = shadowing(sockets, v.ports[i].Address, v.found[i])
	}
	owners := l.findOwners(slices.Concat(v.found, shadows), ours)
	for i := range v.ports {
		p := &v.ports[i]
		p.Listener = l.listener(p.Address, v.found[i], owners[v.found[i]], err)
		p.Shadow = l.shadow(p.Listener, shadows[i], owners[shadows[i]], err)
	}
	return v
}

// index returns where the port of that name is, -1 when there is none.
func (v portView) index(name observed.PortName) int {
	return slices.IndexFunc(v.ports, func(p observed.Port) bool { return p.Name == name })
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
// on both families then, with one socket on [::]. A v6-only listener on [::]
// takes nothing from an IPv4 address.
func (s socket) serves(want netip.AddrPort) int {
	bound, ip := s.address.Addr().Unmap().WithZone(""), want.Addr().Unmap().WithZone("")
	switch {
	case s.address.Port() != want.Port() || !ip.IsValid():
		return 0
	case bound == ip:
		return 3
	case ip.IsUnspecified() && bound.IsUnspecified() && !s.v6only:
		return 2
	case ip.IsUnspecified():
		return 1
	case bound.IsUnspecified() && bound.Is4() == ip.Is4():
		return 2
	case bound.IsUnspecified() && bound.Is6() && !s.v6only:
		return 1
	}
	return 0
}

// ownedBy reports whether the listener's owner is one of the processes, and
// tied to the instance as only its Temporal is: a tool that has our database
// open may listen as well.
func ownedBy(listener observed.Fact[observed.Listener], ours []observed.Process) bool {
	owner, ok := listener.Value.Owner.Get()
	return ok && listener.IsKnown() && belongs(owner.Evidence) && slices.ContainsFunc(ours, func(p observed.Process) bool {
		return p.Identity == owner.Identity
	})
}
