package main

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/stigmer/stigmer-local/observer"
	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/actuator"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// namespaceVariable says that the test runs in a pid namespace of its own.
const namespaceVariable = "E2E_PID_NAMESPACE"

// TestChaosPidReuse runs itself again as the first process of a pid namespace,
// where the next pid can be chosen, and gives the pid of a process that is about
// to be signalled to a stranger.
func TestChaosPidReuse(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	w := &world{TB: t, home: t.TempDir()}
	rounds := 2 // two processes are started in each
	if os.Getenv("CHAOS_TIME") != "" {
		rounds = 10
	}
	reused := 0
	for _, swap := range []string{"before the hold", "before the check", "after the check"} {
		for _, verb := range []plan.Verb{plan.Terminate, plan.Kill} {
			for range rounds {
				if w.givesPidAway(swap, verb) {
					reused++
				}
			}
		}
	}
	if reused < rounds {
		t.Fatalf("the pid was given to a stranger only %d times", reused)
	}
	if t.Failed() {
		return
	}
	t.Logf("chaos: a pid that was about to be signalled was given to a stranger %d times; strangers harmed 0", reused)
}

// inNamespace reports whether this is the first process of a pid namespace. If it
// is not, it runs this test again as one.
func inNamespace(t *testing.T) bool {
	t.Helper()
	if os.Getenv(namespaceVariable) != "" {
		if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
			t.Fatal(err)
		}
		if err := unix.Mount("proc", "/proc", "proc", 0, ""); err != nil {
			t.Fatal(err)
		}
		return true
	}
	c := exec.Command(self(t), "-test.run=^"+t.Name()+"$", "-test.v")
	c.Env = append(os.Environ(), namespaceVariable+"=1")
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() != 0 {
		c.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		c.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}}
		c.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
	}
	var out strings.Builder
	c.Stdout, c.Stderr = &out, &out
	err := c.Start()
	if err != nil {
		t.Skipf("not run: a pid namespace cannot be made here: %v", err)
	}
	if err := c.Wait(); err != nil {
		t.Fatalf("%v:\n%s", err, out.String())
	}
	t.Log(out.String())
	if strings.Contains(out.String(), "--- SKIP") {
		t.Skip("not run: see above")
	}
	return false
}

// swapper is the last identity check, with the swap before or after it.
type swapper struct {
	actuator.Identifier
	before, after func()
}

func (s swapper) Identify(pid int) (observed.Identity, error) {
	s.before()
	defer s.after()
	return s.Identifier.Identify(pid)
}

// givesPidAway asks for the signal to a process that has been seen, and gives
// its pid to a stranger meanwhile. It reports whether the stranger got the pid;
// somebody else may be quicker.
func (w *world) givesPidAway(swap string, verb plan.Verb) (reused bool) {
	w.Helper()
	eyes := observer.New(observer.Options{})
	defer eyes.Close()
	victim := w.spawnStranger(nil)
	w.await("the victim is ready", func() (bool, string) { text := victim.said(); return text == "ready\n", text })
	id, err := eyes.Identify(victim.pid())
	if err != nil {
		w.Fatal(err)
	}
	var heir *stranger
	give := func() {
		if heir == nil {
			victim.leave()
			heir = w.heirOf(victim.pid())
		}
	}
	hook := swapper{Identifier: eyes, before: func() {}, after: func() {}}
	switch swap {
	case "before the hold":
		give()
	case "before the check":
		hook.before = give
	case "after the check":
		hook.after = give
	}
	hands := actuator.New(actuator.Options{Identifier: hook})
	defer hands.Close()
	target := observed.Process{Identity: id, ProcessGroup: id.PID, Session: id.PID}
	out := hands.Do(w.Context(), plan.Action{Verb: verb, Target: target})
	if heir == nil {
		w.Fatalf("the pid was never checked: %+v", out)
	}
	defer heir.leave()
	if reused = heir.pid() == id.PID; reused && out.Err == nil && !out.Gone {
		w.Errorf("%s %s: a signal was sent", verb, swap)
	}
	return reused
}

// heirOf starts a stranger who gets the pid, unless somebody else is quicker.
func (w *world) heirOf(pid int) *stranger {
	w.Helper()
	last := strconv.Itoa(pid - 1)
	if err := os.WriteFile("/proc/sys/kernel/ns_last_pid", []byte(last), 0o600); err != nil {
		w.Skipf("not run: the next pid cannot be chosen here: %v", err)
	}
	heir := w.spawnStranger(nil)
	w.await("the heir is ready", func() (bool, string) { text := heir.said(); return text == "ready\n", text })
	return heir
}
