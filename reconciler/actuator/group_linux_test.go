package actuator

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// inGroup starts an obedient witness in a process group, a new one for 0, and
// waits until it is ready. A shell with job control starts a pipeline so.
func (r *rig) inGroup(pgid int) identity {
	r.t.Helper()
	self, err := os.Executable()
	if err != nil {
		r.t.Fatal(err)
	}
	cmd := exec.Command(self, "obey")
	cmd.Env = append(os.Environ(), roleVariable+"=witness", tellVariable+"="+r.pipe(), quickExit)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pgid: pgid}
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	id := r.identify(cmd.Process.Pid)
	r.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	r.expect(said(id, "ready"))
	return id
}

// TestGroupOfAShellIsNotSignalled: a job's first process leads its group and
// not its session. The others of the group are not ours.
func TestGroupOfAShellIsNotSignalled(t *testing.T) {
	for _, verb := range []plan.Verb{plan.Terminate, plan.Kill} {
		t.Run(string(verb), func(t *testing.T) {
			r := newRig(t)
			first := r.inGroup(0)
			second := r.inGroup(first.PID)
			session, err := unix.Getsid(first.PID)
			if err != nil || session == first.PID {
				t.Fatalf("session %d, %v: this is no job of a shell", session, err)
			}
			if group, err := unix.Getpgid(second.PID); err != nil || group != first.PID {
				t.Fatalf("group %d, %v", group, err)
			}
			r.do(verb, observed.Process{Identity: first, ProcessGroup: first.PID, Session: session})
			if verb == plan.Terminate {
				r.expect(said(first, "signal terminated"))
			}
			r.awaitGone(first)
			// Had the group been signalled, this would come second.
			if err := unix.Kill(second.PID, unix.SIGUSR1); err != nil {
				t.Fatal(err)
			}
			r.expect(said(second, "signal user defined signal 1"))
		})
	}
}

// linkedDatabases makes a database in the home of the rig and returns it with
// two other paths to it: through a linked folder and a linked file.
func (r *rig) linkedDatabases() (path string, linked map[string]string) {
	r.t.Helper()
	at := func(name string) string { return filepath.Join(r.home, name) }
	path = at("data/temporal.db")
	for _, err := range []error{
		os.Mkdir(at("data"), 0o700),
		os.WriteFile(path, nil, 0o600),
		os.Symlink(at("data"), at("folder")),
		os.Symlink("data/temporal.db", at("file.db")),
		os.Symlink(at("file.db"), at("twice.db")),
	} {
		if err != nil {
			r.t.Fatal(err)
		}
	}
	return path, map[string]string{
		"the same path": path, "a folder": at("folder/temporal.db"), "a file": at("file.db"), "two links": at("twice.db"),
	}
}

// TestOneLockForADatabase: instances with different names, and so different
// locks, exclude each other when their databases are one file.
func TestOneLockForADatabase(t *testing.T) {
	r := newRig(t)
	path, linked := r.linkedDatabases()
	first := launchIn(r.home, "witness", "obey")
	first.DatabasePath = path
	id := r.try(first).Started
	r.expect(said(id, "ready"))
	for name, through := range linked {
		second := launchIn(filepath.Join(r.home, "second"), "witness")
		second.DatabasePath = through
		var held *LockHeldError
		if out := r.try(second); !errors.As(out.Err, &held) || held.Path != path+".stigmer-lock" {
			t.Errorf("through %s: %+v", name, out)
		}
	}
	r.do(plan.Terminate, leader(id))
	r.is(r.exit(id), "code 7")
	for name, through := range linked {
		again := launchIn(filepath.Join(r.home, "second"), "exit", "0")
		again.DatabasePath = through
		if out := r.try(again); out.Err != nil {
			t.Errorf("through %s, afterwards: %v", name, out.Err)
		} else {
			r.is(r.exit(out.Started), "code 0")
		}
	}
}

// TestChildHoldsBothLocks: the locks are all that a child has beyond its
// standard streams, and they die with it.
func TestChildHoldsBothLocks(t *testing.T) {
	r := newRig(t)
	report := launchIn(filepath.Join(r.home, "report"), "report")
	report.DatabasePath, report.FirstBoot = filepath.Join(r.home, "report", "temporal.db"), true
	id := r.try(report).Started
	if told := r.report(); !slices.Contains(told, "fds 0,1,2,3,4") {
		t.Errorf("told %q", told)
	}
	r.is(r.exit(id), "code 0")

	l := launchIn(r.home, "witness")
	l.DatabasePath, l.FirstBoot = filepath.Join(r.home, "temporal.db"), true
	id = r.try(l).Started
	r.expect(said(id, "ready"))
	locks := []string{l.LockPath, databaseLock(l.DatabasePath)}
	for n, path := range locks {
		if held := lockedAt(t, id.PID, 3+n); held != path {
			t.Errorf("descriptor %d locks %q, want %q", 3+n, held, path)
		}
		if free(t, path) {
			t.Errorf("%s is free while the child lives", path)
		}
	}
	r.do(plan.Kill, leader(id))
	r.is(r.exit(id), "signal killed")
	for _, path := range locks {
		if !free(t, path) {
			t.Errorf("%s outlives the child", path)
		}
	}
}

// lockedAt returns the file on which a descriptor of the process carries a
// lock, empty for none.
func lockedAt(t *testing.T, pid, descriptor int) string {
	t.Helper()
	info, err := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/%d", pid, descriptor))
	if err != nil || !strings.Contains(string(info), "FLOCK  ADVISORY  WRITE") {
		return ""
	}
	path, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", pid, descriptor))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// free reports whether nobody holds the lock.
func free(t *testing.T, path string) bool {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil
}
