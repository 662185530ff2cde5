package observer

import "golang.org/x/sys/unix"

// workingDir is not told without libproc.
func (m machine) workingDir(int) string { return "" }

func (m machine) command(pid int) string {
	info, err := m.info(pid)
	if err != nil {
		return ""
	}
	return unix.ByteSliceToString(info.Proc.P_comm[:])
}
