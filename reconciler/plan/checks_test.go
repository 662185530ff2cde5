package plan

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// wrote lets a look make a write check.
func (b *base) wrote(problem string) {
	b.Observed.Server.Write = observed.Is(observed.Check{Problem: problem})
	b.look()
	b.Observed.Server.Write = observed.Unsure[observed.Check]("not asked in this look")
	b.later(WriteCheckEvery)
}

// TestWriteChecks: what is remembered of the writes, after each.
func TestWriteChecks(t *testing.T) {
	full := func(b *base) { b.Observed.Database.Free = observed.Is[uint64](0) }
	lost := func(b *base) { b.edit(func(p *observed.Process) { p.Evidence.OpensDatabase = observed.Absent }) }
	unseen := func(b *base) { b.Observed.Database.File = observed.Unsure[observed.File]("denied") }
	for name, c := range map[string]struct {
		change   func(*base)
		problems []string
		written  bool
		failures int
	}{
		"none":                    {func(*base) {}, nil, false, 0},
		"one that succeeds":       {func(*base) {}, []string{""}, true, 0},
		"one that fails":          {func(*base) {}, []string{"locked"}, false, 1},
		"two that fail":           {func(*base) {}, []string{"", "locked", "locked"}, true, 2},
		"one that succeeds again": {func(*base) {}, []string{"locked", "locked", ""}, true, 0},
		"on a full disk":          {full, []string{"full", "full", "full"}, false, 0},
		"on a lost file":          {lost, []string{"no answer", "no answer"}, false, 0},
		"on a file not seen":      {unseen, []string{"no answer", "no answer"}, false, 0},
		"a success on any of it":  {unseen, []string{""}, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := healthy()
			b.History.StoreWritten, b.History.Write = false, WriteCheck{}
			c.change(&b)
			for _, problem := range c.problems {
				at := b.Now
				b.wrote(problem)
				if b.History.Write.Problem != problem || !b.History.Write.Time.Equal(at) {
					t.Errorf("after %q: %+v", problem, b.History.Write)
				}
			}
			b.look()
			if b.History.StoreWritten != c.written || b.History.Write.Failures != c.failures {
				t.Errorf("written %t, %d failures in a row, want %t and %d", b.History.StoreWritten, b.History.Write.Failures, c.written, c.failures)
			}
		})
	}
}

// TestFreedDiskIsNoReasonForARestart: the writes that failed while it was full
// do not count afterwards.
func TestFreedDiskIsNoReasonForARestart(t *testing.T) {
	m := converged(t)
	m.disk.full = true
	m.awhile(10 * time.Minute)
	m.disk.full = false
	if m.awhile(10*time.Minute) > 0 || m.starts != 1 {
		t.Errorf("%d starts", m.starts)
	}
	if p := m.pass(); p.Situation != Converged {
		t.Errorf("in the end: %s", p)
	}
}

// TestWritesAreTriedSeldom: at most once in 30 s, however often it is looked.
func TestWritesAreTriedSeldom(t *testing.T) {
	m := converged(t)
	var at []time.Time
	for end := m.Now.Add(time.Hour); m.Now.Before(end); {
		if m.pass(); len(at) == 0 || at[len(at)-1] != m.History.Write.Time {
			at = append(at, m.History.Write.Time)
		}
	}
	for i := range at[1:] {
		if apart := at[i+1].Sub(at[i]); apart < 30*time.Second || apart > 35*time.Second {
			t.Errorf("two writes %s apart", apart)
		}
	}
	if len(at) < 100 {
		t.Errorf("%d writes in an hour", len(at))
	}
}

// TestAnotherServerHasItsOwnChecks: what was remembered of one does not count
// for the next.
func TestAnotherServerHasItsOwnChecks(t *testing.T) {
	b := healthy()
	b.wrote("locked")
	b.wrote("locked")
	b.started(101)
	if h := b.History; h.StoreRead || h.StoreWritten || h.Served || h.Write != (WriteCheck{}) || !h.WriteDue(b.Now) {
		t.Errorf("history %+v", h)
	}
}

// TestChecksAreKept: the next daemon knows them too.
func TestChecksAreKept(t *testing.T) {
	at := testTime().Add(-time.Second)
	for name, h := range map[string]History{
		"all":          {Served: true, StoreRead: true, StoreWritten: true, Write: WriteCheck{Time: at, Problem: "locked", Failures: 2}},
		"well":         {Served: true, StoreRead: true, StoreWritten: true, Write: WriteCheck{Time: at}},
		"only served":  {Served: true},
		"a late one":   {Served: true, Write: WriteCheck{Time: at, Late: "no answer within 1s yet", LateAt: at}},
		"a late first": {Served: true, Write: WriteCheck{Late: "no answer within 1s yet", LateAt: at}},
		"a first, bad": {Served: true, StoreRead: true, Write: WriteCheck{Time: at, Problem: "no such table", Failures: 1}},
	} {
		b := healthy()
		h.Main, h.Generation = b.History.Main, 1
		b.History = h
		got := kept(t, b)
		if got.Served != h.Served || got.StoreRead != h.StoreRead || got.StoreWritten != h.StoreWritten ||
			!got.Write.Time.Equal(h.Write.Time) || got.Write.Problem != h.Write.Problem || got.Write.Failures != h.Write.Failures || got.Write.Late != h.Write.Late || !got.Write.LateAt.Equal(h.Write.LateAt) {
			t.Errorf("%s: restored %+v, want %+v", name, got, h)
		}
	}
	if c := (History{}).Keep(); c != nil {
		t.Errorf("kept %+v of nothing", c)
	}
	want := &v1alpha1.HistoryStatus{Served: true, StoreRead: true}
	if diff := cmp.Diff(want, History{Served: true, StoreRead: true}.Keep()); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
}

// TestLateWriteIsRemembered until there is an answer: a look that makes no write
// does not know of one that another process waits for.
func TestLateWriteIsRemembered(t *testing.T) {
	b := healthy()
	writable := func() observed.Knowledge {
		b.look()
		return Compute(b.Input).Verdict(v1alpha1.ConditionStoreWritable).Holds
	}
	b.Observed.Server.WriteLate, b.Observed.Server.Write = true, observed.Unsure[observed.Check]("no answer within 1s yet")
	if got := writable(); got != observed.Unknown {
		t.Errorf("while it is late: %s", got)
	}
	b.Observed.Server.WriteLate, b.Observed.Server.Write = false, observed.Unsure[observed.Check]("not asked in this look")
	if got := writable(); got != observed.Unknown || b.History.Write.Late == "" {
		t.Errorf("to one that does not ask: %s, %+v", got, b.History.Write)
	}
	b.Observed.Server.WriteEnded = true
	if got := writable(); got != observed.Known || b.History.Write.Late != "" {
		t.Errorf("after an answer that tells nothing: %s, %+v", got, b.History.Write)
	}
	b.Observed.Server.Write = observed.Is(observed.Check{})
	if got := writable(); got != observed.Known || b.History.Write.Late != "" {
		t.Errorf("after the answer: %s, %+v", got, b.History.Write)
	}
}

// TestClockSetBackForgetsTheWrite: a check that is still to come says nothing,
// and the next one is due.
func TestClockSetBackForgetsTheWrite(t *testing.T) {
	b := healthy()
	b.History.Write = WriteCheck{Time: b.Now.Add(time.Hour)}
	b.look()
	if !b.History.WriteDue(b.Now) {
		t.Errorf("history %+v", b.History.Write)
	}
	if p := Compute(b.Input); p.Situation != ChecksUnknown {
		t.Errorf("not known whether it can be written: %s", p)
	}
}

// TestFirstLookIsNoSleep: a machine has slept since it was booted, but not
// necessarily since a look that there was not.
func TestFirstLookIsNoSleep(t *testing.T) {
	b := healthy()
	b.History = History{Generation: 1}
	b.Observed.Slept = 8 * time.Hour
	b.look()
	if !b.History.AwakeSince.IsZero() || !b.History.Served {
		t.Errorf("history %+v", b.History)
	}
	b.later(time.Minute)
	b.look()
	if !b.History.AwakeSince.IsZero() {
		t.Error("it slept without sleeping")
	}
}

// TestOnlyCopyIsSafeFromTheFirstLookOn: a daemon without a memory, on a
// machine that has slept, finds a server whose file was deleted, and an edit.
func TestOnlyCopyIsSafeFromTheFirstLookOn(t *testing.T) {
	for name, slept := range map[string]time.Duration{"never slept": 0, "has slept": 8 * time.Hour} {
		b := healthy()
		b.History = History{}
		b.edit(func(p *observed.Process) { p.Evidence.OpensDatabase = observed.Absent })
		b.Observed.Database.File = observed.None[observed.File]("")
		b.spec().LogLevel = "debug"
		b.Observed.Slept = slept
		b.look()
		if p := Compute(b.Input); p.Situation != DatabaseLost {
			t.Errorf("%s: %s", name, p)
		}
	}
}

// TestSmallDifferencesAreNoSleep: the two clocks are not read at one instant.
func TestSmallDifferencesAreNoSleep(t *testing.T) {
	for slept, want := range map[time.Duration]bool{
		0: false, 499 * time.Millisecond: false, 500 * time.Millisecond: true, -time.Second: false, time.Hour: true,
	} {
		b := healthy()
		b.Observed.Slept = time.Hour
		b.look()
		b.History.FailedChecks = 2
		b.silent()
		b.Observed.Slept += slept
		b.later(time.Second)
		b.look()
		if woke := b.History.FailedChecks == 0; woke != want {
			t.Errorf("%s more: %d failed checks", slept, b.History.FailedChecks)
		}
	}
}

// TestPreparationsThatFailBackOff: a copy that cannot be made is not tried
// again at once, and nothing is started without it.
func TestPreparationsThatFailBackOff(t *testing.T) {
	for _, verb := range []Verb{Quarantine, Backup, RestoreBackup, Start} {
		b := healthy()
		b.gone()
		h := b.History
		for range 3 {
			h = h.Did(b.Desired, Action{Verb: verb}, "it failed", observed.Identity{}, b.Now)
		}
		if h.Failures != 3 || !h.NotBefore.After(b.Now) {
			t.Errorf("%s: %d failures, next start at %s", verb, h.Failures, h.NotBefore)
		}
	}
	for _, verb := range []Verb{Seal, RegisterNamespace, UpdateNamespace, AddSearchAttributes, LearnSchema, WriteRecord, RemoveRecord} {
		b := healthy()
		if h := b.History.Did(b.Desired, Action{Verb: verb}, "it failed", observed.Identity{}, b.Now); h.Failures != 0 || h.Main != b.History.Main {
			t.Errorf("a failed %s counts as a failed server", verb)
		}
	}
}
