package actuator

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// cancelIdent names the event that makes a waiting handle give up.
const cancelIdent = 0

// stateZombie is SZOMB of sys/proc.h.
const stateZombie = 5

// handle is a kqueue with the exit of one process and a cancel event in it. The
// kernel ties the exit event to the process, not to its number.
type handle struct {
	pid int
	kq  int
}

// openHandle returns a handle on the process that has the pid now, ESRCH when
// there is none or it is a zombie.
func openHandle(pid int) (*handle, error) {
	kq, err := unix.Kqueue()
	if err != nil {
		return nil, os.NewSyscallError("kqueue", err)
	}
	unix.CloseOnExec(kq)
	changes := make([]unix.Kevent_t, 2)
	unix.SetKevent(&changes[0], pid, unix.EVFILT_PROC, unix.EV_ADD|unix.EV_ONESHOT)
	changes[0].Fflags = unix.NOTE_EXIT
	unix.SetKevent(&changes[1], cancelIdent, unix.EVFILT_USER, unix.EV_ADD)
	if err := kevent(kq, changes); err != nil {
		_ = unix.Close(kq)
		return nil, os.NewSyscallError("kevent", err)
	}
	return &handle{pid: pid, kq: kq}, nil
}

// kevent applies changes.
func kevent(kq int, changes []unix.Kevent_t) error {
	for {
		_, err := unix.Kevent(kq, changes, nil, nil)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// cancel makes wait return. It must not be called after close.
func (h *handle) cancel() {
	changes := make([]unix.Kevent_t, 1)
	unix.SetKevent(&changes[0], cancelIdent, unix.EVFILT_USER, 0)
	changes[0].Fflags = unix.NOTE_TRIGGER
	_ = kevent(h.kq, changes)
}

// close releases the handle, once.
func (h *handle) close() { _ = unix.Close(h.kq) }

// ended reports whether the process is dead, reaped or not.
func (h *handle) ended() bool {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", h.pid)
	if err != nil {
		return errors.Is(unix.Kill(h.pid, 0), unix.ESRCH)
	}
	return info.Proc.P_stat == stateZombie
}

// wait blocks a thread until the process has ended (true) or the handle was
// cancelled (false). A child is reaped; of others macOS does not tell how they
// ended.
func (h *handle) wait(kind kinship) (Exit, bool) {
	events := make([]unix.Kevent_t, 1)
	for {
		n, err := unix.Kevent(h.kq, nil, events, nil)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil || n == 0 || events[0].Filter != unix.EVFILT_PROC:
			return Exit{}, false
		case kind == child:
			return reap(h.pid, 0), true
		}
		return Exit{Time: time.Now()}, true
	}
}

// signal sends sig by number, to the whole group that the process leads when
// group is set. The caller has just verified the identity.
func (h *handle) signal(sig unix.Signal, group bool) error {
	if pgid, err := unix.Getpgid(h.pid); group && err == nil && pgid == h.pid {
		return unix.Kill(-pgid, sig)
	}
	return unix.Kill(h.pid, sig)
}
