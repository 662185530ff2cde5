package observer

import (
	"fmt"
	"net/netip"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// A name such as localhost has an address in each family, and clients try one
// after the other: another listener on the same port, in the other family,
// may get the connections that are meant for ours.

// shadowing returns the socket, other than the listener's own, that takes the
// connections to the localhost of the other family; the most specific one.
func shadowing(sockets []socket, want netip.AddrPort, listener socket) (socket, bool) {
	best, found := socket{}, 0
	for _, s := range sockets {
		if rank := s.shadows(want); rank > found && !s.same(listener) {
			best, found = s, rank
		}
	}
	return best, found > 0
}

// same reports whether the two may be one socket. Where the platform tells
// neither inode nor v6only, those at one address are taken for one.
func (s socket) same(other socket) bool {
	return s == other || s.inode == 0 && s.address == other.address
}

// shadows ranks how closely the socket belongs to the other family's
// localhost: 0 means not at all.
func (s socket) shadows(want netip.AddrPort) int {
	ip, bound := want.Addr().Unmap(), s.address.Addr()
	switch {
	case s.address.Port() != want.Port() || !ip.IsLoopback() && !ip.IsUnspecified():
		return 0
	case ip.Is4() == bound.Is4() || bound.Is4In6():
		return 0
	case bound == netip.IPv6Loopback(), bound == loopback4():
		return 2
	case bound.IsUnspecified():
		return 1
	}
	return 0
}

// shadow turns what was found into a fact. A process that listens in both
// families shadows nobody.
func (l *look) shadow(listener observed.Fact[observed.Listener], s socket, owner ownerAnswer, err error) observed.Fact[observed.Listener] {
	switch {
	case err != nil:
		return observed.Unsure[observed.Listener](err.Error())
	case s == socket{}:
		return observed.None[observed.Listener]("")
	}
	shadow := l.listener(s.address, s, owner, nil)
	mine, theirs := listener.Value, shadow.Value
	switch sameOwner(listener, shadow) {
	case observed.Known:
		return observed.None[observed.Listener]("")
	case observed.Unknown:
		return observed.Unsure[observed.Listener](fmt.Sprintf(
			"it cannot be told whether %s and %s belong to one process", mine.Address, theirs.Address))
	}
	return shadow
}

// sameOwner says whether one process listens on both. Where the owner of one
// is known and that of the other is not, they are not the same: the known
// one's descriptors were read.
func sameOwner(a, b observed.Fact[observed.Listener]) observed.Knowledge {
	if !a.IsKnown() {
		return observed.Absent
	}
	mine, known := a.Value.Owner.Get()
	theirs, alsoKnown := b.Value.Owner.Get()
	if known || alsoKnown {
		return answer(true, known && alsoKnown && mine.Identity == theirs.Identity)
	}
	return answer(a.Value.User != b.Value.User, false)
}
