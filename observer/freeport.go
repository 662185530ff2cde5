package observer

import (
	"fmt"
	"math"
	"slices"

	"github.com/stigmer/stigmer-local/observer/observed"
)

const (
	// portStep is the distance of the frontend ports that are tried.
	portStep = 10
	// firstPort is where the search goes on behind the highest port: those
	// below are for the system.
	firstPort = 1024
)

// follows reports whether a port at this distance from the frontend's moves
// with it: it is so when it is not set. One at another distance was chosen.
func follows(offset int) bool { return offset == 10 || offset == 1000 || offset == 2000 }

// freePort looks for another port for the frontend when one of the ports of
// the spec is taken: nobody listens on it, nor on those that follow from it.
func (l *look) freePort(v portView, ours []observed.Process) observed.Fact[uint16] {
	taken := func(p observed.Port) bool { return p.Listener.IsKnown() && !ownedBy(p.Listener, ours) }
	i := v.index(observed.Frontend)
	switch {
	case i < 0:
		return observed.Unsure[uint16]("not looked for: there is no frontend port")
	case v.err != nil:
		return observed.Unsure[uint16](v.err.Error())
	case !slices.ContainsFunc(v.ports, taken):
		return observed.Unsure[uint16]("not looked for: no port is taken")
	}
	return v.freePort(int(v.ports[i].Address.Port()))
}

// freePort tries the ports above the present one, and then those below.
func (v portView) freePort(present int) observed.Fact[uint16] {
	used := map[int]bool{}
	for _, s := range v.sockets {
		used[int(s.address.Port())] = true
	}
	offsets, fixed := v.offsets(present)
	free := func(p int) bool {
		return !slices.ContainsFunc(offsets, func(offset int) bool {
			port := p + offset
			return port > math.MaxUint16 || used[port] || slices.Contains(fixed, port)
		})
	}
	for p := present + portStep; p <= math.MaxUint16; p += portStep {
		if free(p) {
			return observed.Is(uint16(p))
		}
	}
	for p := firstPort + (present-firstPort)%portStep; p < present; p += portStep {
		if free(p) {
			return observed.Is(uint16(p))
		}
	}
	return observed.Unsure[uint16](fmt.Sprintf("no port like %d is free", present))
}

// offsets returns how far from the frontend's port the ports are that move
// with it, itself included, and the ports that stay where they are.
func (v portView) offsets(frontend int) (offsets, fixed []int) {
	offsets = []int{0}
	for _, p := range v.ports {
		port := int(p.Address.Port())
		switch offset := port - frontend; {
		case follows(offset):
			offsets = append(offsets, offset)
		case offset != 0:
			fixed = append(fixed, port)
		}
	}
	return offsets, fixed
}
