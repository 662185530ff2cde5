package observer

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// procArgs is the content of the sysctl kern.procargs2 of macOS.
type procArgs struct {
	executable string
	args       []string
	environ    environment
}

// errProcArgs says that kern.procargs2 does not read as it should.
var errProcArgs = errors.New("cannot parse kern.procargs2: cut short")

// parseProcArgs reads kern.procargs2: the number of arguments as a 32-bit
// integer, the path that was executed, padding NULs, the arguments and the
// environment, each NUL-terminated, and an empty word at the end.
func parseProcArgs(data []byte) (procArgs, error) {
	if len(data) < 4 {
		return procArgs{}, errProcArgs
	}
	count := int(int32(binary.NativeEndian.Uint32(data)))
	executable, rest, found := bytes.Cut(data[4:], []byte{0})
	if !found || count < 0 || count > len(rest) {
		return procArgs{}, errProcArgs
	}
	p := procArgs{executable: string(executable)}
	rest = bytes.TrimLeft(rest, "\x00")
	for range count {
		var arg []byte
		if arg, rest, found = bytes.Cut(rest, []byte{0}); !found {
			return procArgs{}, errProcArgs
		}
		p.args = append(p.args, string(arg))
	}
	p.setEnvironment(rest)
	return p, nil
}

// setEnvironment reads entries up to an empty one.
func (p *procArgs) setEnvironment(rest []byte) {
	for len(rest) > 0 && rest[0] != 0 {
		var entry []byte
		entry, rest, _ = bytes.Cut(rest, []byte{0})
		if bytes.HasPrefix(entry, []byte(ourPrefix)) {
			p.environ.set(string(entry))
		}
	}
}
