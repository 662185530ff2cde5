package observer

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// message builds one netlink message.
func message(kind, flags uint16, sequence uint32, payload []byte) []byte {
	m := binary.NativeEndian.AppendUint32(nil, uint32(nlHeader+len(payload)))
	m = binary.NativeEndian.AppendUint16(m, kind)
	m = binary.NativeEndian.AppendUint16(m, flags)
	m = binary.NativeEndian.AppendUint32(m, sequence)
	m = binary.NativeEndian.AppendUint32(m, 0)
	m = append(m, payload...)
	return append(m, make([]byte, align4(len(m))-len(m))...)
}

// diagPayload builds struct inet_diag_msg for a socket, attributes included.
func diagPayload(s socket) []byte {
	m := make([]byte, diagMessage)
	m[0], m[1] = diagINET6, 10
	if s.address.Addr().Is4() {
		m[0] = diagINET
	}
	binary.BigEndian.PutUint16(m[4:], s.address.Port())
	copy(m[8:], s.address.Addr().AsSlice())
	binary.NativeEndian.PutUint32(m[64:], uint32(s.uid))
	binary.NativeEndian.PutUint32(m[68:], uint32(s.inode))
	m = append(m, attribute(8, 0)...)
	if s.v6only {
		m = append(m, attribute(diagV6Only, 1)...)
	}
	return m
}

// attribute builds a netlink attribute of one byte, padded.
func attribute(kind uint16, value byte) []byte {
	a := binary.NativeEndian.AppendUint16(nil, 5)
	a = binary.NativeEndian.AppendUint16(a, kind)
	return append(a, value, 0, 0, 0)
}

func errno(code int32) []byte {
	return binary.NativeEndian.AppendUint32(nil, uint32(-code))
}

func TestDiagDump(t *testing.T) {
	v4 := socket{address: netip.MustParseAddrPort("127.0.0.1:7233"), inode: 11, uid: 1000}
	v6 := socket{address: netip.MustParseAddrPort("[::]:8233"), inode: 12, v6only: true}
	dump := diagDump{sequence: 5}
	parts := [][]byte{
		slices.Concat(message(diagByFamily, 2, 5, diagPayload(v4)), message(diagByFamily, 2, 4, diagPayload(v6))),
		slices.Concat(message(1, 0, 5, nil), message(diagByFamily, 2, 5, diagPayload(v6)), message(nlmsgDone, 2, 5, errno(0))),
		message(diagByFamily, 2, 5, diagPayload(v4)),
	}
	for _, part := range parts {
		must(t, dump.add(part))
	}
	if want := []socket{v4, v6}; !dump.done || dump.interrupted || !slices.Equal(dump.sockets, want) {
		t.Errorf("dump = %+v, want %+v", dump, want)
	}
}

func TestDiagDumpInterrupted(t *testing.T) {
	dump := diagDump{sequence: 5}
	must(t, dump.add(message(nlmsgDone, flagInterrupted, 5, nil)))
	if !dump.done || !dump.interrupted {
		t.Errorf("dump = %+v", dump)
	}
}

func TestDiagDumpRefuses(t *testing.T) {
	short := message(diagByFamily, 0, 5, make([]byte, diagMessage))
	binary.NativeEndian.PutUint32(short, 8)
	long := message(diagByFamily, 0, 5, nil)
	binary.NativeEndian.PutUint32(long, 1<<20)
	unknown := diagPayload(socket{address: netip.MustParseAddrPort("127.0.0.1:1")})
	unknown[0] = 99
	cases := map[string]struct {
		data []byte
		want string
	}{
		"refused":         {message(nlmsgError, 0, 5, errno(int32(syscall.EPERM))), "operation not permitted"},
		"failed at end":   {message(nlmsgDone, 0, 5, errno(int32(syscall.ENOENT))), "no such file"},
		"acknowledged":    {message(nlmsgError, 0, 5, errno(0)), "acknowledgement"},
		"overrun":         {message(nlmsgOverrun, 0, 5, nil), "lost"},
		"half a header":   {[]byte{1, 2, 3}, "cut short"},
		"length too low":  {short, "8 bytes"},
		"length too high": {long, "1048576 bytes"},
		"socket too low":  {message(diagByFamily, 0, 5, make([]byte, diagMessage-1)), "71 bytes"},
		"unknown family":  {message(diagByFamily, 0, 5, unknown), "family 99"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			dump := diagDump{sequence: 5}
			if err := dump.add(c.data); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error = %v, want %q", err, c.want)
			}
		})
	}
}

// An error keeps its number, since a kernel without IPv6 is no failure.
func TestDiagErrorIsErrno(t *testing.T) {
	dump := diagDump{sequence: 5}
	if err := dump.add(message(nlmsgError, 0, 5, errno(int32(syscall.ENOENT)))); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("error = %v", err)
	}
}

func TestHasAttribute(t *testing.T) {
	cases := map[string]struct {
		data []byte
		want bool
	}{
		"none":       {nil, false},
		"set":        {attribute(diagV6Only, 1), true},
		"not set":    {attribute(diagV6Only, 0), false},
		"second":     {slices.Concat(attribute(8, 1), attribute(diagV6Only, 1)), true},
		"unpadded":   {attribute(diagV6Only, 1)[:5], true},
		"empty":      {[]byte{4, 0, diagV6Only, 0}, false},
		"length 0":   {[]byte{0, 0, diagV6Only, 0, 1}, false},
		"beyond end": {[]byte{255, 0, diagV6Only, 0, 1}, false},
	}
	for name, c := range cases {
		if got := hasAttribute(c.data, diagV6Only); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestDiagRequest(t *testing.T) {
	m := diagRequestFor(diagINET6, 9)
	if len(m) != 72 || binary.NativeEndian.Uint32(m) != 72 || binary.NativeEndian.Uint32(m[8:]) != 9 {
		t.Errorf("header = %v", m[:nlHeader])
	}
	if m[16] != diagINET6 || m[17] != syscall.IPPROTO_TCP || binary.NativeEndian.Uint32(m[20:]) != 1<<10 {
		t.Errorf("request = %v", m[nlHeader:])
	}
}
