package database

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// clone makes target share the blocks of source, and reports whether the file
// system can do that.
func clone(source *os.File, target string) bool {
	return unix.Fclonefileat(int(source.Fd()), unix.AT_FDCWD, target, 0) == nil && os.Chmod(target, fileMode) == nil
}

// renameExclusive renames and fails with EEXIST when there is something at
// target. supported is false when the file system cannot.
func renameExclusive(source, target string) (supported bool, err error) {
	err = unix.RenamexNp(source, target, unix.RENAME_EXCL)
	return !errors.Is(err, unix.ENOTSUP) && !errors.Is(err, unix.EINVAL), err
}

// lockByte locks one byte of the file for writing, or returns EAGAIN. The lock
// belongs to the process: closing another descriptor of the file takes it away.
func lockByte(f *os.File, offset int64) error {
	lock := unix.Flock_t{Type: unix.F_WRLCK, Start: offset, Len: 1}
	return unix.FcntlFlock(f.Fd(), unix.F_SETLK, &lock)
}

// unlockByte gives the lock back.
func unlockByte(f *os.File, offset int64) error {
	lock := unix.Flock_t{Type: unix.F_UNLCK, Start: offset, Len: 1}
	return unix.FcntlFlock(f.Fd(), unix.F_SETLK, &lock)
}
