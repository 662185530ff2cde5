package observer

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/stigmer/stigmer-local/observer/observed"
	"golang.org/x/sys/unix"
)

// machine is Linux: /proc, and netlink for sockets.
type machine struct {
	proc  string
	boot  string
	clock *startClock
}

// maxProcFile bounds the small files of /proc, in bytes. fdinfo is the one
// that grows, by a line for each watched file of an inotify or epoll descriptor.
const maxProcFile = 1 << 20

func newMachine(proc string) machine {
	proc = cmp.Or(proc, "/proc")
	id, err := readLimited(filepath.Join(proc, "sys/kernel/random/boot_id"), 128)
	if err != nil {
		// Without the boot's id, pid and ticks still tell processes apart
		// until the next boot, and an Observer does not outlive this one.
		id = nil
	}
	return machine{proc: proc, boot: strings.TrimSpace(string(id)), clock: &startClock{}}
}

// path joins the parts to a path below /proc/<pid>.
func (m machine) path(pid int, file string) string {
	return m.proc + "/" + strconv.Itoa(pid) + "/" + file
}

func (m machine) pids() ([]int, error) {
	names, err := m.names(m.proc)
	if err != nil {
		return nil, err
	}
	pids := numbers(names)
	if self := os.Getpid(); !slices.Contains(pids, self) {
		return nil, fmt.Errorf("%s does not show our own process %d", m.proc, self)
	}
	return pids, nil
}

// children lists the processes that the first thread of the process has
// started; none where the kernel does not tell.
func (m machine) children(pid int) []int {
	list, err := readLimited(m.path(pid, "task/"+strconv.Itoa(pid)+"/children"), maxProcFile)
	if err != nil {
		return nil
	}
	return numbers(strings.Fields(string(list)))
}

// names lists a folder of /proc.
func (m machine) names(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = entry.Name()
	}
	return names, err
}

// numbers keeps the names that are numbers.
func numbers(names []string) []int {
	var numbers []int
	for _, name := range names {
		if n, err := strconv.Atoi(name); err == nil && n >= 0 {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

func (m machine) stat(pid int) (observed.Process, error) {
	if pid <= 0 {
		return observed.Process{}, ErrNoProcess
	}
	data, err := readLimited(m.path(pid, "stat"), 4096)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH) {
		return observed.Process{}, ErrNoProcess
	}
	if err != nil {
		return observed.Process{}, err
	}
	s, err := parseStat(data)
	if err != nil {
		return observed.Process{}, err
	}
	started, err := m.clock.started(s.startTicks)
	return observed.Process{
		Identity:     observed.Identity{BootID: m.boot, PID: pid, StartTicks: s.startTicks},
		Started:      started,
		State:        s.processState(),
		ParentPID:    s.parent,
		ProcessGroup: s.group,
		Session:      s.session,
	}, err
}

func (m machine) words(pid int) words {
	args, err := readWords(m.path(pid, "cmdline"), parseArgs)
	w := words{args: fact(args, err)}
	environ, err2 := readWords(m.path(pid, "environ"), parseEnviron)
	w.environ = fact(environ, err2)
	if err := errors.Join(err, err2); exhausted(err) {
		w.exhausted = err
	}
	return w
}

// fact is the value, or Unknown with the error as the reason.
func fact[T any](value T, err error) observed.Fact[T] {
	if err != nil {
		return observed.Unsure[T](err.Error())
	}
	return observed.Is(value)
}

// describe reads the executable's link, which the kernel marks when the file
// has been removed or replaced, and the effective user.
func (m machine) describe(p *observed.Process, users *userNames) {
	if link, err := os.Readlink(m.path(p.PID, "exe")); err == nil {
		p.Executable, p.ExecutableReplaced = strings.CutSuffix(link, " (deleted)")
	}
	if uid, ok := m.uid(p.PID); ok {
		p.User = users.name(uid)
	}
}

// uid returns the effective user of a process. Its folder belongs to it,
// except that the folder of a process that may not be dumped is root's.
func (m machine) uid(pid int) (int, bool) {
	var stat unix.Stat_t
	if err := unix.Stat(m.path(pid, ""), &stat); err == nil && stat.Uid != 0 {
		return int(stat.Uid), true
	}
	data, err := readLimited(m.path(pid, "status"), maxProcFile)
	if err != nil {
		return 0, false
	}
	return parseStatusUID(data)
}

// readWords opens a file of words and parses it while it reads.
func readWords[T any](path string, parse func(io.Reader) (T, error)) (T, error) {
	fd, err := open(path, 0)
	if err != nil {
		var none T
		return none, err
	}
	defer fd.close()
	value, err := parse(fd)
	if err != nil {
		return value, fmt.Errorf("cannot read %s: %w", path, err)
	}
	return value, nil
}
