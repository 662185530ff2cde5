package plan

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// kept returns what the next daemon restores: the history in a status, by way
// of the file.
func kept(t *testing.T, b base) History {
	t.Helper()
	object := b.Desired.Object.DeepCopy()
	object.Status = v1alpha1.TemporalStatus{RestartCount: b.History.RestartCount, History: b.History.Keep()}
	if !b.History.Main.IsZero() {
		object.Status.Process = &v1alpha1.ProcessStatus{PID: int32(b.History.Main.PID)}
	}
	if exit := b.History.LastExit; exit != nil {
		object.Status.LastExit = &v1alpha1.ExitStatus{
			PID: int32(exit.Identity.PID), ExitCode: exit.Code, Signal: exit.Signal, Time: metav1.NewTime(exit.Time),
		}
	}
	data, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	read := &v1alpha1.Temporal{}
	if err := json.Unmarshal(data, read); err != nil {
		t.Fatal(err)
	}
	return Restore(read)
}

// randomWorld returns a world and a history as a daemon may have left it.
func randomWorld(chance *rand.Rand) base {
	b := healthy()
	b.Observed.Slept = time.Duration(chance.IntN(2)) * time.Hour
	if chance.IntN(2) == 0 {
		b.Observed.Processes.Value = append(b.Observed.Processes.Value, marker(200))
	}
	world := []func(*base){
		func(*base) {}, (*base).silent, (*base).gone,
		func(b *base) { b.aged(time.Second); b.silent() },
		func(b *base) { b.aged(time.Second); b.silent(); b.retired(100, time.Minute) },
	}
	world[chance.IntN(len(world))](&b)
	b.History.Served = chance.IntN(2) == 0 && !b.History.Main.IsZero()
	if b.History.Served && chance.IntN(2) == 0 {
		b.History.StoreRead, b.History.StoreWritten = chance.IntN(2) == 0, chance.IntN(2) == 0
		b.History.Write = WriteCheck{Time: b.Now.Add(-10 * time.Second), Problem: "locked", Failures: chance.IntN(3)}
	}
	b.Desired.Removed = chance.IntN(3) == 0
	if chance.IntN(2) == 0 {
		b.History.Failures = 1 + chance.IntN(9)
		b.History.StartProblem = []string{"", "it failed"}[chance.IntN(2)]
		b.History.NotBefore = b.Now.Add(time.Duration(chance.IntN(60_000)-20_000) * time.Millisecond)
	}
	b.History.RestartCount = int32(chance.IntN(5))
	if chance.IntN(2) == 0 {
		b.History.LastExit = &Exit{Identity: observed.Identity{PID: 99}, Signal: "killed", Time: b.Now.Add(-time.Minute)}
	}
	for _, pid := range []int{100, 200} {
		if chance.IntN(3) == 0 {
			b.retired(pid, time.Duration(chance.IntN(20_000_000))*time.Microsecond)
		}
	}
	for id, r := range b.History.Retirements {
		if chance.IntN(2) == 0 {
			r.Killed = b.Now.Add(-time.Duration(chance.IntN(2_000_000)) * time.Microsecond)
			b.History.Retirements[id] = r
		}
	}
	return b
}

// TestRestoredHistoryDecidesTheSame: a daemon that takes over in the middle
// of anything goes on as the one before it would have.
func TestRestoredHistoryDecidesTheSame(t *testing.T) {
	used := map[Situation]int{}
	for seed := range uint64(3000) {
		b := randomWorld(rand.New(rand.NewPCG(seed, 1)))
		b.look()
		next := b
		next.History = kept(t, b)
		for _, w := range []*base{&b, &next} {
			w.later(300 * time.Millisecond)
			w.look()
		}
		want, got := Compute(b.Input), Compute(next.Input)
		used[want.Situation]++
		describe := func(p Plan) string {
			return fmt.Sprintf("%s: %s after %s; %s", p.Situation, verbs(p), p.RequeueAfter, p.Remedy)
		}
		if describe(got) != describe(want) {
			t.Fatalf("seed %d: restored %s, want %s\nkept %+v", seed, describe(got), describe(want), b.History)
		}
		if next.History.RestartCount != b.History.RestartCount || next.History.Served != b.History.Served ||
			next.History.Main != b.History.Main || next.History.LastPID != 0 {
			t.Fatalf("seed %d: restored %+v, want %+v", seed, next.History, b.History)
		}
		was, is := b.History.LastExit, next.History.LastExit
		if (was == nil) != (is == nil) || was != nil && (was.Identity.PID != is.Identity.PID || was.Signal != is.Signal || !was.Time.Equal(is.Time)) {
			t.Fatalf("seed %d: restored exit %+v, want %+v", seed, is, was)
		}
	}
	for _, s := range []Situation{TerminationOverdue, Terminating, Stopping, BackingOff, NotRunning, Failing, Starting, Converged} {
		if used[s] == 0 {
			t.Errorf("no world is %s: %v", s, used)
		}
	}
}

// hasTwoSecondsLeft looks now, and when the grace period of a server is over that was
// asked to stop eight seconds ago.
func (b *base) hasTwoSecondsLeft(t *testing.T, when string) {
	t.Helper()
	b.look()
	if p := Compute(b.Input); p.Situation != Terminating {
		t.Errorf("%s: %s", when, p)
	}
	b.later(2 * time.Second)
	b.look()
	if p := Compute(b.Input); p.Situation != TerminationOverdue {
		t.Errorf("%s, and the grace period is over: %s", when, p)
	}
}

// TestClockSetBetweenDaemons: a server that was asked to stop has its time, whatever
// is done to the wall clock before the next daemon looks.
func TestClockSetBetweenDaemons(t *testing.T) {
	for _, step := range []time.Duration{-time.Hour, 0, 9 * time.Second, time.Hour} {
		b := healthy()
		b.retired(100, 8*time.Second)
		b.History = kept(t, b)
		b.Now = b.Now.Add(step)
		b.Observed.Processes.Value[0].Started = b.Observed.Processes.Value[0].Started.Add(step)
		b.hasTwoSecondsLeft(t, fmt.Sprintf("after a step of %s", step))
	}
}

// TestSleepBetweenDaemons: what the machine slept through is no time in which a
// server could have stopped.
func TestSleepBetweenDaemons(t *testing.T) {
	for _, before := range []time.Duration{0, 8 * time.Hour} {
		b := healthy()
		b.Observed.Slept = before
		b.look()
		b.History = b.History.Did(b.Desired, Action{Verb: Terminate, Target: b.Observed.Processes.Value[0]}, "", observed.Identity{}, b.Now)
		b.later(8 * time.Second)
		b.look()
		b.History = kept(t, b)
		b.later(time.Hour)
		b.Observed.Slept += time.Hour
		b.hasTwoSecondsLeft(t, fmt.Sprintf("slept for %s before, and for an hour since", before))
	}
}

// TestRetirementOfAnOlderVersion: it kept no age. The time that is left is what it
// was, however many daemons follow.
func TestRetirementOfAnOlderVersion(t *testing.T) {
	b := healthy()
	b.retired(100, time.Second)
	last := b.Desired.Object.DeepCopy()
	last.Status = v1alpha1.TemporalStatus{Process: &v1alpha1.ProcessStatus{PID: 100}, History: b.History.Keep()}
	last.Status.History.Retirements[0].Age = nil
	b.History = Restore(last)
	for range 3 {
		b.look()
		if p := Compute(b.Input); p.Situation != Terminating {
			t.Fatalf("it is killed before its time: %s", p)
		}
		b.History = kept(t, b)
		b.later(time.Second)
	}
}

// TestNothingIsKeptOfNothing: an instance without a past has none in its status.
func TestNothingIsKeptOfNothing(t *testing.T) {
	if kept := (History{Generation: 3, RestartCount: 1, NotBefore: testTime()}).Keep(); kept != nil {
		t.Errorf("kept %+v", kept)
	}
}

// TestServerEndedWhileNobodyLooked: it is noticed once, as a restart that
// nobody asked for.
func TestServerEndedWhileNobodyLooked(t *testing.T) {
	b := healthy()
	b.History = kept(t, b)
	b.gone2()
	b.look()
	exit := b.History.LastExit
	if exit == nil || exit.Identity.PID != 100 || exit.Signal != "" || !exit.Time.Equal(b.Now) {
		t.Errorf("last exit %+v, want pid 100, now", exit)
	}
	if b.History.Served {
		t.Error("a server that is not there has served")
	}
	b.later(time.Second)
	b.look()
	if b.History.LastExit != exit {
		t.Errorf("the exit is noticed twice: %+v", b.History.LastExit)
	}
	b.started(101)
	if b.History.RestartCount != 1 {
		t.Errorf("%d restarts, want 1", b.History.RestartCount)
	}
}

// TestAnotherServerThanTheKeptOne: what was kept of one server does not count
// for another.
func TestAnotherServerThanTheKeptOne(t *testing.T) {
	b := healthy()
	b.History = kept(t, b)
	b.silent()
	b.edit(func(p *observed.Process) { p.PID, p.StartTicks = 101, 7; p.Started = b.Now.Add(-time.Second) })
	b.look()
	if p := Compute(b.Input); p.Situation != Starting || b.History.Served || b.History.LastExit == nil {
		t.Errorf("%s\nhistory %+v", p, b.History)
	}
}

// TestClockSetBackDoesNotDelayAKill: a time of asking that has not come yet
// counts from now.
func TestClockSetBackDoesNotDelayAKill(t *testing.T) {
	b := healthy()
	b.retired(100, -time.Hour)
	before := b.History
	b.look()
	if p := Compute(b.Input); p.Situation != Terminating || p.RequeueAfter > 10*time.Second {
		t.Errorf("next look after %s: %s", p.RequeueAfter, p)
	}
	for _, r := range before.Retirements {
		if !r.Asked.After(b.Now) {
			t.Error("the look changed the history that it was given")
		}
	}
	b.later(10 * time.Second)
	b.look()
	if p := Compute(b.Input); verbs(p) != "Kill 100" {
		t.Errorf("after the grace period: %s", p)
	}
}

// A kill that the clock has not reached yet, because it was set back, is
// repeated at once.
func TestClockSetBackDoesNotDelayTheNextKill(t *testing.T) {
	b := healthy()
	b.retired(100, time.Minute)
	for id, r := range b.History.Retirements {
		r.Killed = b.Now.Add(time.Hour)
		b.History.Retirements[id] = r
	}
	b.look()
	if p := Compute(b.Input); verbs(p) != "Kill 100" {
		t.Errorf("a minute after it was asked: %s", p)
	}
}
