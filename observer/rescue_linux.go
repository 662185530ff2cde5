package observer

import (
	"errors"
	"strconv"

	"golang.org/x/sys/unix"
)

// lostDatabase looks for a descriptor that is a SQLite database and not the
// file at path; empty for none. A process that has ended has none.
func (m machine) lostDatabase(pid int, path string) (string, error) {
	folder := m.path(pid, "fd")
	names, err := m.names(folder)
	if gone(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	var unread error
	there, _, _ := identify(path)
	for _, descriptor := range numbers(names) {
		link := folder + "/" + strconv.Itoa(descriptor)
		file, regular, err := identify(link)
		if err != nil && !gone(err) {
			unread = err
		}
		if err != nil || !regular || file == there {
			continue
		}
		header, err := readHeader(link)
		switch {
		case err == nil && header == databaseHeader:
			return link, nil
		case err != nil && !gone(err) && !errors.Is(err, unix.ENXIO):
			// A pidfd calls itself a regular file, and cannot be opened.
			unread = err
		}
	}
	return "", unread
}

// identify follows the link and says which file it is, by what the kernel knows
// already: it may be on a server that does not answer.
func identify(path string) (file fileKey, regular bool, err error) {
	var s unix.Statx_t
	err = unix.Statx(unix.AT_FDCWD, path, unix.AT_STATX_DONT_SYNC|unix.AT_NO_AUTOMOUNT, unix.STATX_TYPE|unix.STATX_INO, &s)
	return fileKey{device: unix.Mkdev(s.Dev_major, s.Dev_minor), inode: s.Ino}, s.Mode&unix.S_IFMT == unix.S_IFREG, err
}
