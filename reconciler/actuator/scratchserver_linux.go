package actuator

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// dieWithUs makes the kernel kill the child when the thread that starts it ends.
func dieWithUs(attr *syscall.SysProcAttr) { attr.Pdeathsig = unix.SIGKILL }
