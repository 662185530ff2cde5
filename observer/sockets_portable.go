package observer

import (
	"context"
	"fmt"
	"net/netip"
	"syscall"
	"time"

	"github.com/shirou/gopsutil/v3/net"
)

// portableTimeout bounds gopsutil, which on macOS runs lsof.
const portableTimeout = 5 * time.Second

// portableListeners asks gopsutil: slow, without inodes and without v6only,
// but with the owner.
func portableListeners() ([]socket, error) {
	ctx, cancel := context.WithTimeout(context.Background(), portableTimeout)
	defer cancel()
	connections, err := net.ConnectionsWithContext(ctx, "tcp")
	if err != nil {
		return nil, fmt.Errorf("cannot list the listening sockets with gopsutil: %w", err)
	}
	var sockets []socket
	for _, c := range connections {
		if s, ok := portableSocket(c); ok {
			sockets = append(sockets, s)
		}
	}
	return sockets, nil
}

// portableSocket translates a listening socket.
func portableSocket(c net.ConnectionStat) (socket, bool) {
	if c.Status != "LISTEN" || c.Laddr.Port == 0 || c.Laddr.Port > 65535 {
		return socket{}, false
	}
	ip, err := netip.ParseAddr(c.Laddr.IP)
	if c.Laddr.IP == "*" {
		ip, err = netip.IPv4Unspecified(), nil
		if c.Family == syscall.AF_INET6 {
			ip = netip.IPv6Unspecified()
		}
	}
	s := socket{address: netip.AddrPortFrom(ip, uint16(c.Laddr.Port)), pid: int(c.Pid), uid: -1}
	if len(c.Uids) > 1 {
		s.uid = int(c.Uids[1])
	}
	return s, err == nil
}
