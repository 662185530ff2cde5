package observer

import "golang.org/x/sys/unix"

// maxFileSize returns RLIMIT_FSIZE of the process; 0 for none, or when it may not be
// asked.
func maxFileSize(pid int) uint64 {
	var limit unix.Rlimit
	if unix.Prlimit(pid, unix.RLIMIT_FSIZE, nil, &limit) != nil || limit.Cur == unix.RLIM_INFINITY {
		return 0
	}
	return limit.Cur
}
