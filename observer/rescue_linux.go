package observer

import (
	"errors"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/stigmer/stigmer-local/observer/observed"
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
	there, _, _ := identify(unix.AT_FDCWD, path)
	for _, descriptor := range numbers(names) {
		link := folder + "/" + strconv.Itoa(descriptor)
		file, regular, err := identify(unix.AT_FDCWD, link)
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

// fileBehind returns the file behind a descriptor's link; zero for no link. Its path
// is empty when it has none any more, or the path leads to another file here.
func (m machine) fileBehind(link string) observed.AnotherFile {
	var s unix.Statx_t
	if unix.Statx(unix.AT_FDCWD, link, unix.AT_STATX_DONT_SYNC, unix.STATX_INO|unix.STATX_NLINK, &s) != nil {
		return observed.AnotherFile{}
	}
	file := observed.AnotherFile{Link: link, Inode: s.Ino, Links: uint64(s.Nlink)}
	key := fileKey{device: unix.Mkdev(s.Dev_major, s.Dev_minor), inode: s.Ino}
	path, err := os.Readlink(link)
	if err != nil {
		return file
	}
	if there, _, err := identify(unix.AT_FDCWD, path); err == nil && there == key {
		file.Path = path
	}
	return file
}
