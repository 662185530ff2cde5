package observer

import (
	"cmp"
	"errors"
	"io/fs"
	"strconv"

	"golang.org/x/sys/unix"
)

// findFile looks at every descriptor of the process. The names of files do
// not matter: a hard link has another one.
func (m machine) findFile(pid int, file fileKey) (int, bool, error) {
	folder, err := open(m.path(pid, "fd"), unix.O_DIRECTORY)
	if gone(err) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	defer folder.close()
	return folder.findFile(file)
}

// findFile reads the folder of a process's descriptors, which may be many,
// piece by piece.
func (d descriptor) findFile(file fileKey) (int, bool, error) {
	var unread error
	buffer := make([]byte, 4096)
	for {
		n, err := unix.ReadDirent(int(d), buffer)
		if n <= 0 || err != nil {
			if gone(err) {
				err = nil
			}
			return 0, false, errors.Join(unread, err)
		}
		_, _, names := unix.ParseDirent(buffer[:n], -1, nil)
		for _, name := range names {
			is, err := isFile(int(d), name, file)
			if is {
				descriptor, err := strconv.Atoi(name)
				return descriptor, err == nil, err
			}
			unread = cmp.Or(unread, err)
		}
	}
}

// hasFile asks one descriptor.
func (m machine) hasFile(pid, descriptor int, file fileKey) bool {
	is, _ := isFile(unix.AT_FDCWD, m.path(pid, "fd/"+strconv.Itoa(descriptor)), file)
	return is
}

// isFile compares the file behind a descriptor's link.
func isFile(folder int, name string, file fileKey) (bool, error) {
	found, _, err := identify(folder, name)
	if gone(err) {
		return false, nil
	}
	return err == nil && found == file, err
}

// identify says which file is behind a link, which it does not open. It wants
// what the kernel knows already: the process may have files on a server that does
// not answer.
func identify(folder int, name string) (file fileKey, regular bool, err error) {
	var s unix.Statx_t
	err = unix.Statx(folder, name, unix.AT_STATX_DONT_SYNC|unix.AT_NO_AUTOMOUNT, unix.STATX_TYPE|unix.STATX_INO, &s)
	return fileKey{device: unix.Mkdev(s.Dev_major, s.Dev_minor), inode: s.Ino}, s.Mode&unix.S_IFMT == unix.S_IFREG, err
}

// gone reports whether an error means that the process, or its descriptor, is
// no longer there.
func gone(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH) }
