package actuator

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stigmer/stigmer-local/reconciler/plainfile"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// holdsLock reads the kernel's word that descriptor 3 of pid carries a lock.
func holdsLock(t *testing.T, pid int) bool {
	t.Helper()
	info, err := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/3", pid))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(info), "lock:\t") && strings.Contains(string(info), "FLOCK")
}

// isLocked reports whether somebody holds the lock of the rig's home.
func isLocked(t *testing.T, home string) bool {
	t.Helper()
	f, err := os.Open(filepath.Join(home, "temporal.lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	return unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB) != nil
}

func TestStartHandsOverTheLock(t *testing.T) {
	r := newRig(t)
	id := r.start("witness", "obey")
	r.expect(said(id, "ready"))
	if !holdsLock(t, id.PID) || !isLocked(t, r.home) {
		t.Fatal("the child does not hold the lock")
	}
	out := r.try(launchIn(r.home, "witness"))
	var held *LockHeldError
	if !errors.As(out.Err, &held) || held.Path != filepath.Join(r.home, "temporal.lock") {
		t.Fatalf("second start: %v", out.Err)
	}
	r.do(plan.Kill, leader(id))
	r.is(r.exit(id), "signal killed")
	if isLocked(t, r.home) {
		t.Fatal("the lock outlives the child")
	}
	again := r.start("exit", "0")
	r.is(r.exit(again), "code 0")
}

func TestLockOutlivesTheParent(t *testing.T) {
	r := newRig(t)
	reaper, _ := r.bare("reaper", r.home)
	parent, child := r.startedBelow()
	if err := unix.Kill(parent.PID, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	r.expect(said(reaper, fmt.Sprintf("reaped %d", parent.PID)))
	if !holdsLock(t, child.PID) || !isLocked(t, r.home) {
		t.Fatal("the lock died with the parent")
	}
	var held *LockHeldError
	if out := r.try(launchIn(r.home, "witness")); !errors.As(out.Err, &held) {
		t.Fatalf("second start: %v", out.Err)
	}
	r.do(plan.Terminate, leader(child))
	r.expect(said(child, "signal terminated"), said(reaper, fmt.Sprintf("reaped %d", child.PID)))
	if isLocked(t, r.home) {
		t.Fatal("the lock outlives the child")
	}
}

// startedBelow waits until the child that the parent role starts is ready.
func (r *rig) startedBelow() (parent, child identity) {
	r.t.Helper()
	ready := map[int]bool{}
	for !ready[child.PID] {
		var pid, started int
		line := r.line()
		if n, _ := fmt.Sscanf(line, "%d started %d", &pid, &started); n == 2 {
			parent, child = r.identify(pid), r.identify(started)
			r.track(child)
		} else if n, _ := fmt.Sscanf(line, "%d ready", &pid); n == 1 {
			ready[pid] = true
		} else {
			r.t.Fatalf("told %q", line)
		}
	}
	return parent, child
}

func TestChildIsIsolated(t *testing.T) {
	r := newRig(t)
	r.opts.Env = append(r.opts.Env,
		"TEMPORAL_ADDRESS=elsewhere", "STIGMER_HOME=/daemon", "STIGMER_INSTANCE=another", "PLAIN=daemon", "BOTH=daemon")
	l := launchIn(r.home, "report")
	l.Env = append(l.Env, "BOTH=launch", "TEMPORAL_FROM_SPEC=kept")
	id := r.try(l).Started
	told := r.report()
	for _, want := range []string{
		"fds 0,1,2,3",
		fmt.Sprintf("sid %d pgid %d", id.PID, id.PID),
		"stdin /dev/null",
		"dir " + l.Dirs[0],
		"env PWD=" + l.Dirs[0],
		"env STIGMER_INSTANCE=" + r.home + "/temporal",
		"env PLAIN=daemon",
		"env BOTH=launch",
		"env TEMPORAL_FROM_SPEC=kept",
	} {
		if !slices.Contains(told, want) {
			t.Errorf("missing %q in %q", want, told)
		}
	}
	for _, line := range told {
		if strings.Contains(line, "TEMPORAL_ADDRESS") || strings.Contains(line, "STIGMER_HOME") || strings.Contains(line, "=another") {
			t.Errorf("leaked %q", line)
		}
	}
	r.is(r.exit(id), "code 0")
}

// report collects what a report tells, without the pid.
func (r *rig) report() []string {
	r.t.Helper()
	var told []string
	for {
		_, words, _ := strings.Cut(r.line(), " ")
		if words == "end" {
			return told
		}
		told = append(told, words)
	}
}

func TestSealDescriptors(t *testing.T) {
	for mode, leaks := range map[string]bool{"open": true, "seal": false, "seal-listed": false} {
		t.Run(mode, func(t *testing.T) {
			r := newRig(t)
			r.bare("leaky", r.home, mode)
			if fds := r.report()[0]; leaks != (fds != "fds 0,1,2,3") {
				t.Fatalf("the child has %s", fds)
			}
		})
	}
}

func TestStartMakesFoldersAndRecord(t *testing.T) {
	r := newRig(t)
	before := time.Now().Unix()
	id := r.start("exit", "0")
	r.is(r.exit(id), "code 0")
	var pid int
	var name string
	var started int64
	if n, err := fmt.Sscanf(r.read("temporal.pid"), "%d\n%s\n%d\n", &pid, &name, &started); n != 3 {
		t.Fatal(err)
	}
	self, _ := os.Executable()
	if pid != id.PID || name != filepath.Base(self) || started < before || started > time.Now().Unix() {
		t.Fatalf("record: %d %q %d", pid, name, started)
	}
	for path, want := range map[string]fs.FileMode{
		"temporal-data": fs.ModeDir | 0o700, "logs": fs.ModeDir | 0o700, "logs/temporal.log": 0o600,
		"temporal.lock": 0o600, "temporal.pid": 0o600,
	} {
		info, err := os.Stat(filepath.Join(r.home, path))
		if err != nil || info.Mode() != want {
			t.Errorf("%s: %v %v, want %v", path, info.Mode(), err, want)
		}
	}
}

func TestStartSucceedsWithAWarning(t *testing.T) {
	r := newRig(t)
	l := launchIn(r.home, "witness")
	if err := os.Mkdir(l.RecordPath, 0o700); err != nil {
		t.Fatal(err)
	}
	out := r.try(l)
	var refused *plainfile.NotRegularError
	if out.Err != nil || !errors.As(out.Warning, &refused) || refused.Path != l.RecordPath {
		t.Fatalf("%v, %v", out.Err, out.Warning)
	}
	r.expect(said(out.Started, "ready"))
}

// blindIdentifier cannot tell who anybody is.
type blindIdentifier struct{}

func (blindIdentifier) Identify(int) (identity, error) { return identity{}, fs.ErrPermission }

func TestStartOfAChildThatCannotBeIdentified(t *testing.T) {
	r := newRig(t)
	r.opts.Identifier = blindIdentifier{}
	out := r.Do(context.Background(), plan.Action{Verb: plan.Start, Launch: launchIn(r.home, "exit", "4")})
	if out.Err != nil || !errors.Is(out.Warning, fs.ErrPermission) {
		t.Fatalf("%v, %v", out.Err, out.Warning)
	}
	if want := (identity{PID: out.Started.PID}); out.Started != want || want.PID <= 1 {
		t.Fatalf("started %#v", out.Started)
	}
	r.is(r.exit(out.Started), "code 4")
}

// TestStartWithAnEnvFile: Temporal would wait for a pipe, read a huge file into
// memory, and take settings from any other.
func TestStartWithAnEnvFile(t *testing.T) {
	for name, plant := range map[string]func(path string) error{
		"file":   func(path string) error { return os.WriteFile(path, []byte("env: {}"), 0o600) },
		"pipe":   func(path string) error { return unix.Mkfifo(path, 0o600) },
		"folder": func(path string) error { return os.Mkdir(path, 0o700) },
		"link":   func(path string) error { return os.Symlink("/nonexistent", path) },
	} {
		r := newRig(t)
		l := launchIn(r.home, "server")
		l.NoEnvFile = filepath.Join(r.home, "temporal.no-env-file")
		if err := plant(l.NoEnvFile); err != nil {
			t.Fatal(err)
		}
		out := r.try(l)
		if out.Err == nil || !strings.Contains(out.Err.Error(), l.NoEnvFile) || !strings.Contains(out.Err.Error(), "remove it") {
			t.Errorf("%s: %v", name, out.Err)
		}
		if err := os.RemoveAll(l.NoEnvFile); err != nil {
			t.Fatal(err)
		}
		if out := r.try(l); out.Err != nil {
			t.Errorf("%s: once it is gone: %v", name, out.Err)
		}
	}
}

func TestStartAfterClose(t *testing.T) {
	r := newRig(t)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	var closed *ClosedError
	if out := r.try(launchIn(r.home, "exit", "0")); !errors.As(out.Err, &closed) {
		t.Fatal(out.Err)
	}
	if _, err := os.Stat(filepath.Join(r.home, "temporal.lock")); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal("a refused start touched the home")
	}
}

func TestDoRefusesAnUnknownVerb(t *testing.T) {
	r := newRig(t)
	out := r.Do(context.Background(), plan.Action{Verb: "Dance"})
	if out.Err == nil || out.Action.Verb != "Dance" {
		t.Fatalf("%+v", out)
	}
}
