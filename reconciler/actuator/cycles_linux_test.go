package actuator

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// cycles is how often a child is started and ends.
const cycles = 200

// TestCyclesLeaveNothing: no zombie, no descriptor, no goroutine, one OnExit
// each, and the lock is free at the moment of OnExit.
func TestCyclesLeaveNothing(t *testing.T) {
	r := newRig(t)
	l := launchIn(r.home, "", "-c", "exit 3")
	l.Executable = "/bin/sh"
	r.is(r.exit(r.try(l).Started), "code 3") // the runtime has opened all it needs
	running, open := goleak.IgnoreCurrent(), descriptors(t)
	for range cycles {
		out := r.try(l)
		if out.Err != nil || out.Warning != nil {
			t.Fatal(out.Err, out.Warning)
		}
		r.is(r.exit(out.Started), "code 3")
	}
	r.silent()
	r.alive = nil
	if now := descriptors(t); now > open { // fewer when a handle of an earlier test is collected

		t.Errorf("%d descriptors, %d before", now, open)
	}
	if err := goleak.Find(running); err != nil {
		t.Error(err)
	}
	var zombies unix.Siginfo
	if err := unix.Waitid(unix.P_ALL, 0, &zombies, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil); err == nil && zombies.Signo != 0 {
		t.Error("a zombie was left")
	}
}

// TestConcurrentStartsEndWithOne: of many starts at once exactly one gets the
// lock, and the others say that it is held.
func TestConcurrentStartsEndWithOne(t *testing.T) {
	r := newRig(t)
	outs := make([]Outcome, 8)
	var all sync.WaitGroup
	for n := range outs {
		all.Go(func() { outs[n] = r.try(launchIn(r.home, "witness")) })
	}
	all.Wait()
	started := 0
	for _, out := range outs {
		if out.Err == nil {
			started++
		} else if !strings.HasSuffix(out.Err.Error(), " is held") {
			t.Error(out.Err)
		}
	}
	if started != 1 {
		t.Errorf("%d were started", started)
	}
}

// TestInstancesDoNotShareLocks: children of one actuator that were started at
// the same time hold their own lock and no other.
func TestInstancesDoNotShareLocks(t *testing.T) {
	r := newRig(t)
	ids := make([]identity, 6)
	var all sync.WaitGroup
	for n := range ids {
		all.Go(func() {
			l := launchIn(filepath.Join(r.home, fmt.Sprint(n)), "report")
			if out := r.try(l); out.Err == nil {
				ids[n] = out.Started
			} else {
				t.Error(out.Err)
			}
		})
	}
	all.Wait()
	for range ids {
		select {
		case e := <-r.exits:
			r.is(e.exit, "code 0")
		case <-t.Context().Done():
		}
	}
	reports := 0
	for reports < len(ids) {
		_, words, _ := strings.Cut(r.line(), " ")
		if fds, found := strings.CutPrefix(words, "fds "); found {
			reports++
			if fds != "0,1,2,3" {
				t.Errorf("a child got %s", fds)
			}
		}
	}
}

// TestLogOfManyStarts: no line of any start is lost, and each start appends.
func TestLogOfManyStarts(t *testing.T) {
	r := newRig(t)
	var want strings.Builder
	for n := range 5 {
		name := fmt.Sprintf("start-%d", n)
		id := r.start("say", name, "300")
		r.is(r.exit(id), "code 0")
		for line := range 300 {
			fmt.Fprintf(&want, "%s %d\n", name, line)
		}
	}
	if got := r.read("logs", "temporal.log"); got != want.String() {
		t.Errorf("the log has %d bytes, want %d", len(got), want.Len())
	}
}

// BenchmarkStart measures a start to the moment when its end is reported;
// BenchmarkBareExec, the floor, the same child by os/exec alone.
func BenchmarkStart(b *testing.B) {
	r := newRig(b)
	l := launchIn(r.home, "")
	l.Executable = "/bin/true"
	for b.Loop() {
		out := r.Do(b.Context(), plan.Action{Verb: plan.Start, Launch: l})
		if out.Err != nil {
			b.Fatal(out.Err)
		}
		<-r.exits
	}
}

func BenchmarkBareExec(b *testing.B) {
	env := os.Environ()
	for b.Loop() {
		cmd := exec.Command("/bin/true")
		cmd.Env = env
		if err := cmd.Run(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkTerminate measures a checked signal.
func BenchmarkTerminate(b *testing.B) {
	r := newRig(b)
	id := r.start("witness")
	_ = r.line()
	target := leader(id)
	for b.Loop() {
		if _, err := r.signal(target, unix.Signal(0)); err != nil {
			b.Fatal(err)
		}
	}
}
