package actuator

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// exitInfoWait bounds how long an ended process that is not ours to reap is
// waited for when /proc does not tell how it ended: the handle tells only after
// its parent has reaped it, which a careless one never does.
const exitInfoWait = 250 * time.Millisecond

// handle is a pidfd in the runtime's poller.
type handle struct {
	pid  int
	file *os.File
}

// openHandle returns a handle on the process that has the pid now, ESRCH when
// there is none.
func openHandle(pid int) (*handle, error) {
	fd, err := unix.PidfdOpen(pid, unix.O_NONBLOCK)
	if err != nil {
		return nil, os.NewSyscallError("pidfd_open", err)
	}
	return &handle{pid: pid, file: os.NewFile(uintptr(fd), "pidfd")}, nil
}

// cancel makes wait return; close releases the handle. Both may be repeated.
func (h *handle) cancel() { h.close() }

func (h *handle) close() { _ = h.file.Close() }

// control runs f with the descriptor.
func (h *handle) control(f func(fd int) error) error {
	raw, err := h.file.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = f(int(fd)) }); err != nil {
		return err
	}
	return failed
}

// ended reports whether the process is dead, reaped or not.
func (h *handle) ended() bool {
	return h.control(func(fd int) error {
		if !readable(fd) {
			return unix.EAGAIN
		}
		return nil
	}) == nil
}

// readable is how a pidfd says that its process, with all threads, has ended.
func readable(fd int) bool {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(fds, 0)
		if !errors.Is(err, unix.EINTR) {
			return n > 0
		}
	}
}

// wait blocks, without a thread, until the process has ended (true) or the
// handle was cancelled (false). A child is reaped.
func (h *handle) wait(kind kinship) (Exit, bool) {
	raw, err := h.file.SyscallConn()
	if err != nil {
		return Exit{}, false
	}
	if err := raw.Read(func(fd uintptr) bool { return readable(int(fd)) }); err != nil {
		return Exit{}, false
	}
	if kind == child {
		return reap(h.pid, 0), true
	}
	exit := Exit{Time: time.Now()}
	_ = h.file.SetReadDeadline(exit.Time.Add(exitInfoWait))
	// The pidfd becomes ready a second time when the process is reaped. An
	// error here is the deadline, and leaves the exit without a cause.
	_ = raw.Read(func(fd uintptr) bool {
		status, told, supported := exitInfo(int(fd))
		if !told {
			status, told = zombieStatus(int(fd), h.pid)
		}
		if told {
			exit = exitOf(status)
		}
		return told || !supported
	})
	return exit, true
}

// exitInfo asks how a process ended: include/uapi/linux/pidfd.h,
// PIDFD_GET_INFO with PIDFD_INFO_EXIT, Linux 6.15. Older kernels do not know
// the ioctl (ENOTTY, EINVAL), or know it and answer without the exit bit.
func exitInfo(fd int) (status unix.WaitStatus, told, supported bool) {
	info := unix.PidfdInfo{Mask: unix.PIDFD_INFO_EXIT}
	err := unix.IoctlPidfdInfo(fd, &info)
	if err == nil && info.Mask&unix.PIDFD_INFO_EXIT != 0 {
		return unix.WaitStatus(info.Exit_code), true, true
	}
	return 0, false, !errors.Is(err, unix.ENOTTY) && !errors.Is(err, unix.EINVAL)
}

// signal sends sig through the handle, to the whole group that the process
// leads when group is set. ESRCH means that nobody is left to receive it.
func (h *handle) signal(sig unix.Signal, group bool) error {
	return h.control(func(fd int) error {
		if !group {
			return unix.PidfdSendSignal(fd, sig, nil, 0)
		}
		err := unix.PidfdSendSignal(fd, sig, nil, unix.PIDFD_SIGNAL_PROCESS_GROUP)
		switch {
		case errors.Is(err, unix.EINVAL): // before Linux 6.9
			return signalGroupByNumber(h.pid, fd, sig)
		case errors.Is(err, unix.ESRCH): // it leads no group any more
			return unix.PidfdSendSignal(fd, sig, nil, 0)
		}
		return err
	})
}

// signalGroupByNumber signals the group that the process leads, right after
// the handle has proved that the process lives and so keeps the number its own.
func signalGroupByNumber(pid, fd int, sig unix.Signal) error {
	pgid, err := unix.Getpgid(pid)
	if readable(fd) {
		return unix.ESRCH
	}
	if err != nil || pgid != pid {
		return unix.PidfdSendSignal(fd, sig, nil, 0)
	}
	return unix.Kill(-pgid, sig)
}
