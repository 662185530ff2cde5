package plan

import (
	"strings"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// look lets the history see the world as it is now.
func (b *base) look() {
	b.Observed.Time = b.Now
	b.History = b.History.See(b.Desired, b.Observed, b.Now)
}

// later moves the clock.
func (b *base) later(d time.Duration) { b.Now = b.Now.Add(d) }

// started carries out a start: a server of ours runs, and serves.
func (b *base) started(pid int) {
	server := b.server(pid, 0)
	fresh := healthy()
	b.Observed = fresh.Observed
	b.Observed.Processes.Value[0] = server
	b.edit(func(*observed.Process) {})
	b.History = b.History.Did(b.Desired, Action{Verb: Start}, "", server.Identity, b.Now)
}

func TestCrashPolicy(t *testing.T) {
	b := healthy()
	b.look()
	var delays []time.Duration
	for pid := 101; pid < 112; pid++ {
		b.gone2()
		b.look()
		delay := b.History.NotBefore.Sub(b.Now)
		delays = append(delays, delay)
		b.later(max(delay, 0))
		if p := Compute(b.Input); p.Situation != NotRunning {
			t.Fatalf("after the delay: %s", p)
		}
		b.started(pid)
		b.look()
	}
	if delays[0] > 0 {
		t.Errorf("the first restart after a stable run waits %s", delays[0])
	}
	want := 250 * time.Millisecond
	for i, delay := range delays[1:] {
		if delay > want || delay < want*8/10 {
			t.Errorf("restart %d waits %s, want at most %s and at least 80 %% of it", i+2, delay, want)
		}
		want = min(2*want, 30*time.Second)
	}
	if b.History.RestartCount != 11 {
		t.Errorf("restart count %d, want 11", b.History.RestartCount)
	}
}

// gone2 ends the server behind the history's back.
func (b *base) gone2() {
	h := b.History
	b.gone()
	b.History = h
}

func TestFailuresAreForgotten(t *testing.T) {
	crashed := func() base {
		b := healthy()
		b.History.Failures, b.History.NotBefore = 5, b.Now.Add(time.Minute)
		return b
	}
	t.Run("by a stable run", func(t *testing.T) {
		b := crashed()
		b.look()
		if b.History.Failures != 0 {
			t.Errorf("%d failures after 9 minutes of Ready", b.History.Failures)
		}
	})
	t.Run("not by a short one", func(t *testing.T) {
		b := crashed()
		b.History.ReadySince = b.Now.Add(-59 * time.Second)
		b.look()
		if b.History.Failures != 5 {
			t.Errorf("%d failures, want 5", b.History.Failures)
		}
	})
	t.Run("by an edit", func(t *testing.T) {
		b := crashed()
		b.gone()
		b.Desired.Object.Generation++
		b.look()
		if p := Compute(b.Input); p.Situation != NotRunning {
			t.Errorf("after an edit: %s", p)
		}
	})
}

func TestChecksCountOncePerTimeout(t *testing.T) {
	b := healthy()
	b.silent()
	for range 50 {
		b.look()
		b.later(10 * time.Millisecond)
	}
	if b.History.FailedChecks != 1 {
		t.Errorf("%d failed checks within half a timeout, want 1", b.History.FailedChecks)
	}
	b.later(time.Second)
	b.look()
	if b.History.FailedChecks != 2 {
		t.Errorf("%d failed checks, want 2", b.History.FailedChecks)
	}
	b.Observed.Health = healthy().Observed.Health
	b.look()
	if b.History.FailedChecks != 0 {
		t.Errorf("%d failed checks after a good one", b.History.FailedChecks)
	}
}

func TestUnknownHealthIsNoFailure(t *testing.T) {
	b := healthy()
	b.Observed.Health = observed.Unsure[observed.Health]("not asked")
	for range 10 {
		b.later(5 * time.Second)
		b.look()
	}
	if b.History.FailedChecks != 0 {
		t.Errorf("%d failed checks", b.History.FailedChecks)
	}
}

func TestExits(t *testing.T) {
	t.Run("told before the look that misses it", func(t *testing.T) {
		b := healthy()
		main := b.History.Main
		b.History = b.History.Exited(Exit{Identity: main, Signal: "killed", Time: b.Now})
		b.gone2()
		b.look()
		checkExit(t, b.History, main, "killed", 1)
	})
	t.Run("told after the next start", func(t *testing.T) {
		b := healthy()
		main := b.History.Main
		b.gone2()
		b.look()
		b.started(101)
		b.History = b.History.Exited(Exit{Identity: main, Signal: "killed", Time: b.Now})
		b.look()
		checkExit(t, b.History, main, "killed", 1)
	})
	t.Run("never told", func(t *testing.T) {
		b := healthy()
		main := b.History.Main
		b.gone2()
		b.look()
		checkExit(t, b.History, main, "", 1)
	})
	t.Run("of another process", func(t *testing.T) {
		b := healthy()
		b.History = b.History.Exited(Exit{Identity: observed.Identity{PID: 5}, Signal: "killed"})
		if b.History.LastExit != nil {
			t.Errorf("took the exit of a stranger: %+v", b.History.LastExit)
		}
	})
	t.Run("asked for", func(t *testing.T) {
		b := healthy()
		main := b.Observed.Processes.Value[0]
		b.History = b.History.Did(b.Desired, Action{Verb: Terminate, Target: main, Reason: string(Drifted)}, "", observed.Identity{}, b.Now)
		b.History = b.History.Exited(Exit{Identity: main.Identity, Code: new(int32)})
		b.gone2()
		b.look()
		checkExit(t, b.History, main.Identity, "", 0)
		b.started(101)
		if b.History.RestartCount != 0 {
			t.Errorf("a replacement that was asked for counts as restart")
		}
	})
}

func checkExit(t *testing.T, h History, main observed.Identity, signal string, failures int) {
	t.Helper()
	if h.LastExit == nil || h.LastExit.Identity != main || h.LastExit.Signal != signal {
		t.Errorf("last exit %+v, want %v by %q", h.LastExit, main, signal)
	}
	if h.Failures != failures {
		t.Errorf("%d failures, want %d", h.Failures, failures)
	}
}

func TestReplacedForFailureCounts(t *testing.T) {
	b := healthy()
	b.silent()
	b.History.FailedChecks = 3
	p := Compute(b.Input)
	for range 3 { // the same action, carried out again, counts once
		b.History = b.History.Did(b.Desired, p.Actions[0], "", observed.Identity{}, b.Now)
	}
	b.gone2()
	b.look()
	b.started(101)
	if b.History.Failures != 1 || b.History.RestartCount != 1 {
		t.Errorf("%d failures and %d restarts, want 1 and 1", b.History.Failures, b.History.RestartCount)
	}
}

func TestFailedStartBacksOff(t *testing.T) {
	b := healthy()
	b.gone()
	for range 3 {
		p := Compute(b.Input)
		if p.Situation != NotRunning {
			t.Fatalf("wanted a start: %s", p)
		}
		b.History = b.History.Did(b.Desired, p.Actions[0], "it failed", observed.Identity{}, b.Now)
		b.Now = maxTime(b.Now, b.History.NotBefore)
	}
	if b.History.Failures != 3 {
		t.Errorf("%d failures, want 3", b.History.Failures)
	}
}

// TestFailedStartIsNotTheServersFault: what is waited for is the start that
// failed, and not the server that ended before it.
func TestFailedStartIsNotTheServersFault(t *testing.T) {
	b := healthy()
	b.gone()
	b.History.Failures, b.History.LastExit = 1, &Exit{Identity: observed.Identity{PID: 100}, Signal: "killed"}
	waits := func() string {
		if p := Compute(b.Input); p.Situation == BackingOff {
			return p.Message
		}
		t.Fatalf("a start is tried without a pause: %s", Compute(b.Input))
		return ""
	}
	b.History = b.History.Did(b.Desired, Action{Verb: Start}, "the log is a folder", observed.Identity{}, b.Now)
	b.History = kept(t, b)
	if m := waits(); !strings.HasPrefix(m, "failed 2 times in a row (the log is a folder), next start in ") || strings.Contains(m, "logs") {
		t.Errorf("after a start that failed: %s", m)
	}
	b.started(101)
	b.gone2()
	b.look()
	if m := waits(); !strings.HasPrefix(m, "failed 3 times in a row (how the last one ended is not known), ") || !strings.HasSuffix(m, "; 'stigmer local logs' may say why") {
		t.Errorf("after a server that ended: %s", m)
	}
}

// TestStartThatNobodyNoted: it came after the one that failed, and the daemon died
// before it could say so.
func TestStartThatNobodyNoted(t *testing.T) {
	b := healthy()
	b.History = History{Generation: 1, Failures: 1, StartProblem: "the log is a folder"}
	b.look()
	b.gone2()
	b.look()
	if p := Compute(b.Input); p.Situation != BackingOff || strings.Contains(p.Message, "folder") {
		t.Errorf("the server that ended is not blamed: %s", p)
	}
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func TestFailedSignalIsNotRemembered(t *testing.T) {
	b := healthy()
	action := Action{Verb: Terminate, Target: b.Observed.Processes.Value[0]}
	b.History = b.History.Did(b.Desired, action, "it failed", observed.Identity{}, b.Now)
	if len(b.History.Retirements) != 0 {
		t.Error("a signal that was not sent counts as sent")
	}
}

func TestHistoryIsAValue(t *testing.T) {
	b := healthy()
	before := b.History
	action := Action{Verb: Kill, Target: b.Observed.Processes.Value[0]}
	first := before.Did(b.Desired, action, "", observed.Identity{}, b.Now)
	second := first.Did(b.Desired, action, "", observed.Identity{}, b.Now.Add(time.Second))
	if before.Retirements != nil {
		t.Error("Did changed its receiver")
	}
	id := action.Target.Identity
	if first.Retirements[id].Killed == second.Retirements[id].Killed {
		t.Error("the second history shares its map with the first")
	}
}

func TestRestore(t *testing.T) {
	last := testDesired().Object
	last.Status = v1alpha1.TemporalStatus{
		RestartCount: 4,
		Process:      &v1alpha1.ProcessStatus{PID: 9},
		LastExit:     &v1alpha1.ExitStatus{PID: 8, Signal: "killed"},
	}
	h := Restore(last)
	if h.RestartCount != 4 || !h.Unplanned || h.LastExit.Signal != "killed" {
		t.Errorf("restored %+v", h)
	}
	b := healthy()
	b.History = h
	b.look()
	if b.History.Unplanned {
		t.Error("the server is there, so no restart is due")
	}
	disabled := last.DeepCopy()
	no := false
	disabled.Spec.Enabled = &no
	if Restore(disabled).Unplanned {
		t.Error("a server that should not run is not missed")
	}
}
