package actuator

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// kinship says whether a process is ours to reap.
type kinship int

const (
	adopted kinship = iota
	child
)

// exitOf translates what wait(2) says, noticed now.
func exitOf(status unix.WaitStatus) Exit {
	exit := Exit{Time: time.Now()}
	switch {
	case status.Signaled():
		exit.Signal = status.Signal().String()
	case status.Exited():
		code := int32(status.ExitStatus())
		exit.Code = &code
	}
	return exit
}

// reap collects a child of ours. Nobody else waits for it, so the pid is still
// its own. With WNOHANG a child that lives is left as it is.
func reap(pid, options int) Exit {
	var status unix.WaitStatus
	for {
		got, err := unix.Wait4(pid, &status, options, nil)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil || got != pid {
			return Exit{Time: time.Now()}
		}
		return exitOf(status)
	}
}
