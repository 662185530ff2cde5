package actuator

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// parentOf returns the pid of the parent, 0 when there is none or it cannot be
// read.
func parentOf(pid int) int {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	return parseParent(stat)
}

// parseParent reads field 4 of /proc/<pid>/stat. Field 2 is the command name
// in parentheses and may itself hold anything, parentheses and blanks included.
func parseParent(stat []byte) int {
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 2 {
		return 0
	}
	parent, err := strconv.Atoi(string(fields[1]))
	if err != nil {
		return 0
	}
	return parent
}
