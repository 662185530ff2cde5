package observer

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	// dumpAttempts is how often a list is asked for when it keeps changing.
	dumpAttempts = 3
	// datagram is the most that the kernel puts into one message of a dump, in bytes.
	datagram = 32 << 10
	// netlinkTimeout bounds the wait for an answer, in seconds; the kernel
	// gives it at once.
	netlinkTimeout = 1
)

// listeners asks sock_diag, and gopsutil when netlink is refused, as it is in
// some sandboxes.
func (m machine) listeners() ([]socket, error) {
	sockets, err := diagListeners()
	if err == nil {
		return sockets, nil
	}
	sockets, portable := portableListeners()
	if portable != nil {
		return nil, errors.Join(err, portable)
	}
	return sockets, nil
}

// diagListeners lists both families. A kernel without IPv6 lists none.
func diagListeners() ([]socket, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, fmt.Errorf("cannot open a netlink socket: %w", err)
	}
	defer unix.Close(fd)
	timeout := unix.Timeval{Sec: netlinkTimeout}
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout); err != nil {
		return nil, fmt.Errorf("cannot bound the wait for netlink: %w", err)
	}
	buffer := make([]byte, datagram)
	v4, err := diagFamily(fd, diagINET, buffer)
	if err != nil {
		return nil, err
	}
	v6, err := diagFamily(fd, diagINET6, buffer)
	if errors.Is(err, unix.ENOENT) {
		return v4, nil
	}
	return append(v4, v6...), err
}

// diagFamily lists one family, again when the list changed meanwhile.
func diagFamily(fd int, family uint8, buffer []byte) ([]socket, error) {
	for attempt := range dumpAttempts {
		dump := diagDump{sequence: uint32(family)<<8 | uint32(attempt)}
		if err := dump.run(fd, family, buffer); err != nil {
			return nil, fmt.Errorf("cannot list the listening sockets: %w", err)
		}
		if !dump.interrupted {
			return dump.sockets, nil
		}
	}
	return nil, errInterrupted
}

// run sends the request and reads until the answer is complete.
func (d *diagDump) run(fd int, family uint8, buffer []byte) error {
	if err := unix.Sendto(fd, diagRequestFor(family, d.sequence), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	for !d.done {
		n, from, err := unix.Recvfrom(fd, buffer, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		// Only the kernel has port id 0; anybody may write to our socket.
		if sender, ok := from.(*unix.SockaddrNetlink); !ok || sender.Pid != 0 {
			continue
		}
		if err := d.add(buffer[:n]); err != nil {
			return err
		}
	}
	return nil
}

// sockets reads the links of the process's descriptors.
func (m machine) sockets(pid int) (map[uint64]int, error) {
	names, err := m.names(m.path(pid, "fd"))
	if err != nil {
		return nil, err
	}
	sockets := map[uint64]int{}
	for _, descriptor := range numbers(names) {
		if inode, ok := m.socketAt(pid, descriptor); ok {
			sockets[inode] = descriptor
		}
	}
	return sockets, nil
}

func (m machine) hasSocket(pid, descriptor int, inode uint64) bool {
	found, ok := m.socketAt(pid, descriptor)
	return ok && found == inode
}

// socketAt reads a link such as "socket:[1234]".
func (m machine) socketAt(pid, descriptor int) (uint64, bool) {
	link, err := os.Readlink(m.path(pid, "fd/"+strconv.Itoa(descriptor)))
	if err != nil {
		return 0, false
	}
	inode, found := strings.CutPrefix(link, "socket:[")
	if !found {
		return 0, false
	}
	n, err := strconv.ParseUint(strings.TrimSuffix(inode, "]"), 10, 64)
	return n, err == nil
}
