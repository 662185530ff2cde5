package observer

import (
	"net/netip"
	"testing"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// viewOf has the frontend's port first, and listeners on the used ones.
func viewOf(ports []uint16, used ...uint16) portView {
	ip := netip.MustParseAddr("127.0.0.1")
	var v portView
	for i, port := range ports {
		name := observed.HTTP
		if i == 0 {
			name = observed.Frontend
		}
		v.ports = append(v.ports, observed.Port{Name: name, Address: netip.AddrPortFrom(ip, port)})
	}
	for _, port := range used {
		v.sockets = append(v.sockets, socket{address: netip.AddrPortFrom(ip, port)})
	}
	return v
}

func TestFreePort(t *testing.T) {
	full := func(except ...uint16) []uint16 {
		var used []uint16
		free := map[uint16]bool{}
		for _, port := range except {
			free[port] = true
		}
		for port := 1; port <= 65535; port++ {
			if !free[uint16(port)] {
				used = append(used, uint16(port))
			}
		}
		return used
	}
	cases := map[string]struct {
		ports, used []uint16
		want        uint16
	}{
		"the next one":            {[]uint16{7233}, []uint16{7233}, 7243},
		"used":                    {[]uint16{7233}, []uint16{7233, 7243}, 7253},
		"the UI follows":          {[]uint16{7233, 8233}, []uint16{7233, 8243, 8253}, 7263},
		"all that follow":         {[]uint16{7233, 8233, 7243, 9233}, []uint16{7233, 8243, 7263, 9263}, 7273},
		"our own http is in use":  {[]uint16{7233, 7243}, []uint16{7233, 7243}, 7253},
		"a chosen port stays":     {[]uint16{7233, 8000}, []uint16{7233, 8010}, 7243},
		"and is not proposed":     {[]uint16{7233, 7253}, []uint16{7233, 7243}, 7263},
		"nor as one that follows": {[]uint16{7233, 8233, 8243}, []uint16{7233}, 7253},
		"below":                   {[]uint16{7233}, full(3003), 3003},
		"the highest":             {[]uint16{65525}, []uint16{65525}, 65535},
		"behind the highest":      {[]uint16{65530}, []uint16{65530}, 1030},
		"the UI would be too far": {[]uint16{64530, 65530}, []uint16{64530}, 1030},
		"none":                    {[]uint16{7233}, full(), 0},
		"none of its row":         {[]uint16{7233}, full(7234), 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := viewOf(c.ports, c.used...).freePort(int(c.ports[0]))
			if got.Value != c.want || got.IsKnown() != (c.want != 0) || (c.want == 0) != (got.Reason != "") {
				t.Errorf("free port = %+v, want %d", got, c.want)
			}
		})
	}
}
