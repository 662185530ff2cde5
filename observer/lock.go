package observer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/stigmer/stigmer-local/observer/observed"
	"golang.org/x/sys/unix"
)

// lockFile is a lock file as it stands at its path now.
type lockFile struct {
	path string
	info fs.FileInfo
}

// lockView is what a look knows of the instance's lock.
type lockView struct {
	file lockFile
	held observed.Knowledge
	// reason why held is Unknown or Absent.
	reason string
	// holders are the processes that were verified to carry the lock.
	holders []int
}

// lost reports whether the lock is held by nobody that is known.
func (v lockView) lost() bool { return v.held == observed.Known && len(v.holders) == 0 }

// statLock looks at the file without opening it, since opening something else
// than a regular file could block or have effects.
func statLock(path string) (lockFile, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return lockFile{}, err
	}
	if !info.Mode().IsRegular() {
		return lockFile{}, fmt.Errorf("%s is %s, not a lock file", path, kindOf(info.Mode()))
	}
	return lockFile{path: path, info: info}, nil
}

// probe asks the kernel whether somebody holds an exclusive flock on the
// file: it takes a shared one and releases it at once.
func (f lockFile) probe() (observed.Knowledge, string) {
	fd, err := openRegular(f.path)
	if err != nil {
		return observed.Unknown, err.Error()
	}
	defer fd.close()
	if !fd.same(f.info) {
		return observed.Unknown, f.path + " was replaced during the look"
	}
	switch err := fd.flock(unix.LOCK_SH | unix.LOCK_NB); {
	case errors.Is(err, unix.EWOULDBLOCK):
		return observed.Known, ""
	case err != nil:
		return observed.Unknown, fmt.Sprintf("cannot probe the lock file %s: %v", f.path, err)
	}
	// Released by name, not only by closing: a process that is being forked
	// this moment may have a copy of the descriptor.
	if err := fd.flock(unix.LOCK_UN); err != nil {
		return observed.Unknown, fmt.Sprintf("cannot release the probe of %s: %v", f.path, err)
	}
	return observed.Absent, "nobody holds the lock"
}

// readLock asks the candidates for the lock first, which needs no probe. When
// none of them holds it the file is probed, and the processes that are said
// to have taken the lock are asked too.
func (o *Observer) readLock(path string, candidates []int) lockView {
	file, err := statLock(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return lockView{held: observed.Absent, reason: "there is no lock file"}
	case err != nil:
		return lockView{held: observed.Unknown, reason: fmt.Sprintf("cannot read the lock: %v", err)}
	}
	v := lockView{file: file, held: observed.Known, holders: o.carriers(file, candidates)}
	if len(v.holders) > 0 {
		return v
	}
	if v.held, v.reason = file.probe(); v.held == observed.Known {
		v.holders = o.carriers(file, o.machine.takers(file))
	}
	return v
}

// carriers returns those of the processes that carry the lock.
func (o *Observer) carriers(file lockFile, pids []int) []int {
	var carriers []int
	for _, pid := range pids {
		if o.machine.carries(pid, file) == observed.Known {
			carriers = append(carriers, pid)
		}
	}
	return carriers
}

// kindOf names what a file is.
func kindOf(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a folder"
	case mode.IsRegular():
		return "a file"
	case mode&fs.ModeSymlink != 0:
		return "a symbolic link"
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}
