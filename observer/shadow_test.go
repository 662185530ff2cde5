package observer

import (
	"os"
	"testing"

	"github.com/stigmer/stigmer-local/observer/observed"
)

func TestShadows(t *testing.T) {
	at := func(address string) socket { return socket{address: mustAddrPort(address), inode: 1} }
	v6only := socket{address: mustAddrPort("[::]:7233"), inode: 2, v6only: true}
	cases := map[string]struct {
		socket socket
		want   string
		rank   int
	}{
		"IPv6 loopback":           {at("[::1]:7233"), "127.0.0.1:7233", 2},
		"IPv6 wildcard":           {v6only, "127.0.0.1:7233", 1},
		"under an IPv4 wildcard":  {at("[::1]:7233"), "0.0.0.0:7233", 2},
		"IPv4 loopback":           {at("127.0.0.1:7233"), "[::1]:7233", 2},
		"IPv4 wildcard":           {at("0.0.0.0:7233"), "[::1]:7233", 1},
		"under an IPv6 wildcard":  {at("127.0.0.1:7233"), "[::]:7233", 2},
		"the same family":         {at("0.0.0.0:7233"), "127.0.0.1:7233", 0},
		"another port":            {at("[::1]:7234"), "127.0.0.1:7233", 0},
		"another address":         {at("[fe80::1]:7233"), "127.0.0.1:7233", 0},
		"not localhost":           {at("127.0.0.2:7233"), "[::1]:7233", 0},
		"mapped":                  {at("[::ffff:127.0.0.1]:7233"), "127.0.0.1:7233", 0},
		"a target on the network": {at("[::1]:7233"), "192.0.2.1:7233", 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := c.socket.shadows(mustAddrPort(c.want)); got != c.rank {
				t.Errorf("shadows = %d, want %d", got, c.rank)
			}
		})
	}
}

func TestShadowing(t *testing.T) {
	want := mustAddrPort("127.0.0.1:7233")
	dual := socket{address: mustAddrPort("[::]:7233"), inode: 1}
	ours := socket{address: want, inode: 2}
	exact := socket{address: mustAddrPort("[::1]:7233"), inode: 3}
	shared := socket{address: dual.address, pid: 5}
	heir := socket{address: dual.address, pid: 6}
	cases := map[string]struct {
		sockets  []socket
		listener socket
		want     socket
	}{
		"nothing else":                      {[]socket{ours}, ours, socket{}},
		"beside ours":                       {[]socket{ours, dual}, ours, dual},
		"the most specific one":             {[]socket{dual, exact, ours}, ours, exact},
		"the listener itself":               {[]socket{dual}, dual, socket{}},
		"beside nobody":                     {[]socket{exact}, socket{}, exact},
		"one socket, shared, nothing known": {[]socket{shared, heir}, shared, socket{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, ok := shadowing(c.sockets, want, c.listener)
			if got != c.want || ok != (c.want != socket{}) {
				t.Errorf("shadowing = %+v, %v", got, ok)
			}
		})
	}
}

func TestSameOwner(t *testing.T) {
	owned := func(pid int) observed.Fact[observed.Listener] {
		return observed.Is(observed.Listener{Owner: observed.Is(observed.Process{Identity: observed.Identity{PID: pid}})})
	}
	hidden := func(user string) observed.Fact[observed.Listener] {
		return observed.Is(observed.Listener{User: user, Owner: observed.Unsure[observed.Process]("hidden")})
	}
	cases := map[string]struct {
		a, b observed.Fact[observed.Listener]
		want observed.Knowledge
	}{
		"one":              {owned(1), owned(1), observed.Known},
		"two":              {owned(1), owned(2), observed.Absent},
		"one hidden":       {owned(1), hidden("x"), observed.Absent},
		"the other hidden": {hidden("x"), owned(1), observed.Absent},
		"two users":        {hidden("x"), hidden("y"), observed.Absent},
		"one user":         {hidden("x"), hidden("x"), observed.Unknown},
		"no listener":      {observed.None[observed.Listener](""), hidden("x"), observed.Absent},
	}
	for name, c := range cases {
		if got := sameOwner(c.a, c.b); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	l := newObserver(t).newLook(Target{})
	s := socket{address: mustAddrPort("[::1]:1"), uid: -1}
	if got := l.shadow(hidden(""), s, ownerAnswer{reason: "hidden"}, nil); !got.IsUnknown() || got.Reason == "" {
		t.Errorf("shadow = %+v where neither owner is known", got)
	}
	if got := l.shadow(hidden(""), s, ownerAnswer{}, os.ErrPermission); !got.IsUnknown() || got.Reason == "" {
		t.Errorf("shadow = %+v where the sockets are not known", got)
	}
	self := ownerAnswer{pid: os.Getpid()}
	if got := l.shadow(l.listener(s.address, s, self, nil), s, self, nil); !got.IsAbsent() {
		t.Errorf("shadow = %+v of a process that listens in both families", got)
	}
}
