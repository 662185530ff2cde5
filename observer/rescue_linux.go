package observer

import (
	"errors"
	"os"
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
	there, _ := os.Stat(path)
	for _, descriptor := range numbers(names) {
		link := folder + "/" + strconv.Itoa(descriptor)
		info, err := os.Stat(link)
		if err != nil && !gone(err) {
			unread = err
		}
		if err != nil || !info.Mode().IsRegular() || there != nil && os.SameFile(info, there) {
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
