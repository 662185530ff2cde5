package observer

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// door is a listener that is connected to.
type door struct {
	// address to connect to.
	address netip.AddrPort
	// listener is the socket that is meant, and reached the one that takes
	// the connections to the address.
	listener, reached socket
}

// door returns the way to the listener of a port.
func (v portView) door(i int) door {
	d := door{address: dialable(v.ports[i].Address), listener: v.found[i]}
	d.reached, _ = serving(v.sockets, d.address)
	return d
}

// astray is why a door is not used that leads to somebody else.
func (d door) astray() string {
	return fmt.Sprintf("not asked: connections to %s lead to another listener, at %s", d.address, d.reached.address)
}

// open reports whether the connections still lead to the listener.
func (d door) open(sockets []socket) bool {
	now, _ := serving(sockets, d.address)
	return now == d.listener
}

// subject is a server that may be asked, what, and where.
type subject struct {
	key sessionKey
	door
	questions
}

// subject is the server on a port.
func (v portView) subject(i int, key sessionKey, q questions) subject {
	return subject{key: key, door: v.door(i), questions: q}
}

// questions are those that the target has for our server.
func (l *look) questions(v portView, ours []observed.Process) questions {
	q := questions{
		ui:         observed.Unsure[door]("there is no UI port to ask"),
		namespaces: l.target.Namespaces,
		attributes: l.target.SearchAttributes,
		write:      l.target.CheckWrite,
		running:    l.target.CountRunning,
	}
	if i := v.index(observed.UI); i >= 0 {
		q.ui = v.ui(i, ours)
	}
	return q
}

// ui returns the way to our UI, when it is ours.
func (v portView) ui(i int, ours []observed.Process) observed.Fact[door] {
	d := v.door(i)
	switch {
	case !ownedBy(v.ports[i].Listener, ours):
		return observed.Unsure[door](whyNotAsked(v.ports, i))
	case d.reached != d.listener:
		return observed.Unsure[door](d.astray())
	}
	return observed.Is(d)
}

// reads are the questions for a server that is not ours.
func reads() questions {
	return questions{ui: observed.Unsure[door]("not asked: the server is not ours")}
}

// interview asks for the health, and for all else when that is SERVING, and
// lists the listeners once more afterwards: an answer counts only when the
// same socket was there before and after.
func (l *look) interview(ctx context.Context, s subject) (observed.Fact[observed.Health], observed.Server) {
	if s.reached != s.listener {
		return s.unsure(s.astray())
	}
	health, server := l.check(ctx, s)
	sockets, err := l.machine.listeners()
	switch ui, asked := s.ui.Get(); {
	case err != nil:
		return s.unsure(err.Error())
	case !s.open(sockets):
		l.sessions.drop(s.key)
		return s.unsure(listenerChanged)
	case asked && !ui.open(sockets):
		server.UI = observed.Unsure[observed.Check](listenerChanged)
	}
	return health, server
}

// listenerChanged is why an answer says nothing about the one who was asked.
const listenerChanged = "the listener changed during the check"

// unsure is when nothing is known, for one reason.
func (s subject) unsure(reason string) (observed.Fact[observed.Health], observed.Server) {
	return observed.Unsure[observed.Health](reason), s.unasked(reason)
}

// check asks once. A connection on which the health service gave no answer is
// not used again; one on which another call timed out is, for that spoils
// nothing but the call.
func (l *look) check(ctx context.Context, s subject) (observed.Fact[observed.Health], observed.Server) {
	session, err := l.sessions.get(s.key, s.address, s.listener)
	if err != nil {
		message := fmt.Sprintf("cannot prepare a connection to %s: %v", s.address, err)
		return observed.Is(observed.Health{Status: observed.HealthError, Message: message}), s.unasked(notServing)
	}
	health := session.check(ctx, l.target.HealthTimeout)
	if health.Status != observed.HealthServing && health.Status != observed.HealthNotServing {
		l.sessions.drop(s.key)
	}
	switch {
	case ctx.Err() != nil:
		return s.unsure(cutShort(ctx))
	case health.Status != observed.HealthServing:
		session.endWrite() // nobody would ask for its outcome until it is an old one
		return observed.Is(health), s.unasked(notServing)
	}
	return observed.Is(health), session.interview(ctx, s.questions, l.target.HealthTimeout)
}

// dialable is the address to connect to: for a wildcard, loopback of the same family.
func dialable(address netip.AddrPort) netip.AddrPort {
	switch ip := address.Addr(); {
	case !ip.IsUnspecified():
		return address
	case ip.Is4():
		return netip.AddrPortFrom(loopback4(), address.Port())
	}
	return netip.AddrPortFrom(netip.IPv6Loopback(), address.Port())
}

// loopback4 is 127.0.0.1.
func loopback4() netip.Addr { return netip.AddrFrom4([4]byte{127, 0, 0, 1}) }
