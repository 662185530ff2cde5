package actuator

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// zombieStatus asks how a process ended that its parent has not reaped yet:
// the last field of /proc/<pid>/stat, which every kernel shows to those who may
// signal the process. The handle is asked afterwards: while it reaches
// the dead, the pid is still theirs.
func zombieStatus(fd, pid int) (status unix.WaitStatus, told bool) {
	data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, false
	}
	// The name, the second field, may contain anything; the third is the state.
	fields := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
	const state, exitCode = 0, 52 - 3
	if len(fields) <= exitCode || fields[state] != "Z" {
		return 0, false
	}
	code, err := strconv.ParseUint(fields[exitCode], 10, 32)
	if err != nil || unix.PidfdSendSignal(fd, 0, nil, 0) != nil {
		return 0, false
	}
	return unix.WaitStatus(code), true
}
