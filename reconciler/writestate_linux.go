package reconciler

import (
	"errors"

	"golang.org/x/sys/unix"
)

// openForWriting reports whether a process has the file open for writing: then the
// kernel gives no read lease on it. One that it gives is given back at once. A file
// of another user and a file system without leases tell nothing; NFS 4 and CIFS may
// refuse one for reasons of their own.
func openForWriting(fd uintptr) bool {
	_, err := unix.FcntlInt(fd, unix.F_SETLEASE, unix.F_RDLCK)
	if err == nil {
		_, err = unix.FcntlInt(fd, unix.F_SETLEASE, unix.F_UNLCK)
	}
	return errors.Is(err, unix.EAGAIN)
}
