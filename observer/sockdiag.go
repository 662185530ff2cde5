package observer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"syscall"
)

// The part of the kernel's sock_diag protocol that is used here, from
// linux/netlink.h, linux/sock_diag.h and linux/inet_diag.h. It is written out
// so that the parser builds, and is tested, on every platform.
const (
	diagByFamily = 20 // SOCK_DIAG_BY_FAMILY
	diagTCP      = 6  // IPPROTO_TCP
	diagListen   = 1 << 10
	diagINET     = 2
	diagINET6    = 10
	diagV6Only   = 11 // INET_DIAG_SKV6ONLY

	nlmsgError      = 2
	nlmsgDone       = 3
	nlmsgOverrun    = 4
	flagRequest     = 0x1
	flagDump        = 0x300
	flagInterrupted = 0x10 // NLM_F_DUMP_INTR

	nlHeader    = 16 // struct nlmsghdr
	diagRequest = 56 // struct inet_diag_req_v2
	diagMessage = 72 // struct inet_diag_msg
)

// errInterrupted says that the sockets changed while the kernel listed them,
// so that some may be missing.
var errInterrupted = errors.New("the list of sockets changed while it was read")

// diagRequestFor asks for all listening TCP sockets of one family.
func diagRequestFor(family uint8, sequence uint32) []byte {
	m := make([]byte, nlHeader+diagRequest)
	binary.NativeEndian.PutUint32(m[0:], uint32(len(m)))
	binary.NativeEndian.PutUint16(m[4:], diagByFamily)
	binary.NativeEndian.PutUint16(m[6:], flagRequest|flagDump)
	binary.NativeEndian.PutUint32(m[8:], sequence)
	m[nlHeader] = family
	m[nlHeader+1] = diagTCP
	binary.NativeEndian.PutUint32(m[nlHeader+4:], diagListen)
	return m
}

// diagDump collects the answer to one request, which comes in many messages.
type diagDump struct {
	sequence    uint32
	sockets     []socket
	interrupted bool
	done        bool
}

// add takes one datagram, which is a row of messages.
func (d *diagDump) add(data []byte) error {
	for len(data) > 0 && !d.done {
		if len(data) < nlHeader {
			return errors.New("cannot parse netlink: message cut short")
		}
		length := int(binary.NativeEndian.Uint32(data))
		if length < nlHeader || length > len(data) {
			return fmt.Errorf("cannot parse netlink: message of %d bytes in %d", length, len(data))
		}
		if err := d.message(data[:length]); err != nil {
			return err
		}
		data = data[min(align4(length), len(data)):]
	}
	return nil
}

// message takes one message, header included. Messages that do not answer our
// request are left over from another one and are skipped.
func (d *diagDump) message(m []byte) error {
	if binary.NativeEndian.Uint32(m[8:]) != d.sequence {
		return nil
	}
	if binary.NativeEndian.Uint16(m[6:])&flagInterrupted != 0 {
		d.interrupted = true
	}
	switch binary.NativeEndian.Uint16(m[4:]) {
	case nlmsgDone:
		d.done = true
		return resultOf(m[nlHeader:])
	case nlmsgError:
		d.done = true
		if err := resultOf(m[nlHeader:]); err != nil {
			return err
		}
		return errors.New("cannot parse netlink: an acknowledgement instead of a list")
	case nlmsgOverrun:
		return errors.New("netlink lost data")
	case diagByFamily:
		s, err := parseDiag(m[nlHeader:])
		if err == nil {
			d.sockets = append(d.sockets, s)
		}
		return err
	}
	return nil
}

// resultOf reads the negative errno that an error message, and often the last
// one of a list, begins with.
func resultOf(payload []byte) error {
	if len(payload) < 4 {
		return nil
	}
	if code := int32(binary.NativeEndian.Uint32(payload)); code < 0 {
		return fmt.Errorf("netlink: %w", syscall.Errno(-int64(code)))
	}
	return nil
}

// parseDiag reads one struct inet_diag_msg and its attributes.
func parseDiag(m []byte) (socket, error) {
	if len(m) < diagMessage {
		return socket{}, fmt.Errorf("cannot parse sock_diag: %d bytes", len(m))
	}
	address := netip.AddrFrom4([4]byte(m[8:12]))
	if m[0] == diagINET6 {
		address = netip.AddrFrom16([16]byte(m[8:24]))
	} else if m[0] != diagINET {
		return socket{}, fmt.Errorf("cannot parse sock_diag: family %d", m[0])
	}
	return socket{
		address: netip.AddrPortFrom(address, binary.BigEndian.Uint16(m[4:])),
		v6only:  hasAttribute(m[diagMessage:], diagV6Only),
		inode:   uint64(binary.NativeEndian.Uint32(m[68:])),
		uid:     int(binary.NativeEndian.Uint32(m[64:])),
	}, nil
}

// hasAttribute reports whether the attributes contain this one, one byte
// long, with a value other than 0.
func hasAttribute(data []byte, kind uint16) bool {
	for len(data) >= 4 {
		length := int(binary.NativeEndian.Uint16(data))
		if length < 4 || length > len(data) {
			return false
		}
		if binary.NativeEndian.Uint16(data[2:]) == kind {
			return length > 4 && data[4] != 0
		}
		data = data[min(align4(length), len(data)):]
	}
	return false
}

// align4 rounds up to the alignment of netlink messages and attributes.
func align4(n int) int { return (n + 3) &^ 3 }
