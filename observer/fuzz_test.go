package observer

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/shirou/gopsutil/v3/net"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// FuzzParseRecord: a record is corrupt or names a process, and one that does
// says what its lines say, also when it is written as the actuator writes it.
func FuzzParseRecord(f *testing.F) {
	for _, seed := range []string{"12\ntemporal\n1700000000\n", "12\n", "", "\n", "1\n2\n3\n", "a\nb\nc", "12\r\nt\r\n1\r\n", "2147483648\n", "+7\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r := parseRecord(data)
		if (r.Format == observed.RecordCorrupt) != (r.PID == 0) || r.PID < 0 {
			t.Errorf("parseRecord(%q) = %+v", data, r)
		}
		if (r.Format == observed.RecordCurrent) == r.Started.IsZero() {
			t.Errorf("parseRecord(%q) = %+v", data, r)
		}
		lines := strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n")
		if r.Format == observed.RecordCurrent && (r.Command != strings.TrimSpace(lines[1]) || r.Started.Unix() <= 0) {
			t.Errorf("%q is read as %+v", data, r)
		}
		written := fmt.Sprintf("%d\n%s\n%d\n", r.PID, r.Command, r.Started.Unix())
		if r.Format == observed.RecordCurrent && len(written) <= maxRecord && parseRecord([]byte(written)) != r {
			t.Errorf("%+v is written as %q, and read as %+v", r, written, parseRecord([]byte(written)))
		}
	})
}

// FuzzDiagDump: a socket that is read can be written as the kernel does, and
// reads the same; and the parts of an answer read like the whole.
func FuzzDiagDump(f *testing.F) {
	s := socket{address: netip.MustParseAddrPort("[::1]:7233"), inode: 11, v6only: true}
	f.Add(message(diagByFamily, 2, 5, diagPayload(s)))
	f.Add(slices.Concat(message(diagByFamily, 2, 5, diagPayload(s)), message(nlmsgDone, 2, 5, errno(0))))
	f.Add(message(nlmsgError, 0, 5, errno(1)))
	f.Add(message(nlmsgError, 0, 5, errno(-1<<31)))
	f.Fuzz(func(t *testing.T, data []byte) {
		dump := diagDump{sequence: 5}
		if err := dump.add(data); err == nil && len(dump.sockets) > len(data)/diagMessage {
			t.Errorf("%d sockets in %d bytes", len(dump.sockets), len(data))
		}
		for _, s := range dump.sockets {
			again := diagDump{sequence: 5}
			if err := again.add(message(diagByFamily, 2, 5, diagPayload(s))); err != nil || !slices.Equal(again.sockets, []socket{s}) {
				t.Errorf("%+v is read again as %+v, %v", s, again.sockets, err)
			}
		}
	})
}

// FuzzPortableSocket: what is taken over is a listener with an address and a port.
func FuzzPortableSocket(f *testing.F) {
	f.Add("127.0.0.1", uint32(7233), "LISTEN", uint32(2))
	f.Add("*", uint32(8233), "LISTEN", uint32(30))
	f.Add("::1%lo", uint32(70000), "LISTEN", uint32(10))
	f.Add("x", uint32(1), "ESTABLISHED", uint32(0))
	f.Fuzz(func(t *testing.T, ip string, port uint32, status string, family uint32) {
		s, ok := portableSocket(net.ConnectionStat{Status: status, Family: family, Laddr: net.Addr{IP: ip, Port: port}})
		if ok && (!s.address.IsValid() || uint32(s.address.Port()) != port || port == 0 || status != "LISTEN") {
			t.Errorf("portableSocket(%q, %d, %q) = %+v", ip, port, status, s)
		}
		if want, err := netip.ParseAddr(ip); ok && err == nil && s.address.Addr() != want {
			t.Errorf("%q is listened on as %s", ip, s.address)
		}
	})
}

// FuzzReadBeside: a record or a marker that is there is never missing, and one
// that is understood is what its text says.
func FuzzReadBeside(f *testing.F) {
	for _, seed := range []string{
		"", "null", "{}", "[]", `{"clusterID":"a","createdBy":"1.5.1","objects":["table x"],"rescued":true}`, `{"objects":null} x`,
		`{"started":"2026-01-31T12:00:00Z","build":"1.5.1"}`, `{"started":"yesterday"}`, `{"clusterID":"` + "\xff" + `"}`, `{"restored":"/b@t","replaces":"/r"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		database := filepath.Join(t.TempDir(), "t.db")
		must(t, os.WriteFile(observed.MetaPath(database), data, 0o600))
		must(t, os.WriteFile(observed.FirstBootPath(database), data, 0o600))
		if boot := readFirstBoot(database); !boot.IsKnown() {
			t.Errorf("a marker that says %q: %+v", data, boot)
		}
		meta := readMeta(database)
		if meta.IsAbsent() || meta.IsKnown() == (meta.Reason != "") {
			t.Fatalf("a record that says %q: %+v", data, meta)
		}
		if !meta.IsKnown() && !reflect.DeepEqual(meta.Value, observed.Meta{}) {
			t.Errorf("a record that says %q is not understood, and says %+v", data, meta)
		}
		written, err := json.Marshal(meta.Value)
		must(t, err)
		must(t, os.WriteFile(observed.MetaPath(database), written, 0o600))
		if again := readMeta(database); meta.IsKnown() && !reflect.DeepEqual(again.Value, meta.Value) && len(meta.Value.Objects) > 0 {
			t.Errorf("%+v is written as %s, and read as %+v", meta, written, again)
		}
	})
}

// FuzzReadVersion: whatever the file is, it ends soon, and what it is called
// is a version that stands in the file.
func FuzzReadVersion(f *testing.F) {
	f.Add([]byte("\x7fELF\x02\x01\x01"))
	f.Add([]byte("\xcf\xfa\xed\xfe\x07\x00\x00\x01"))
	f.Add([]byte("\xff Go buildinf:\x08\x02"))
	f.Add([]byte("MZ"))
	f.Add(programWith("v1.29.1"))
	f.Add(programWith("v1.29.1 or so"))
	f.Fuzz(func(t *testing.T, data []byte) {
		version := readVersion(bytes.NewReader(data))
		if len(version) > 100 || !bytes.Contains(data, []byte(version)) {
			t.Errorf("the version of %q is %q", data, version)
		}
		if again := readVersion(bytes.NewReader(programWith("v" + version))); again != version {
			t.Errorf("version %q is read as %q", version, again)
		}
	})
}

// programWith is the least ELF file that says, as Go's linker does, that it was
// built with that version of the server.
func programWith(version string) []byte {
	modules := "path\tx\ndep\t" + serverModule + "\t" + version + "\th1:x=\n"
	const start = 128 // of the build information, which is aligned
	blob := binary.AppendUvarint([]byte("\xff Go buildinf:\x08\x02"+strings.Repeat("\x00", 16)), 6)
	blob = binary.AppendUvarint(append(blob, "go1.26"...), uint64(len(modules)+32))
	blob = append(blob, strings.Repeat("s", 16)+modules+strings.Repeat("e", 16)...)
	var file bytes.Buffer
	for _, part := range []any{
		elf.Header64{
			Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
			Type:  uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: uint32(elf.EV_CURRENT),
			Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 1,
		},
		elf.Prog64{
			Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_W), Off: start, Vaddr: 1 << 12,
			Filesz: uint64(len(blob)), Memsz: uint64(len(blob)), Align: 16,
		},
		make([]byte, start-64-56), blob,
	} {
		_ = binary.Write(&file, binary.LittleEndian, part) // to memory, which does not fail
	}
	return file.Bytes()
}

// FuzzDatabases: a database file is an argument or the end of one, and only of
// a dev server.
func FuzzDatabases(f *testing.F) {
	f.Add("temporal server start-dev --db-filename /a -f/b -f=/c --db-filename=/d")
	f.Add("start-dev -f")
	f.Add("temporal -f x")
	f.Fuzz(func(t *testing.T, line string) {
		args := strings.Split(line, " ")
		paths := databases(args)
		if len(paths) > len(args) || len(paths) > 0 && !slices.Contains(args, "start-dev") {
			t.Errorf("%q names %q", args, paths)
		}
		for _, path := range paths {
			if !slices.ContainsFunc(args, func(arg string) bool { return strings.HasSuffix(arg, path) }) {
				t.Errorf("%q names %q", args, path)
			}
		}
	})
}
