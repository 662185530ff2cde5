package actuator

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime/pprof"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// exitInfoSupported asks the kernel whether it tells how processes ended that
// are not our children (Linux 6.15).
func exitInfoSupported(t *testing.T) bool {
	t.Helper()
	h, err := openHandle(unix.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	info := unix.PidfdInfo{Mask: unix.PIDFD_INFO_EXIT | unix.PIDFD_INFO_COREDUMP}
	err = h.control(func(fd int) error { return unix.IoctlPidfdInfo(fd, &info) })
	return err == nil && info.Mask&unix.PIDFD_INFO_COREDUMP != 0
}

// TestWatchTellsHowAnAdoptedProcessEnded: the one who started it is dead, a
// subreaper reaps it, and a watcher that is neither learns the signal or code.
func TestWatchTellsHowAnAdoptedProcessEnded(t *testing.T) {
	if !exitInfoSupported(t) {
		t.Skip("this kernel does not tell how processes ended that are not our children (before 6.15)")
	}
	for verb, want := range map[plan.Verb]string{plan.Kill: "signal killed", plan.Terminate: "code 7"} {
		t.Run(string(verb), func(t *testing.T) {
			r := newRig(t)
			reaper, _ := r.bare("reaper", r.home)
			parent, child := r.startedBelow()
			for range 3 {
				if err := r.Watch(child); err != nil {
					t.Fatal(err)
				}
			}
			if err := unix.Kill(parent.PID, unix.SIGKILL); err != nil {
				t.Fatal(err)
			}
			r.expect(said(reaper, fmt.Sprintf("reaped %d", parent.PID)))
			r.do(verb, leader(child))
			r.is(r.exit(child), want)
			r.silent()
		})
	}
}

// TestWatchOfAProcessThatNobodyReaps: the dead tell how they ended, on every
// kernel, and at once.
func TestWatchOfAProcessThatNobodyReaps(t *testing.T) {
	r := newRig(t)
	_, end := r.bare("reaper", r.home, "careless")
	parent, child := r.startedBelow()
	r.track(parent)
	if err := r.Watch(child); err != nil {
		t.Fatal(err)
	}
	if err := unix.Kill(parent.PID, unix.SIGSTOP); err != nil { // it would reap
		t.Fatal(err)
	}
	r.do(plan.Kill, leader(child))
	r.is(r.exit(child), "signal killed")
	r.do(plan.Kill, member(parent))
	r.awaitGone(parent)
	end()
}

// TestWatchLeavesReapingToTheParent: this process is the parent, but the
// actuator did not start the child and must not take its exit status.
func TestWatchLeavesReapingToTheParent(t *testing.T) {
	r := newRig(t)
	id, reap := r.bare("witness")
	r.expect(said(id, "ready"))
	if err := r.Watch(id); err != nil {
		t.Fatal(err)
	}
	if err := unix.Kill(id.PID, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	reap()
	if exit := r.exit(id); exitInfoSupported(t) {
		r.is(exit, "signal killed")
	}
}

func TestWatchOfAChildChangesNothing(t *testing.T) {
	r := newRig(t)
	id := r.start("witness")
	r.expect(said(id, "ready"))
	for range 5 {
		if err := r.Watch(id); err != nil {
			t.Fatal(err)
		}
	}
	r.do(plan.Kill, leader(id))
	r.is(r.exit(id), "signal killed")
	r.silent()
	var gone *GoneError
	if err := r.Watch(id); !errors.As(err, &gone) {
		t.Errorf("watching it once more: %v", err)
	}
}

func TestWatchAtOnceFromManySides(t *testing.T) {
	r := newRig(t)
	id, reap := r.bare("witness")
	r.expect(said(id, "ready"))
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if err := r.Watch(id); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	reap()
	r.exit(id)
	r.silent()
}

func TestWatchOfAStranger(t *testing.T) {
	r := newRig(t)
	id, _ := r.bare("witness")
	r.expect(said(id, "ready"))
	stale := id
	stale.StartTicks++
	var changed *IdentityChangedError
	if err := r.Watch(stale); !errors.As(err, &changed) {
		t.Fatal(err)
	}
}

// TestCloseLeavesProcessesRunning: no goroutine, no descriptor, no OnExit, and
// the processes live, the child with its lock.
func TestCloseLeavesProcessesRunning(t *testing.T) {
	r := newRig(t)
	before := descriptors(t)
	child := r.start("witness")
	other, _ := r.bare("witness")
	r.expect(said(child, "ready"), said(other, "ready"))
	if err := r.Watch(other); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	// The bare process costs this process one descriptor: Go's handle on it.
	if after := descriptors(t); after > before+1 {
		t.Errorf("%d descriptors, %d before", after, before)
	}
	if !holdsLock(t, child.PID) {
		t.Error("the child lost its lock")
	}
	var closed *ClosedError
	if err := r.Watch(other); !errors.As(err, &closed) {
		t.Errorf("watch after close: %v", err)
	}
	r.do(plan.Kill, leader(child))
	r.awaitGone(child)
	r.silent()
	if _, err := unix.Wait4(child.PID, nil, 0, nil); err != nil {
		t.Errorf("the child was reaped by somebody: %v", err)
	}
}

// TestChildIsWatchedLater: no descriptor was free for the child's handle, so it
// is opened when there is one. The claim makes it the only watch meanwhile.
func TestChildIsWatchedLater(t *testing.T) {
	r := newRig(t)
	id, _ := r.bare("exit", "5")
	r.claim(id)
	if err := r.Watch(id); err != nil {
		t.Fatal(err)
	}
	if err := r.enter(); err != nil {
		t.Fatal(err)
	}
	go r.followChild(id)
	r.is(r.exit(id), "code 5")
	r.silent()
}

// TestWatchesCostNoThreads: the runtime's poller waits for all of them.
func TestWatchesCostNoThreads(t *testing.T) {
	r := newRig(t)
	threads := pprof.Lookup("threadcreate")
	before := threads.Count()
	const many = 40
	for n := range many {
		l := launchIn(filepath.Join(r.home, fmt.Sprint(n)), "", "600")
		l.Executable = "/bin/sleep"
		if out := r.try(l); out.Err != nil {
			t.Fatal(out.Err)
		}
	}
	if more := threads.Count() - before; more > many/4 {
		t.Errorf("%d threads for %d watches", more, many)
	}
}

// starve leaves this process without a free descriptor until the returned
// function is called.
func starve(t *testing.T) (feed func()) {
	t.Helper()
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 3, Max: limit.Max}); err != nil {
		t.Fatal(err)
	}
	feed = sync.OnceFunc(func() { _ = unix.Setrlimit(unix.RLIMIT_NOFILE, &limit) })
	t.Cleanup(feed)
	if _, err := openHandle(unix.Getpid()); !errors.Is(err, unix.EMFILE) {
		t.Fatalf("it is not starved: %v", err)
	}
	return feed
}

func TestChildIsWatchedWhenADescriptorIsFree(t *testing.T) {
	r := newRig(t)
	id, _ := r.bare("exit", "6")
	r.claim(id)
	if err := r.enter(); err != nil {
		t.Fatal(err)
	}
	feed := starve(t)
	time.AfterFunc(2*reopenEvery, feed)
	go r.followChild(id)
	r.is(r.exit(id), "code 6")
}

func TestCloseEndsTheWaitForADescriptor(t *testing.T) {
	r := newRig(t)
	id, _ := r.bare("exit", "6")
	r.claim(id)
	if err := r.enter(); err != nil {
		t.Fatal(err)
	}
	feed := starve(t)
	go r.followChild(id)
	_ = r.Close()
	feed()
	r.silent()
}

// TestCloseComesFirst: a child that was started while Close ran is left alone
// while it lives, and reaped when it has ended.
func TestCloseComesFirst(t *testing.T) {
	for role, reaped := range map[string]bool{"witness": false, "exit": true} {
		r := newRig(t)
		id, end := r.bare(role, "6")
		if reaped {
			r.awaitGone(id)
		} else {
			r.expect(said(id, "ready"))
		}
		r.claim(id)
		if err := r.enter(); err != nil {
			t.Fatal(err)
		}
		r.mu.Lock()
		r.closed = true
		r.mu.Unlock()
		r.followChild(id)
		r.silent()
		if now, err := (procIdentifier{}).Identify(id.PID); (now != id) != reaped {
			t.Errorf("%s: it is %v now: %v", role, now, err)
		}
		end()
	}
}

// TestCloseReapsTheDead: Close may come between the end of a child and its
// reaping, and leaves no zombie then either.
func TestCloseReapsTheDead(t *testing.T) {
	for range 20 {
		r := newRig(t)
		l := launchIn(r.home, "")
		l.Executable = "/bin/true"
		id := r.try(l).Started
		r.awaitGone(id)
		_ = r.Close()
		if _, err := unix.Wait4(id.PID, nil, unix.WNOHANG, nil); !errors.Is(err, unix.ECHILD) {
			t.Fatalf("a zombie was left: %v", err)
		}
	}
}

// TestChildWithoutHandle is how macOS answers for a child that is a zombie.
func TestChildWithoutHandle(t *testing.T) {
	r := newRig(t)
	nobody := identity{BootID: "b", PID: 1 << 22, StartTicks: 1} // beyond every pid
	r.claim(nobody)
	if err := r.enter(); err != nil {
		t.Fatal(err)
	}
	r.followChild(nobody)
	r.is(r.exit(nobody), "unknown")
}

func TestWatchWithoutDescriptors(t *testing.T) {
	r := newRig(t)
	id, _ := r.bare("witness")
	r.expect(said(id, "ready"))
	feed := starve(t)
	err := r.Watch(id)
	out := r.Do(t.Context(), plan.Action{Verb: plan.Kill, Target: member(id)})
	feed()
	if !errors.Is(err, unix.EMFILE) || !errors.Is(out.Err, unix.EMFILE) || out.Gone {
		t.Errorf("%v, %v", err, out.Err)
	}
	if err := unix.Kill(id.PID, unix.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	r.expect(said(id, "signal user defined signal 1"))
}

func TestReapOfNobody(t *testing.T) {
	if exit := reap(unix.Getpid(), 0); exit.describe() != "unknown" {
		t.Errorf("%+v", exit)
	}
}

func TestExitOf(t *testing.T) {
	for status, want := range map[unix.WaitStatus]string{
		0:        "code 0",
		7 << 8:   "code 7",
		255 << 8: "code 255",
		9:        "signal killed",
		15:       "signal terminated",
		6 | 0x80: "signal aborted",
		0x137f:   "unknown", // stopped is no end
	} {
		if got := exitOf(status).describe(); got != want {
			t.Errorf("%#x: %s, want %s", int(status), got, want)
		}
	}
}
