package observer

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stigmer/stigmer-local/observer/observed"
	"golang.org/x/sys/unix"
)

// holderPID returns the pid of the lock's holder, 0 when it is unknown.
func holderPID(t *testing.T, lock observed.Fact[observed.Lock]) int {
	t.Helper()
	if !lock.IsKnown() {
		t.Fatalf("the lock is %s: %s", lock.Knowledge, lock.Reason)
	}
	return lock.Value.Holder.Value.PID
}

func TestLockAbsent(t *testing.T) {
	t.Run("no file", func(t *testing.T) {
		i := newInstance(t)
		if s := look1(t, i.Target); !s.Lock.IsAbsent() || !strings.Contains(s.Lock.Reason, "no lock file") {
			t.Errorf("lock = %+v", s.Lock)
		}
	})
	t.Run("no folder", func(t *testing.T) {
		if lock := newObserver(t).LockHolder(filepath.Join(t.TempDir(), "none", "x.lock")); !lock.IsAbsent() {
			t.Errorf("lock = %+v", lock)
		}
	})
	t.Run("free", func(t *testing.T) {
		i := newInstance(t)
		must(t, os.WriteFile(i.LockPath, nil, 0o600))
		if s := look1(t, i.Target); !s.Lock.IsAbsent() {
			t.Errorf("lock = %+v", s.Lock)
		}
	})
	t.Run("shared by somebody", func(t *testing.T) {
		i := newInstance(t)
		f, err := takeLock(i.LockPath, unix.LOCK_SH)
		must(t, err)
		defer f.Close()
		if s := look1(t, i.Target); !s.Lock.IsAbsent() {
			t.Errorf("lock = %+v", s.Lock)
		}
	})
}

func TestLockFileThatIsNone(t *testing.T) {
	for name, create := range map[string]func(path string) error{
		"a folder":        func(path string) error { return os.Mkdir(path, 0o700) },
		"a named pipe":    func(path string) error { return unix.Mkfifo(path, 0o600) },
		"a symbolic link": func(path string) error { return os.Symlink("/etc/passwd", path) },
	} {
		t.Run(name, func(t *testing.T) {
			i := newInstance(t)
			must(t, create(i.LockPath))
			s := look1(t, i.Target)
			if !s.Lock.IsUnknown() || !strings.Contains(s.Lock.Reason, name) {
				t.Errorf("lock = %+v", s.Lock)
			}
			if !s.Processes.IsKnown() {
				t.Errorf("processes = %+v", s.Processes)
			}
		})
	}
}

func TestLockHandedOver(t *testing.T) {
	i := newInstance(t)
	c := i.handOver(t, "wait", marked(i.Mark))
	for name, hints := range map[string][]observed.Identity{"hinted": hint(t, c), "searched": nil} {
		t.Run(name, func(t *testing.T) {
			i.Hints = hints
			s := look1(t, i.Target)
			if pid := holderPID(t, s.Lock); pid != c.pid() {
				t.Errorf("holder = %d, want %d", pid, c.pid())
			}
			want := observed.Evidence{HoldsLock: observed.Known, CarriesMark: observed.Known,
				MatchesRecord: observed.Absent, NamesDatabase: observed.Absent, OpensDatabase: observed.Absent, OpensAnother: observed.Absent}
			if got := s.Lock.Value.Holder.Value.Evidence; got != want {
				t.Errorf("evidence = %+v, want %+v", got, want)
			}
			if got := pidsOf(t, s); !slices.Equal(got, []int{c.pid()}) {
				t.Errorf("processes = %v", got)
			}
		})
	}
}

// The process that took the lock lives on: it must not be named instead of
// the one that holds it.
func TestLockTakerIsNotHolder(t *testing.T) {
	i := newInstance(t)
	c := i.handOver(t, "wait")
	if taken := takersOf(t, i.LockPath); !slices.Equal(taken, []int{os.Getpid()}) {
		t.Fatalf("/proc/locks names %v, so this test proves nothing", taken)
	}
	if pid := holderPID(t, newObserver(t).LockHolder(i.LockPath)); pid != c.pid() {
		t.Errorf("holder = %d, want %d", pid, c.pid())
	}
}

func takersOf(t *testing.T, path string) []int {
	t.Helper()
	file, err := statLock(path)
	must(t, err)
	return newMachine("").takers(file)
}

func TestLockHeldByTwo(t *testing.T) {
	i := newInstance(t)
	f, err := takeLock(i.LockPath, unix.LOCK_EX)
	must(t, err)
	bystander := start(t, "wait", inheriting(f))
	temporal := start(t, "wait", inheriting(f), marked(i.Mark))
	must(t, f.Close())
	i.Hints = hint(t, bystander)
	if pid := holderPID(t, look1(t, i.Target).Lock); pid != bystander.pid() {
		t.Errorf("holder = %d, want the hinted one", pid)
	}
	i.Thorough = true
	s := look1(t, i.Target)
	if pid := holderPID(t, s.Lock); pid != temporal.pid() {
		t.Errorf("holder = %d, want the one with the mark, %d", pid, temporal.pid())
	}
	if got, want := pidsOf(t, s), []int{temporal.pid(), bystander.pid()}; !slices.Equal(got, want) {
		t.Errorf("processes = %v, want %v", got, want)
	}
	end(temporal.Cmd)
	if pid := holderPID(t, look1(t, i.Target).Lock); pid != bystander.pid() {
		t.Errorf("holder = %d, want the one that is left, %d", pid, bystander.pid())
	}
	end(bystander.Cmd)
	if s := look1(t, i.Target); !s.Lock.IsAbsent() {
		t.Errorf("lock = %+v after both ended", s.Lock)
	}
}

func TestLockFileReplaced(t *testing.T) {
	i := newInstance(t)
	c := i.handOver(t, "wait", marked(i.Mark))
	i.Hints = hint(t, c)
	must(t, os.Remove(i.LockPath))
	must(t, os.WriteFile(i.LockPath, nil, 0o600))
	s := look1(t, i.Target)
	if !s.Lock.IsAbsent() {
		t.Errorf("lock = %+v, want Absent: nobody holds the file that is there now", s.Lock)
	}
	if got := pidsOf(t, s); !slices.Equal(got, []int{c.pid()}) {
		t.Errorf("processes = %v, want the one with the mark", got)
	}
	if e := s.Processes.Value[0].Evidence; e.HoldsLock != observed.Absent || e.CarriesMark != observed.Known {
		t.Errorf("evidence = %+v", e)
	}
}

// A lock that was taken rather than inherited is at any descriptor.
func TestLockTakenByItsHolder(t *testing.T) {
	i := newInstance(t)
	c := start(t, "lock "+i.LockPath)
	if pid := holderPID(t, look1(t, i.Target).Lock); pid != c.pid() {
		t.Errorf("holder = %d, want %d", pid, c.pid())
	}
}

// We may hold the lock ourselves, for the moment of a hand-over. Then we are
// named, but are no process of the instance.
func TestLockHeldByOurselves(t *testing.T) {
	i := newInstance(t)
	leftover := start(t, "wait", marked(i.Mark))
	f, err := takeLock(i.LockPath, unix.LOCK_EX)
	must(t, err)
	defer f.Close()
	s := look1(t, i.Target)
	if pid := holderPID(t, s.Lock); pid != os.Getpid() {
		t.Errorf("holder = %d, want ourselves", pid)
	}
	if got := pidsOf(t, s); !slices.Equal(got, []int{leftover.pid()}) {
		t.Errorf("processes = %v, want the leftover only", got)
	}
	if pid := holderPID(t, newObserver(t).LockHolder(i.LockPath)); pid != os.Getpid() {
		t.Errorf("LockHolder = %d, want ourselves", pid)
	}
}

// Somebody else's lock on another file is not ours.
func TestLockOnAnotherFile(t *testing.T) {
	i, other := newInstance(t), newInstance(t)
	c := other.handOver(t, "wait")
	must(t, os.WriteFile(i.LockPath, nil, 0o600))
	i.Hints = hint(t, c)
	if s := look1(t, i.Target); !s.Lock.IsAbsent() || len(pidsOf(t, s)) != 0 {
		t.Errorf("lock = %+v, processes = %v", s.Lock, pidsOf(t, s))
	}
}

// The probe lets go at once: an exclusive lock succeeds right after a look,
// also while others look all the time.
func TestProbeLeavesTheLockFree(t *testing.T) {
	i := newInstance(t)
	must(t, os.WriteFile(i.LockPath, nil, 0o600))
	o := newObserver(t)
	for range 50 {
		o.LockHolder(i.LockPath)
		f, err := takeLock(i.LockPath, unix.LOCK_EX)
		if err != nil {
			t.Fatalf("cannot take the lock after a look: %v", err)
		}
		must(t, f.Close())
	}
}

// The comparison through the descriptor is for file systems whose lock lines
// name another device; here it must agree with the lines.
func TestSameFileAgreesWithLines(t *testing.T) {
	i, other := newInstance(t), newInstance(t)
	c := i.handOver(t, "wait")
	must(t, os.WriteFile(other.LockPath, nil, 0o600))
	m := newMachine("")
	for path, want := range map[string]bool{i.LockPath: true, other.LockPath: false} {
		file, err := statLock(path)
		must(t, err)
		if got := m.sameFile(c.pid(), handedOver, file); got != want {
			t.Errorf("sameFile(%s) = %v, want %v", path, got, want)
		}
	}
}
