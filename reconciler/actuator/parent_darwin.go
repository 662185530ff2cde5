package actuator

import "golang.org/x/sys/unix"

// parentOf returns the pid of the parent, 0 when there is none or it cannot be
// read.
func parentOf(pid int) int {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return 0
	}
	return int(info.Eproc.Ppid)
}
