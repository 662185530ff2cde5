package observer

import (
	"bytes"
	"strconv"
)

// parseStatusUID returns the effective user in /proc/<pid>/status, the second
// number of "Uid:\t1000\t1000\t1000\t1000".
func parseStatusUID(data []byte) (int, bool) {
	for line := range bytes.Lines(data) {
		if rest, found := bytes.CutPrefix(line, []byte("Uid:")); found {
			fields := bytes.Fields(rest)
			if len(fields) < 2 {
				return 0, false
			}
			uid, err := strconv.ParseUint(string(fields[1]), 10, 32)
			return int(uid), err == nil
		}
	}
	return 0, false
}
