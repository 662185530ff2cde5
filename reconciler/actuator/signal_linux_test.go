package actuator

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

func TestTerminate(t *testing.T) {
	r := newRig(t)
	id := r.start("witness", "obey")
	r.expect(said(id, "ready"))
	if out := r.do(plan.Terminate, leader(id)); out.Gone {
		t.Error("a live process was called gone")
	}
	r.expect(said(id, "signal terminated"))
	r.is(r.exit(id), "code 7")
	for _, verb := range []plan.Verb{plan.Terminate, plan.Kill} {
		if out := r.do(verb, leader(id)); !out.Gone {
			t.Errorf("%s of a process that is gone: %+v", verb, out)
		}
	}
	r.silent()
}

func TestTerminateTwice(t *testing.T) {
	r := newRig(t)
	id := r.start("witness")
	r.expect(said(id, "ready"))
	for range 2 {
		r.do(plan.Terminate, leader(id))
		r.expect(said(id, "signal terminated"), said(id, "signal continued"))
	}
	r.do(plan.Kill, leader(id))
	r.is(r.exit(id), "signal killed")
}

func TestSignalsReachTheGroup(t *testing.T) {
	for _, verb := range []plan.Verb{plan.Terminate, plan.Kill} {
		t.Run(string(verb), func(t *testing.T) {
			r := newRig(t)
			elder := r.start("family")
			younger := r.readyBeside(elder)
			r.do(verb, leader(elder))
			r.awaitGone(elder)
			r.awaitGone(younger)
			if verb == plan.Terminate {
				r.is(r.exit(elder), "code 7")
			} else {
				r.is(r.exit(elder), "signal killed")
			}
		})
	}
}

// readyBeside waits until both of a family are ready and returns the other one.
func (r *rig) readyBeside(elder identity) (younger identity) {
	r.t.Helper()
	for range 2 {
		var pid int
		if n, _ := fmt.Sscanf(r.line(), "%d ready", &pid); n != 1 {
			r.t.Fatal("not ready")
		}
		if pid != elder.PID {
			younger = r.identify(pid)
			r.track(younger)
		}
	}
	return younger
}

// TestMemberAloneIsSignalled: a target that leads no group is signalled alone,
// whether the plan knows it or is mistaken.
func TestMemberAloneIsSignalled(t *testing.T) {
	for name, target := range map[string]func(identity) observed.Process{"member": member, "taken for a leader": leader} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			elder := r.start("family")
			younger := r.readyBeside(elder)
			r.do(plan.Terminate, target(younger))
			r.expect(said(younger, "signal terminated"))
			r.awaitGone(younger)
			r.expect(said(elder, "signal child exited"))
			r.do(plan.Kill, leader(elder))
			r.is(r.exit(elder), "signal killed")
		})
	}
}

func TestStoppedProcessObeysTerminate(t *testing.T) {
	r := newRig(t)
	id := r.start("witness", "obey")
	r.expect(said(id, "ready"))
	r.stop(id)
	r.do(plan.Terminate, leader(id))
	r.is(r.exit(id), "code 7")
}

// stop stops a child and waits until the kernel says that it is stopped.
func (r *rig) stop(id identity) {
	r.t.Helper()
	if err := unix.Kill(id.PID, unix.SIGSTOP); err != nil {
		r.t.Fatal(err)
	}
	err := unix.EINTR
	for err == unix.EINTR {
		err, _ = unix.Waitid(unix.P_PID, id.PID, nil, unix.WSTOPPED|unix.WNOWAIT, nil).(unix.Errno)
	}
	if err != 0 {
		r.t.Fatal(err)
	}
}

func TestStoppedProcessIsKilled(t *testing.T) {
	r := newRig(t)
	id := r.start("witness")
	r.expect(said(id, "ready"))
	r.stop(id)
	r.do(plan.Kill, leader(id))
	r.is(r.exit(id), "signal killed")
}

// TestStrangerGetsNoSignal: whatever differs in the identity, the process
// behind the pid hears nothing.
func TestStrangerGetsNoSignal(t *testing.T) {
	r := newRig(t)
	id := r.start("witness")
	r.expect(said(id, "ready"))
	earlier, boot := id, id
	earlier.StartTicks--
	boot.BootID = "another"
	for _, stale := range []identity{earlier, boot} {
		for _, verb := range []plan.Verb{plan.Terminate, plan.Kill} {
			out := r.Do(context.Background(), plan.Action{Verb: verb, Target: leader(stale)})
			var changed *IdentityChangedError
			if !errors.As(out.Err, &changed) || changed.Want != stale || changed.Got != id || out.Gone {
				t.Fatalf("%s: %+v", verb, out)
			}
		}
	}
	// Whatever had been sent would be told before, or as well as, these two.
	for _, sig := range []unix.Signal{unix.SIGUSR1, unix.SIGUSR2} {
		if err := unix.Kill(id.PID, sig); err != nil {
			t.Fatal(err)
		}
		r.expect(said(id, "signal "+sig.String()))
	}
	r.silent()
}

func TestUnknownIdentityGetsNoSignal(t *testing.T) {
	r := newRig(t)
	id := r.start("witness")
	r.expect(said(id, "ready"))
	blind := New(Options{Identifier: blindIdentifier{}})
	out := blind.Do(context.Background(), plan.Action{Verb: plan.Kill, Target: leader(id)})
	if !errors.Is(out.Err, fs.ErrPermission) || out.Gone {
		t.Fatalf("%+v", out)
	}
	if err := unix.Kill(id.PID, unix.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	r.expect(said(id, "signal user defined signal 1"))
}

func TestZombieIsGone(t *testing.T) {
	r := newRig(t)
	id, reap := r.bare("exit", "0")
	r.awaitGone(id)
	if now := r.identify(id.PID); now != id {
		t.Fatal("it is no zombie")
	}
	for _, verb := range []plan.Verb{plan.Terminate, plan.Kill} {
		if out := r.do(verb, member(id)); !out.Gone {
			t.Errorf("%+v", out)
		}
	}
	var gone *GoneError
	if err := r.Watch(id); !errors.As(err, &gone) {
		t.Errorf("watching a zombie: %v", err)
	}
	reap()
	if err := r.Watch(id); !errors.As(err, &gone) || gone.Identity != id {
		t.Errorf("watching nobody: %v", err)
	}
	r.silent()
}

func TestForbiddenTargets(t *testing.T) {
	r := newRig(t)
	self := r.identify(os.Getpid())
	parent := r.identify(os.Getppid())
	session, err := unix.Getsid(0)
	if err != nil {
		t.Fatal(err)
	}
	for name, id := range map[string]identity{
		"zero":     {},
		"no ticks": {BootID: self.BootID, PID: 12345},
		"no boot":  {StartTicks: 1, PID: 12345},
		"init":     {BootID: self.BootID, PID: 1, StartTicks: 1},
		"zero pid": {BootID: self.BootID, PID: 0, StartTicks: 1},
		"negative": {BootID: self.BootID, PID: -self.PID, StartTicks: 1},
		"self":     self,
		"parent":   parent,
		"group":    {BootID: self.BootID, PID: unix.Getpgrp(), StartTicks: 1},
		"session":  {BootID: self.BootID, PID: session, StartTicks: 1},
		"ancestor": r.identifyOr(parentOf(parent.PID), parent),
	} {
		for _, verb := range []plan.Verb{plan.Terminate, plan.Kill} {
			out := r.Do(context.Background(), plan.Action{Verb: verb, Target: leader(id)})
			var forbidden *ForbiddenTargetError
			if !errors.As(out.Err, &forbidden) || forbidden.Target != id {
				t.Errorf("%s %s: %v", verb, name, out.Err)
			}
		}
	}
}

func (r *rig) identifyOr(pid int, other identity) identity {
	if id, err := (procIdentifier{}).Identify(pid); err == nil {
		return id
	}
	return other
}

// TestGroupSignalledByNumber is the way of kernels before 6.9.
func TestGroupSignalledByNumber(t *testing.T) {
	r := newRig(t)
	elder := r.start("family")
	younger := r.readyBeside(elder)
	send := func(id identity, sig unix.Signal) error {
		h, err := openHandle(id.PID)
		if err != nil {
			t.Fatal(err)
		}
		defer h.close()
		return h.control(func(fd int) error { return signalGroupByNumber(id.PID, fd, sig) })
	}
	if err := send(elder, unix.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	r.expect(said(elder, "signal user defined signal 1"), said(younger, "signal user defined signal 1"))
	if err := send(younger, unix.SIGUSR2); err != nil {
		t.Fatal(err)
	}
	r.expect(said(younger, "signal user defined signal 2"))
	zombie, _ := r.bare("exit", "0")
	r.awaitGone(zombie)
	if err := send(zombie, unix.SIGTERM); !errors.Is(err, unix.ESRCH) {
		t.Errorf("a zombie's group: %v", err)
	}
}

func TestParseParent(t *testing.T) {
	for stat, want := range map[string]int{
		"12 (temporal) S 7 12 12 0":     7,
		"12 (a) S 9 (b) (c) R 8 1 1":    8,
		"12 (with ) blank) Z 3 1":       3,
		"":                              0,
		"12 (cut":                       0,
		"12 (no parent) S":              0,
		"12 (not a number) S seven 1 1": 0,
	} {
		if got := parseParent([]byte(stat)); got != want {
			t.Errorf("%q: %d, want %d", stat, got, want)
		}
	}
	if got := parentOf(os.Getpid()); got != os.Getppid() {
		t.Errorf("own parent %d, want %d", got, os.Getppid())
	}
	if got := parentOf(-1); got != 0 {
		t.Errorf("parent of nobody: %d", got)
	}
}
