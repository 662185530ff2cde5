package actuator

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// maxAncestors bounds the walk from this process to the first one.
const maxAncestors = 1 << 10

// signal sends the signals in order to the target, and to its group when it
// leads its session. It reports whether the target had ended already.
func (a *Actuator) signal(target observed.Process, signals ...unix.Signal) (gone bool, err error) {
	if err := allowed(target.Identity); err != nil {
		return false, err
	}
	h, err := a.hold(target.Identity)
	if ended := (*GoneError)(nil); errors.As(err, &ended) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("cannot signal %s: %w", target.Identity, err)
	}
	defer h.close()
	for _, sig := range signals {
		err := h.signal(sig, leadsSession(target))
		if errors.Is(err, unix.ESRCH) {
			// It ended between the check and the signal, or by the signal before.
			return sig == signals[0], nil
		}
		if err != nil {
			return false, fmt.Errorf("cannot send %s to %s: %w", unix.SignalName(sig), target.Identity, err)
		}
	}
	return false, nil
}

// leadsSession reports whether the target's group is one that a start of ours
// made: the leader of a session leads its first group, and all that is in it
// descends from the leader. A shell's job is a group too, and may hold others.
func leadsSession(target observed.Process) bool {
	return target.ProcessGroup == target.PID && target.Session == target.PID
}

// allowed refuses the targets that no plan can be right about.
func allowed(id observed.Identity) error {
	because := ""
	switch pid := id.PID; {
	case id.IsZero() || id.BootID == "" || id.StartTicks == 0:
		because = "not fully identified"
	case pid <= 1:
		because = "not an ordinary process"
	case pid == os.Getpid():
		because = "this process"
	case pid == unix.Getpgrp():
		because = "the leader of this process's group"
	case isSession(pid):
		because = "the leader of this process's session"
	case isAncestor(pid):
		because = "an ancestor of this process"
	default:
		return nil
	}
	return &ForbiddenTargetError{Target: id, Because: because}
}

func isSession(pid int) bool {
	sid, err := unix.Getsid(0)
	return err == nil && sid == pid
}

// isAncestor walks up from this process. Where the walk breaks off there is
// nobody left whom a signal from here could orphan.
func isAncestor(pid int) bool {
	parent := os.Getppid()
	for range maxAncestors {
		if parent == pid {
			return true
		}
		if parent <= 1 {
			return false
		}
		parent = parentOf(parent)
	}
	return false
}
