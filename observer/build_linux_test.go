package observer

import (
	"bytes"
	"compress/zlib"
	"debug/elf"
	"encoding/binary"
	"os"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// crafted is an ELF file as the parser sees it: one segment at one address,
// and a table of section names.
type crafted struct {
	// info is the content of the segment, size what its header says.
	info []byte
	size uint64
	// names is the table of names, flags those of its section.
	names []byte
	flags elf.SectionFlag
}

// address is where the segment would be in memory.
const address = 0x10000

// bytes lays the file out: header, segment, two sections, and their contents.
func (c crafted) bytes(t *testing.T) []byte {
	t.Helper()
	var head elf.Header64
	var segment elf.Prog64
	var section elf.Section64
	segmentAt := binary.Size(head)
	sectionsAt := segmentAt + binary.Size(segment)
	infoAt := sectionsAt + 3*binary.Size(section)
	head = elf.Header64{
		Ident: [16]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: uint32(elf.EV_CURRENT),
		Phoff: uint64(segmentAt), Phentsize: uint16(binary.Size(segment)), Phnum: 1,
		Shoff: uint64(sectionsAt), Shentsize: uint16(binary.Size(section)), Shnum: 3, Shstrndx: 2,
	}
	size := max(c.size, uint64(len(c.info)))
	segment = elf.Prog64{Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_W),
		Off: uint64(infoAt), Vaddr: address, Filesz: size, Memsz: size}
	sections := []elf.Section64{{},
		{Name: 1, Type: uint32(elf.SHT_PROGBITS), Addr: address, Off: uint64(infoAt), Size: size},
		{Name: 0, Type: uint32(elf.SHT_STRTAB), Flags: uint64(c.flags), Off: uint64(infoAt + len(c.info)), Size: uint64(len(c.names))}}
	var file bytes.Buffer
	for _, part := range []any{head, segment, sections, c.info, c.names} {
		must(t, binary.Write(&file, binary.LittleEndian, part))
	}
	return file.Bytes()
}

// names is a table of section names as Go's linker writes it.
const names = "\x00.go.buildinfo\x00"

// linked is what Go's linker records of the modules, see debug/buildinfo.
func linked(modules string) []byte {
	frame := strings.Repeat("x", 16)
	info := append([]byte("\xff Go buildinf:\x08\x02"), make([]byte, 16)...)
	for _, word := range []string{"go1.26.0", frame + modules + frame} {
		info = append(binary.AppendUvarint(info, uint64(len(word))), word...)
	}
	return info
}

func TestBuildOfAnExecutable(t *testing.T) {
	for name, c := range map[string]struct{ modules, want string }{
		"a Temporal":          {"path\tx\ndep\tgo.temporal.io/api\tv1.5.0\ndep\tgo.temporal.io/server\tv1.29.1\th1:x\n", "temporal-server 1.29.1"},
		"a release candidate": {"path\tx\ndep\tgo.temporal.io/server\tv1.30.0-rc.1+dirty\n", "temporal-server 1.30.0-rc.1+dirty"},
		"without the server":  {"path\tx\ndep\tgo.temporal.io/api\tv1.5.0\n", ""},
		"a module beside it":  {"path\tx\ndep\tgo.temporal.io/server/v2\tv2.0.0\n", ""},
		"a changed server":    {"path\tx\ndep\tgo.temporal.io/server\tv1.29.1\n=>\t./server\t(devel)\t\n", ""},
		"of no version":       {"path\tx\ndep\tgo.temporal.io/server\t(devel)\n", ""},
		"of an odd version":   {"path\tx\ndep\tgo.temporal.io/server\tv1/../../x\n", ""},
		"of a long version":   {"path\tx\ndep\tgo.temporal.io/server\tv1" + strings.Repeat("0", 200) + "\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			path := t.TempDir() + "/temporal"
			must(t, os.WriteFile(path, crafted{info: linked(c.modules), names: []byte(names)}.bytes(t), 0o700))
			want := c.want
			if want == "" {
				want = fileBuild(t, path)
			}
			if got := newBuilds().of(path); got != want {
				t.Errorf("build = %q, want %q", got, want)
			}
		})
	}
}

// bomb is a table of names that unpacks to a terabyte, as far as it says.
func bomb(t *testing.T) []byte {
	t.Helper()
	var packed bytes.Buffer
	must(t, binary.Write(&packed, binary.LittleEndian, elf.Chdr64{Type: uint32(elf.COMPRESS_ZLIB), Size: 1 << 40}))
	w := zlib.NewWriter(&packed)
	zeros := make([]byte, 1<<20)
	for range 192 {
		_, err := w.Write(zeros)
		must(t, err)
	}
	must(t, w.Close())
	return packed.Bytes()
}

// What a file can cost that was made to cost much: it is named by its size
// and time, after a few reads.
func TestBuildOfAHarmfulFile(t *testing.T) {
	whole := crafted{info: linked("path\tx\ndep\tgo.temporal.io/server\tv1.29.1\n"), names: []byte(names)}
	huge := whole
	huge.info, huge.size = []byte("nothing"), 1<<40
	packed := whole
	packed.names, packed.flags = bomb(t), elf.SHF_COMPRESSED
	many := whole.bytes(t)
	binary.LittleEndian.PutUint16(many[60:], 0)
	long := whole
	long.info = binary.AppendUvarint(linked("")[:32], 1<<50)
	files := map[string][]byte{
		"empty": nil, "text": []byte("#!/bin/sh\nexec temporal \"$@\"\n"), "only a magic": []byte("\x7fELF"),
		"a Windows program": append([]byte("MZ"), make([]byte, 4096)...), "an endless segment": huge.bytes(t),
		"a bomb": packed.bytes(t), "no count of sections": many, "an endless word": long.bytes(t),
		"zeros": append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 1<<20)...),
	}
	for cut := 0; cut < len(whole.bytes(t))-1; cut += 37 {
		files["cut at "+string(rune('a'+cut/37))] = whole.bytes(t)[:cut]
	}
	for name, content := range files {
		t.Run(name, func(t *testing.T) {
			path := t.TempDir() + "/temporal"
			must(t, os.WriteFile(path, content, 0o700))
			if name == "an endless segment" {
				must(t, os.Truncate(path, 1<<40))
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			if got, want := newBuilds().of(path), fileBuild(t, path); got != want {
				t.Errorf("build = %q, want %q", got, want)
			}
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > 1<<30 {
				t.Errorf("took %d MiB", used>>20)
			}
		})
	}
}

// The parsers may panic, and the file may fail to be read; neither ends the daemon,
// and only the second leaves the build open.
func TestBuildOfAFileThatFails(t *testing.T) {
	if got := readVersion(panicking{}); got != "" {
		t.Errorf("version = %q", got)
	}
	folder, err := open(t.TempDir(), unix.O_DIRECTORY)
	must(t, err)
	defer folder.close()
	r := &boundedReader{file: folder, left: maxBuildRead}
	if got := readVersion(r); got != "" || r.err != unix.EISDIR {
		t.Errorf("version = %q, err = %v", got, r.err)
	}
}

// A build that cannot be read just now is not told, and not remembered.
func TestBuildThatCannotBeReadNow(t *testing.T) {
	b := newBuilds()
	// The start of our own memory: a regular file whose reading fails.
	if got := b.of("/proc/self/mem"); got != "" || len(b.known) != 0 {
		t.Errorf("build = %q, remembered %v", got, b.known)
	}
}

type panicking struct{}

func (panicking) ReadAt([]byte, int64) (int, error) { panic("a corrupt file") }

// A file that may be run and not read is named all the same, and read as soon
// as that is allowed.
func TestBuildOfAFileThatMayNotBeRead(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can start a child as another user")
	}
	folder := realDir(t)
	openFolders(t, folder)
	path := folder + "/temporal"
	must(t, os.WriteFile(path, crafted{info: linked("path\tx\ndep\tgo.temporal.io/server\tv1.29.1\n"), names: []byte(names)}.bytes(t), 0o711))
	if got, want := start(t, "build "+path, asNobody).report, "0 "+fileBuild(t, path); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	must(t, os.Chmod(path, 0o755))
	if got, want := start(t, "build "+path, asNobody).report, "1 temporal-server 1.29.1"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
