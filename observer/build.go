package observer

import (
	"debug/buildinfo"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime/debug"
	"sync"

	"github.com/stigmer/stigmer-local/observer/observed"
	"golang.org/x/sys/unix"
)

const (
	// serverModule is the module whose version decides what is in a database.
	serverModule = "go.temporal.io/server"
	// maxBuilds bounds the memory; above it every file is read anew.
	maxBuilds = 64
)

// program is an executable file as it was read.
type program struct {
	fileKey
	// size in bytes, written in Unix nanoseconds.
	size, written int64
}

// builds remembers what was read in executables.
type builds struct {
	mu    sync.Mutex
	known map[program]string
}

func newBuilds() *builds { return &builds{known: map[program]string{}} }

// of returns the build of the executable at the path, see
// observed.Executable. It is empty when the file cannot be read just now: a
// name that is wrong for one look would be a change of version.
func (b *builds) of(path string) string {
	info, err := os.Stat(path)
	file, ok := regularFile(path, info, err).Get()
	if !ok {
		return ""
	}
	p := program{fileKey{file.Device, file.Inode}, file.Size, file.ModTime.UnixNano()}
	if build, ok := b.get(p); ok {
		return build
	}
	version, err := p.serverVersion(path)
	build := fmt.Sprintf("file %d-%d", p.size, p.written)
	switch {
	case denied(err):
		// It can be run all the same. That it cannot be read may change
		// without the file being written, so it is not remembered.
		return build
	case err != nil:
		return ""
	case version != "":
		build = "temporal-server " + version
	}
	b.put(p, build)
	return build
}

func (b *builds) get(p program) (string, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	build, ok := b.known[p]
	return build, ok
}

func (b *builds) put(p program, build string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.known) >= maxBuilds {
		clear(b.known)
	}
	b.known[p] = build
}

// serverVersion reads the version of Temporal's server in an executable,
// empty when it names none.
func (p program) serverVersion(path string) (string, error) {
	fd, err := open(path, 0)
	if err != nil {
		return "", err
	}
	defer fd.close()
	r := &boundedReader{file: fd, left: maxBuildRead}
	version := readVersion(r)
	if r.err == nil && !p.is(fd) {
		r.err = fmt.Errorf("%s was replaced or written while it was being read", path)
	}
	return version, r.err
}

// is reports whether the descriptor is the file, as it was.
func (p program) is(fd descriptor) bool {
	var s unix.Stat_t
	if unix.Fstat(int(fd), &s) != nil {
		return false
	}
	return p == program{fileKey{uint64(s.Dev), s.Ino}, s.Size, s.Mtim.Nano()}
}

// readVersion returns the version of the server that the program was linked
// with. A version that does not read as one, or one that was replaced by
// something else, names no build. The parsers of debug/elf and its like say
// that a file that was made to harm can make them panic.
func readVersion(r io.ReaderAt) (version string) {
	defer func() {
		if recover() != nil {
			version = ""
		}
	}()
	info, err := buildinfo.Read(r)
	if err != nil {
		return ""
	}
	return versionIn(info)
}

func versionIn(info *debug.BuildInfo) string {
	release := regexp.MustCompile(`^v([0-9][0-9A-Za-z.+-]{0,99})$`)
	for _, module := range info.Deps {
		if module.Path != serverModule || module.Replace != nil {
			continue
		}
		if match := release.FindStringSubmatch(module.Version); match != nil {
			return match[1]
		}
	}
	return ""
}

// boundedReader reads at most so many bytes of the file in all.
type boundedReader struct {
	file descriptor
	left int
	// err is why the file could not be read, the end and the bound aside.
	err error
}

// ReadAt implements io.ReaderAt.
func (r *boundedReader) ReadAt(p []byte, offset int64) (int, error) {
	if r.left -= len(p); r.left < 0 {
		return 0, errors.New("too much to read")
	}
	for read := 0; ; {
		n, err := unix.Pread(int(r.file), p[read:], offset+int64(read))
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EINVAL && offset < 0:
			return read, err
		case err != nil:
			r.err = err
			return read, err
		}
		if read += n; read == len(p) {
			return read, nil
		}
		if n == 0 {
			return read, io.EOF
		}
	}
}

// withBuild adds the build to an executable that can be run.
func (b *builds) withBuild(e observed.Fact[observed.Executable]) observed.Fact[observed.Executable] {
	if e.IsKnown() && e.Value.Problem == "" {
		e.Value.Build = b.of(e.Value.Path)
	}
	return e
}
