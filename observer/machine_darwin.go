package observer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
	"golang.org/x/sys/unix"
)

// machine is macOS: sysctl, and gopsutil for sockets. It does not tell which
// process holds a flock; the probe tells that somebody does, and the mark in
// the environment who it is likely to be.
type machine struct {
	boot string
}

// The states of a process in struct extern_proc, from sys/proc.h.
const (
	stoppedProcess = 4 // SSTOP
	zombieProcess  = 5 // SZOMB
)

func newMachine(string) machine {
	boot, err := unix.Sysctl("kern.bootsessionuuid")
	if err != nil {
		// Pid and start time in microseconds still tell processes apart.
		boot = ""
	}
	return machine{boot: boot}
}

// children: a search of the whole machine finds them, once a minute.
func (m machine) children(int) []int { return nil }

func (m machine) pids() ([]int, error) {
	all, err := unix.SysctlKinfoProcSlice("kern.proc.all")
	if err != nil {
		return nil, fmt.Errorf("cannot list the processes: %w", err)
	}
	pids := make([]int, len(all))
	for i := range all {
		pids[i] = int(all[i].Proc.P_pid)
	}
	if self := os.Getpid(); !slices.Contains(pids, self) {
		return nil, fmt.Errorf("kern.proc.all does not show our own process %d", self)
	}
	return pids, nil
}

// info reads kern.proc.pid, which has no entry for a pid that is not in use.
func (m machine) info(pid int) (*unix.KinfoProc, error) {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if errors.Is(err, unix.EIO) || errors.Is(err, unix.ESRCH) || (err == nil && int(info.Proc.P_pid) != pid) {
		return nil, ErrNoProcess
	}
	return info, err
}

func (m machine) stat(pid int) (observed.Process, error) {
	if pid <= 0 {
		return observed.Process{}, ErrNoProcess
	}
	info, err := m.info(pid)
	if err != nil {
		return observed.Process{}, err
	}
	start := info.Proc.P_starttime
	session, err := unix.Getsid(pid)
	if err != nil {
		session = 0
	}
	return observed.Process{
		Identity: observed.Identity{
			BootID: m.boot, PID: pid, StartTicks: uint64(start.Sec)*1e6 + uint64(start.Usec),
		},
		Started:      time.Unix(start.Sec, int64(start.Usec)*1000),
		State:        darwinState(info.Proc.P_stat),
		ParentPID:    int(info.Eproc.Ppid),
		ProcessGroup: int(info.Eproc.Pgid),
		Session:      session,
	}, nil
}

func darwinState(state int8) observed.ProcessState {
	switch state {
	case stoppedProcess:
		return observed.StateStopped
	case zombieProcess:
		return observed.StateDead
	}
	return observed.StateRunning
}

// procArgs reads kern.procargs2, which the kernel refuses for other users.
func (m machine) procArgs(pid int) (procArgs, error) {
	data, err := unix.SysctlRaw("kern.procargs2", pid)
	if err != nil {
		return procArgs{}, fmt.Errorf("cannot read kern.procargs2 of pid %d: %w", pid, err)
	}
	return parseProcArgs(data)
}

func (m machine) words(pid int) words {
	p, err := m.procArgs(pid)
	if err != nil {
		return words{
			args:    observed.Unsure[[]string](err.Error()),
			environ: observed.Unsure[environment](err.Error()),
		}
	}
	return words{args: observed.Is(p.args), environ: observed.Is(p.environ)}
}

// sharesTree takes the root folder of every process for ours, because it is
// not told; macOS has no mount namespaces, and nobody runs Temporal in a chroot.
func (m machine) sharesTree(int) observed.Knowledge { return observed.Known }

// find cannot look up a relative path: the working folder is not told without
// libproc.
func (m machine) find(_ int, path string) (fs.FileInfo, error) {
	if !filepath.IsAbs(path) {
		return nil, fmt.Errorf("cannot look up %s: %w", path, errors.ErrUnsupported)
	}
	return os.Stat(path)
}

// describe fills in the path that was executed; whether the file there is
// still the same one is not told.
func (m machine) describe(p *observed.Process, users *userNames) {
	if args, err := m.procArgs(p.PID); err == nil {
		p.Executable = args.executable
	}
	if info, err := m.info(p.PID); err == nil {
		p.User = users.name(int(info.Eproc.Ucred.Uid))
	}
}

// carries is not told.
func (m machine) carries(int, lockFile) observed.Knowledge { return observed.Unknown }

func (m machine) takers(lockFile) []int { return nil }

// findFile is not told without libproc.
func (m machine) findFile(int, fileKey) (int, bool, error) { return 0, false, errors.ErrUnsupported }

func (m machine) hasFile(int, int, fileKey) bool { return false }

func (m machine) listeners() ([]socket, error) { return portableListeners() }

// sockets is not needed: the listeners come with their owners.
func (m machine) sockets(int) (map[uint64]int, error) { return nil, nil }

func (m machine) hasSocket(int, int, uint64) bool { return false }

// lookUpUser asks the directory service, which is local on macOS.
func lookUpUser(uid int) string {
	u, err := user.LookupId(strconv.Itoa(uid))
	if err != nil {
		return ""
	}
	return u.Username
}
