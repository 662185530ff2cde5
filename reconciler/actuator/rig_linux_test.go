package actuator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// patience bounds every wait of these tests; none comes near it.
const patience = 20 * time.Second

// quickExit keeps the race detector from holding up each exit for a second.
const quickExit = "GORACE=atexit_sleep_ms=0"

type identity = observed.Identity

// procIdentifier reads identities from /proc, in ways of its own.
type procIdentifier struct{}

func (procIdentifier) Identify(pid int) (identity, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return identity{}, err
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	ticks, err := strconv.ParseUint(string(fields[19]), 10, 64)
	if err != nil {
		return identity{}, err
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return identity{BootID: strings.TrimSpace(string(boot)), PID: pid, StartTicks: ticks}, err
}

// ended is one call of OnExit.
type ended struct {
	id   identity
	exit Exit
}

// rig is a home folder, an actuator and a pipe on which the children report.
type rig struct {
	*Actuator
	t     testing.TB
	home  string
	exits chan ended
	lines chan string

	mu    sync.Mutex
	alive []identity
}

// newRig returns a rig whose processes end with the test.
func newRig(t testing.TB) *rig {
	t.Helper()
	r := &rig{t: t, home: t.TempDir(), exits: make(chan ended, 1024), lines: make(chan string, 4096)}
	r.listen()
	r.Actuator = New(Options{
		Identifier: procIdentifier{},
		Env:        append(os.Environ(), tellVariable+"="+r.pipe()),
		OnExit:     func(id identity, exit Exit) { r.exits <- ended{id, exit} },
	})
	t.Cleanup(r.end)
	return r
}

func (r *rig) pipe() string { return filepath.Join(r.home, "tell") }

// end kills by identity what the test left running, waits for it and closes.
func (r *rig) end() {
	for _, id := range r.alive {
		_ = r.Watch(id)
		out := r.Do(context.Background(), plan.Action{Verb: plan.Kill, Target: leader(id)})
		if out.Err != nil {
			r.t.Errorf("clean-up: %v", out.Err)
		}
		r.awaitGone(id)
	}
	if err := r.Close(); err != nil {
		r.t.Error(err)
	}
	for _, id := range r.alive { // Close may have come before the reaping
		_, _ = unix.Wait4(id.PID, nil, unix.WNOHANG, nil)
	}
}

// awaitGone waits until the process is dead, through a pidfd of its own.
func (r *rig) awaitGone(id identity) {
	r.t.Helper()
	fd, err := unix.PidfdOpen(id.PID, 0)
	if errors.Is(err, unix.ESRCH) {
		return
	}
	if err != nil {
		r.t.Fatal(err)
	}
	defer unix.Close(fd)
	if now, err := (procIdentifier{}).Identify(id.PID); err != nil || now != id {
		return
	}
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, int(patience.Milliseconds()))
	for errors.Is(err, unix.EINTR) {
		n, err = unix.Poll(fds, int(patience.Milliseconds()))
	}
	if n != 1 {
		r.t.Errorf("%v did not end: %v", id, err)
	}
}

// launchIn is a launch of the test binary in a role.
func launchIn(home, role string, args ...string) plan.Launch {
	self, _ := os.Executable()
	return plan.Launch{
		Executable: self,
		Args:       args,
		Env:        []string{"STIGMER_INSTANCE=" + home + "/temporal", roleVariable + "=" + role, quickExit},
		LockPath:   filepath.Join(home, "temporal.lock"),
		RecordPath: filepath.Join(home, "temporal.pid"),
		LogPath:    filepath.Join(home, "logs", "temporal.log"),
		Dirs:       []string{filepath.Join(home, "temporal-data"), filepath.Join(home, "logs")},
	}
}

// try starts a launch.
func (r *rig) try(l plan.Launch) Outcome {
	r.t.Helper()
	out := r.Do(context.Background(), plan.Action{Verb: plan.Start, Launch: l})
	if out.Err == nil {
		r.track(out.Started)
	}
	return out
}

func (r *rig) track(id identity) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.alive = append(r.alive, id)
}

// start starts a role in the rig's home.
func (r *rig) start(role string, args ...string) identity {
	r.t.Helper()
	out := r.try(launchIn(r.home, role, args...))
	if out.Err != nil || out.Warning != nil {
		r.t.Fatalf("start %s: %v, %v", role, out.Err, out.Warning)
	}
	return out.Started
}

// bare starts a role without the actuator, in this process's group, and waits
// until it is ready. It is reaped by the returned function only.
func (r *rig) bare(role string, args ...string) (id identity, reap func()) {
	r.t.Helper()
	self, _ := os.Executable()
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), roleVariable+"="+role, tellVariable+"="+r.pipe(), quickExit)
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	id = r.identify(cmd.Process.Pid)
	once := sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	r.t.Cleanup(once)
	return id, once
}

func (r *rig) identify(pid int) identity {
	r.t.Helper()
	id, err := (procIdentifier{}).Identify(pid)
	if err != nil {
		r.t.Fatal(err)
	}
	return id
}

// leader is a target that leads its own group, as every start makes one.
func leader(id identity) observed.Process {
	return observed.Process{Identity: id, ProcessGroup: id.PID, Session: id.PID}
}

// member is a target in somebody else's group.
func member(id identity) observed.Process {
	return observed.Process{Identity: id, ProcessGroup: unix.Getpgrp()}
}

// do carries out an action on a target and requires success.
func (r *rig) do(verb plan.Verb, target observed.Process) Outcome {
	r.t.Helper()
	out := r.Do(context.Background(), plan.Action{Verb: verb, Target: target})
	if out.Err != nil {
		r.t.Fatalf("%s: %v", verb, out.Err)
	}
	return out
}

// read returns a file of the home.
func (r *rig) read(path ...string) string {
	r.t.Helper()
	content, err := os.ReadFile(filepath.Join(append([]string{r.home}, path...)...))
	if err != nil {
		r.t.Fatal(err)
	}
	return string(content)
}

// descriptors counts the open descriptors of this process.
func descriptors(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}
