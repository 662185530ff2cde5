package observer

import (
	"net/netip"
	"syscall"
	"testing"

	"github.com/shirou/gopsutil/v3/net"
)

func TestServes(t *testing.T) {
	v6only := socket{address: netip.MustParseAddrPort("[::]:7233"), v6only: true}
	at := func(address string) socket { return socket{address: netip.MustParseAddrPort(address)} }
	cases := map[string]struct {
		socket socket
		want   string
		rank   int
	}{
		"exact":                          {at("127.0.0.1:7233"), "127.0.0.1:7233", 3},
		"exact, IPv6":                    {at("[::1]:7233"), "[::1]:7233", 3},
		"exact, mapped":                  {at("[::ffff:127.0.0.1]:7233"), "127.0.0.1:7233", 3},
		"exact, with zone":               {at("[fe80::1]:7233"), "[fe80::1%eth0]:7233", 3},
		"wildcard":                       {at("0.0.0.0:7233"), "127.0.0.1:7233", 2},
		"wildcard of both families":      {at("[::]:7233"), "127.0.0.1:7233", 1},
		"v6-only wildcard":               {v6only, "127.0.0.1:7233", 0},
		"v6-only wildcard for IPv6":      {v6only, "[::1]:7233", 2},
		"IPv4 wildcard for IPv6":         {at("0.0.0.0:7233"), "[::1]:7233", 0},
		"another port":                   {at("127.0.0.1:7234"), "127.0.0.1:7233", 0},
		"another address":                {at("127.0.0.2:7233"), "127.0.0.1:7233", 0},
		"IPv6 loopback for IPv4":         {at("[::1]:7233"), "127.0.0.1:7233", 0},
		"wildcard wanted, exact":         {at("0.0.0.0:7233"), "0.0.0.0:7233", 3},
		"wildcard wanted, loopback":      {at("127.0.0.1:7233"), "0.0.0.0:7233", 1},
		"wildcard wanted, IPv6 loopback": {at("[::1]:7233"), "0.0.0.0:7233", 1},
		"wildcard wanted, v6-only":       {v6only, "0.0.0.0:7233", 1},
		"wildcard wanted, both families": {at("[::]:7233"), "0.0.0.0:7233", 2},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := c.socket.serves(netip.MustParseAddrPort(c.want)); got != c.rank {
				t.Errorf("serves = %d, want %d", got, c.rank)
			}
		})
	}
	if got := at("127.0.0.1:7233").serves(netip.AddrPortFrom(netip.Addr{}, 7233)); got != 0 {
		t.Errorf("serves no address = %d", got)
	}
}

func TestServingTakesTheMostSpecific(t *testing.T) {
	exact := socket{address: netip.MustParseAddrPort("127.0.0.1:7233"), inode: 1}
	v4 := socket{address: netip.MustParseAddrPort("0.0.0.0:7233"), inode: 2}
	v6 := socket{address: netip.MustParseAddrPort("[::]:7233"), inode: 3}
	for name, sockets := range map[string][]socket{
		"up": {v6, v4, exact}, "down": {exact, v4, v6},
	} {
		if got, ok := serving(sockets, exact.address); !ok || got != exact {
			t.Errorf("%s: serving = %+v, %v", name, got, ok)
		}
	}
	if got, ok := serving([]socket{v6, v4}, exact.address); !ok || got != v4 {
		t.Errorf("serving = %+v, %v, want the IPv4 wildcard", got, ok)
	}
	if got, ok := serving(nil, exact.address); ok {
		t.Errorf("serving of nothing = %+v", got)
	}
}

func TestDialable(t *testing.T) {
	for from, want := range map[string]string{
		"0.0.0.0:1": "127.0.0.1:1", "[::]:1": "[::1]:1", "127.0.0.2:1": "127.0.0.2:1", "[::1]:1": "[::1]:1",
	} {
		if got := dialable(netip.MustParseAddrPort(from)); got != netip.MustParseAddrPort(want) {
			t.Errorf("dialable(%s) = %s, want %s", from, got, want)
		}
	}
}

func TestPortableSocket(t *testing.T) {
	listening := func(family uint32, ip string, port uint32, uids ...int32) net.ConnectionStat {
		return net.ConnectionStat{Status: "LISTEN", Family: family, Laddr: net.Addr{IP: ip, Port: port}, Pid: 5, Uids: uids}
	}
	at := func(address string, uid int) socket {
		return socket{address: netip.MustParseAddrPort(address), pid: 5, uid: uid}
	}
	established := listening(syscall.AF_INET, "127.0.0.1", 1)
	established.Status = "ESTABLISHED"
	cases := map[string]struct {
		connection net.ConnectionStat
		want       socket
		ok         bool
	}{
		"exact":         {listening(syscall.AF_INET, "127.0.0.1", 7, 1000, 1001), at("127.0.0.1:7", 1001), true},
		"lsof wildcard": {listening(syscall.AF_INET, "*", 7), at("0.0.0.0:7", -1), true},
		"lsof IPv6":     {listening(syscall.AF_INET6, "*", 7), at("[::]:7", -1), true},
		"established":   {established, socket{}, false},
		"no port":       {listening(syscall.AF_INET, "127.0.0.1", 0), socket{}, false},
		"not a port":    {listening(syscall.AF_INET, "127.0.0.1", 1<<20), socket{}, false},
		"not an ip":     {listening(syscall.AF_INET, "localhost", 7), socket{}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, ok := portableSocket(c.connection)
			if ok != c.ok || (ok && got != c.want) {
				t.Errorf("portableSocket = %+v, %v", got, ok)
			}
		})
	}
}
