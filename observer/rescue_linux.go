package observer

import (
	"os"
	"strconv"
	"strings"
)

// databaseHeader is how every SQLite database begins (file format, 1.3).
const databaseHeader = "SQLite format 3\x00"

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
		if isDatabase(link) {
			return link, true
		}
	}
	return "", false
}

// isDatabase reports whether the file begins as a SQLite database does.
func isDatabase(path string) bool {
	fd, err := open(path, 0)
	if err != nil {
		return false
	}
	defer fd.close()
	header := make([]byte, len(databaseHeader))
	n, err := fd.Read(header)
	return err == nil && strings.HasPrefix(string(header[:n]), databaseHeader)
}
