package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stigmer/stigmer-local/reconciler/failpoint"
)

// scene leads a daemon to some of the failpoints.
type scene struct {
	points []string
	// real says that the stand-in will not do: its database holds nothing. The
	// others are played with the real server too when CHAOS_REAL is set.
	real bool
	// set makes the home ready, without a daemon.
	set func(*stage)
	// want is judged when the next daemon has done its work.
	want func(*stage)
}

// stage is a home on which a daemon dies at a point.
type stage struct {
	*world
	f    frontend
	stub bool
	// kept are workflows that must be there afterwards.
	kept []string
	// pid is a server that must not be replaced; 0 for none.
	pid int
	// backup is the copy that is restored.
	backup string
}

// TestChaosFailpoints: the daemon is killed at every step that leaves a trace.
// The next one converges, on a database that is whole.
func TestChaosFailpoints(t *testing.T) {
	program := buildWithFailpoints(t)
	scenes := scenes()
	var survived atomic.Int32
	t.Cleanup(func() {
		t.Logf("chaos: the daemon was killed at %d of %d points, and the next one converged", survived.Load(), len(failpoint.List()))
	})
	for _, point := range failpoint.List() {
		i := slices.IndexFunc(scenes, func(s scene) bool { return slices.Contains(s.points, point) })
		if i < 0 {
			t.Errorf("no scene leads to %s", point)
			continue
		}
		t.Run(strings.ReplaceAll(point, "/", " "), func(t *testing.T) {
			t.Parallel()
			s := &stage{world: newWorld(t), stub: !scenes[i].real && os.Getenv("CHAOS_REAL") == ""}
			s.f = s.frontend()
			scenes[i].set(s)
			defer s.watchForTwo()()
			s.diesAt(program, point)
			s.foreground()
			s.settle()
			scenes[i].want(s)
			s.ends()
			if !t.Failed() {
				survived.Add(1)
			}
		})
	}
}

// buildWithFailpoints builds the program as the daemon that dies.
func buildWithFailpoints(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "stigmer")
	build := exec.Command("go", "build", "-race", "-tags", "failpoints", "-o", program, ".")
	if out, err := build.CombinedOutput(); err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			t.Skipf("not run: there is no go command: %v", err)
		}
		t.Fatalf("%v:\n%s", err, out)
	}
	return program
}

// diesAt runs a daemon until it dies at the point.
func (s *stage) diesAt(program, point string) {
	s.Helper()
	c := s.command("local", "daemon")
	c.Path = program
	c.Env = append(slices.Clone(s.env), failpoint.Variable+"="+point)
	var log strings.Builder
	c.Stdout, c.Stderr = &log, &log
	late := false
	c.Cancel = func() error { late = true; return c.Process.Kill() }
	err := c.Run()
	status, _ := c.ProcessState.Sys().(syscall.WaitStatus)
	if late || err == nil || !status.Signaled() || status.Signal() != syscall.SIGKILL {
		s.Fatalf("the daemon did not die at %s: %v\n%s", point, err, log.String())
	}
	if err := faultsIn(log.String()); err != nil {
		s.Error(err)
	}
}

// settle waits until the observer sees what is wanted, and the program says so.
func (s *stage) settle() {
	s.Helper()
	s.awaitFor(settleTime, "the next daemon has converged", func() (bool, string) {
		seen, fault := s.judged()
		return fault == "", fault + "\n" + seen.String()
	})
}

// ends stops everything and looks at what is left.
func (s *stage) ends() {
	s.Helper()
	if s.pid != 0 && s.temporal().pid != s.pid {
		s.Errorf("pid was %d and is %d", s.pid, s.temporal().pid)
	}
	if len(s.kept) > 0 {
		s.lists(s.f, s.kept)
	}
	s.expect(0, "local", "stop", "--yes")
	if temps, _ := filepath.Glob(s.file("temporal-data", ".*.tmp")); len(temps) > 0 {
		s.Logf("left behind, to be written anew the next time: %v", temps)
	}
	if _, err := os.Stat(s.database()); err == nil {
		isWhole(s, copyDatabase(s, s.database()))
	}
}

// hasRun leaves a database with workflows, and no process.
func (s *stage) hasRun(lines ...string) {
	s.Helper()
	s.orphan(lines...)
	s.kill9(s.pid)
	s.pid = 0
}

// orphan leaves a server that runs and has workflows, and no daemon.
func (s *stage) orphan(lines ...string) {
	s.Helper()
	s.wants(lines...)
	s.up()
	s.start("kept")
	s.pid = s.temporal().pid
	s.kill9(s.daemon().pid)
}

// patient is for a machine that is busy with all the scenes.
const patient = "interval: 500ms\nhealth: {startupTimeout: 60s, timeout: 5s}\nrestart: {initialDelay: 50ms, maxDelay: 1s}"

// wants writes the file, for the stand-in where that does.
func (s *stage) wants(lines ...string) {
	s.Helper()
	lines = append(lines, patient)
	if s.stub {
		s.wishStub(nil, lines...)
		return
	}
	s.wish(lines...)
}

// start starts workflows that must be there at the end.
func (s *stage) start(prefix string) {
	s.Helper()
	if s.stub {
		return
	}
	s.kept = append(s.kept, s.f.startMany(prefix, 3)...)
	s.lists(s.f, s.kept)
}

func (s *stage) isSealed() bool {
	_, err := os.Stat(s.database() + ".first-boot")
	return os.IsNotExist(err)
}

// serves is what most scenes want: nothing but a server that works.
func serves(s *stage) {
	s.Helper()
	s.start("after")
	if !s.isSealed() {
		s.Error("the marker of the first boot is still there")
	}
}

// isGone is what a stop wants.
func isGone(s *stage) {
	s.Helper()
	if left := s.see(); len(left.servers) > 0 {
		s.Errorf("it still runs: %s", left)
	}
	s.kept = nil
}

// aside returns what was moved aside with that word in its name.
func (s *stage) aside(word string) []string {
	found, _ := filepath.Glob(s.database() + word)
	return slices.DeleteFunc(found, func(path string) bool {
		return strings.HasSuffix(path, "-journal") || strings.HasSuffix(path, ".json")
	})
}

// restoreWish is the file with the wish that a restore writes.
func (s *stage) restoreWish() {
	s.Helper()
	text := desired("temporal", s.port, patient)
	s.writeDesired(withWish(text, s.backup, longAgo))
}
