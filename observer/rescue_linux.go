package observer

import (
	"os"
	"strconv"
)

// lostDatabase looks for a descriptor that is a SQLite database and not the
// file at path.
func (m machine) lostDatabase(pid int, path string) (string, bool) {
	folder := m.path(pid, "fd")
	names, err := m.names(folder)
	if err != nil {
		return "", false
	}
	there, _ := os.Stat(path)
	for _, descriptor := range numbers(names) {
		link := folder + "/" + strconv.Itoa(descriptor)
		info, err := os.Stat(link)
		if err != nil || !info.Mode().IsRegular() || there != nil && os.SameFile(info, there) {
			continue
		}
		if header, err := readHeader(link); err == nil && header == databaseHeader {
			return link, true
		}
	}
	return "", false
}
