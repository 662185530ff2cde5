package database

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// clone makes target share the blocks of source, and reports whether the file
// system can do that.
func clone(source *os.File, target string) bool {
	f, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return false
	}
	err = unix.IoctlFileClone(int(f.Fd()), int(source.Fd()))
	_ = f.Close()
	if err != nil {
		_ = os.Remove(target)
	}
	return err == nil
}

// renameExclusive renames and fails with EEXIST when there is something at
// target. supported is false when the file system cannot.
func renameExclusive(source, target string) (supported bool, err error) {
	err = unix.Renameat2(unix.AT_FDCWD, source, unix.AT_FDCWD, target, unix.RENAME_NOREPLACE)
	return !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOSYS), err
}

// lockByte locks one byte of the file for writing, or returns EAGAIN. The lock
// belongs to this open file, not to the process: no other descriptor that is
// closed meanwhile takes it away.
func lockByte(f *os.File, offset int64) error {
	lock := unix.Flock_t{Type: unix.F_WRLCK, Start: offset, Len: 1}
	return unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &lock)
}

// unlockByte gives the lock back.
func unlockByte(f *os.File, offset int64) error {
	lock := unix.Flock_t{Type: unix.F_UNLCK, Start: offset, Len: 1}
	return unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &lock)
}
