package observer

import (
	"os"
	"strings"
)

// maxCommand bounds the name of a program: the kernel keeps 15 bytes, and 63
// of its own threads.
const maxCommand = 128

func (m machine) workingDir(pid int) string {
	// An unreadable link is an empty one.
	folder, _ := os.Readlink(m.path(pid, "cwd"))
	return folder
}

func (m machine) command(pid int) string {
	data, err := readLimited(m.path(pid, "comm"), maxCommand)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(string(data), "\n")
}
