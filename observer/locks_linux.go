package observer

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/stigmer/stigmer-local/observer/observed"
	"golang.org/x/sys/unix"
)

// handedOver is the descriptor at which a start hands over the lock: the
// first of os/exec's ExtraFiles.
const handedOver = 3

// carries reads the descriptor of the hand-over first, and then, since a
// lock can also be inherited or taken, all others.
func (m machine) carries(pid int, file lockFile) observed.Knowledge {
	fdinfo := m.path(pid, "fdinfo")
	if m.descriptorCarries(pid, handedOver, file) == observed.Known {
		return observed.Known
	}
	names, err := m.names(fdinfo)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH) {
		return observed.Absent
	}
	if err != nil {
		return observed.Unknown
	}
	answer := observed.Absent
	for _, descriptor := range numbers(names) {
		switch m.descriptorCarries(pid, descriptor, file) {
		case observed.Known:
			return observed.Known
		case observed.Unknown:
			answer = observed.Unknown
		}
	}
	return answer
}

// descriptorCarries says whether this descriptor carries an exclusive flock
// on the file. The lines of fdinfo are those of this open file alone.
func (m machine) descriptorCarries(pid, descriptor int, file lockFile) observed.Knowledge {
	if !m.mayBeFile(pid, descriptor) {
		return observed.Absent
	}
	data, err := readLimited(m.path(pid, "fdinfo/"+strconv.Itoa(descriptor)), maxProcFile)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH) {
		return observed.Absent
	}
	if err != nil {
		return observed.Unknown
	}
	for _, lock := range parseFdinfo(data) {
		if lock.exclusiveFlock() && (lock.on(file) || m.sameFile(pid, descriptor, file)) {
			return observed.Known
		}
	}
	return observed.Absent
}

// mayBeFile saves reading the fdinfo of sockets, pipes and the like, whose
// links do not read as a path. A link that cannot be read may be anything.
func (m machine) mayBeFile(pid, descriptor int) bool {
	link, err := os.Readlink(m.path(pid, "fd/"+strconv.Itoa(descriptor)))
	return err != nil || filepath.IsAbs(link)
}

// sameFile compares through the descriptor itself, for file systems whose
// lock lines have another device than stat(2). It is asked only of a locked
// file with the name of ours: others may be on a server that does not answer.
func (m machine) sameFile(pid, descriptor int, file lockFile) bool {
	path := m.path(pid, "fd/"+strconv.Itoa(descriptor))
	link, err := os.Readlink(path)
	if err != nil || filepath.Base(link) != filepath.Base(file.path) {
		return false
	}
	info, err := os.Stat(path)
	return err == nil && os.SameFile(info, file.info)
}

// on reports whether the lock is on this file, going by device and inode.
func (l heldLock) on(file lockFile) bool {
	device, inode, ok := fileID(file.info)
	return ok && l.inode == inode && l.major == unix.Major(device) && l.minor == unix.Minor(device)
}

// takers reads /proc/locks.
func (m machine) takers(file lockFile) []int {
	data, err := readLimited(filepath.Join(m.proc, "locks"), maxProcFile)
	if err != nil {
		return nil
	}
	var takers []int
	for _, lock := range parseLocks(data) {
		if lock.exclusiveFlock() && lock.taker > 0 && lock.on(file) {
			takers = append(takers, lock.taker)
		}
	}
	return takers
}
