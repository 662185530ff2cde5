package plan

import (
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// TestUnreadableSessionsAreNotShared: two processes whose session could not
// be read do not run in the same one.
func TestUnreadableSessionsAreNotShared(t *testing.T) {
	b := healthy()
	child := marker(200)
	child.Session, child.ProcessGroup = 0, 0
	b.Observed.Processes.Value = append(b.Observed.Processes.Value, child)
	b.edit(func(p *observed.Process) { p.Session = 0 })
	if p := Compute(b.Input); p.Situation != Converged || len(p.Unit) != 1 {
		t.Errorf("the unit is %v: %s", p.Unit, p)
	}
	b.spec().Env = map[string]string{"A": "1"}
	if p := Compute(b.Input); verbs(p) != "Terminate 100" {
		t.Errorf("a replacement signals more than the server: %s", p)
	}
}

// TestBlockers: what would keep a successor from starting keeps the server.
func TestBlockers(t *testing.T) {
	blocked := func(block func(*base)) func(*base) {
		return func(b *base) {
			b.edit(func(*observed.Process) {})
			block(b)
			b.spec().Env = map[string]string{"A": "1"}
		}
	}
	runSituations(t, []situationCase{
		{name: "executable unusable", change: blocked(func(b *base) {
			b.Observed.Executable.Value.Problem = "is not executable"
		}), want: ReplacementBlocked, remedy: true},
		{name: "executable missing", change: blocked(func(b *base) {
			b.Observed.Executable = observed.None[observed.Executable]("nowhere")
		}), want: ReplacementBlocked, remedy: true},
		{name: "the database has another name", change: blocked(func(b *base) {
			b.Observed.Database.SecondName = observed.Is("it has 2 hard links")
		}), want: ReplacementBlocked, remedy: true},
		{name: "the disk of the database is not mounted", change: blocked(func(b *base) {
			// An edit has named another file, and that was served before.
			b.edit(func(p *observed.Process) {
				p.Evidence.OpensDatabase, p.Evidence.NamesDatabase = observed.Absent, observed.Absent
				p.StartedOn = observed.Is(observed.StartedOn{Path: "/old.db", Exists: observed.Known, Opens: observed.Known, FirstBoot: observed.Absent})
			})
			b.Observed.Database.File, b.Observed.Database.Meta = observed.None[observed.File](""), observed.None[observed.Meta]("")
			b.remembers("/mnt/usb")
		}), want: ReplacementBlocked, remedy: true},
		{name: "perhaps a file of settings", change: blocked(func(b *base) {
			b.Observed.EnvFile = observed.Unsure[string]("denied")
		}), want: ReplacementBlocked, remedy: true},
		{name: "a file of settings", change: blocked(func(b *base) {
			b.Observed.EnvFile = observed.Is("a folder")
		}), want: ReplacementBlocked, remedy: true},
		{name: "database in use", change: blocked(func(b *base) {
			p := stranger(300, "/usr/bin/temporal", "server", "start-dev")
			p.Evidence.NamesDatabase = observed.Known
			b.Observed.Processes.Value = append(b.Observed.Processes.Value, p)
		}), want: ReplacementBlocked, remedy: true},
		{name: "port taken", change: blocked(func(b *base) {
			b.Observed.Ports[2].Listener = listening(stranger(7, "/usr/bin/python3"))
		}), want: ReplacementBlocked, remedy: true},
		{name: "no blocker", change: blocked(func(*base) {}), want: Drifted, actions: "Terminate 100"},
	})
}

// TestStops: stages of a stop that overlap.
func TestStops(t *testing.T) {
	stopping := func(ago time.Duration) func(*base) {
		return func(b *base) {
			b.Desired.Removed = true
			b.Observed.Processes.Value = append(b.Observed.Processes.Value, marker(200))
			b.retired(200, ago)
		}
	}
	// young is a server that has not served, asked to stop a minute ago by a
	// clock that ran, as after a laptop's sleep.
	young := func(age time.Duration, change func(*base)) func(*base) {
		return func(b *base) {
			b.silent()
			b.aged(age)
			b.retired(100, time.Minute)
			b.Desired.Removed = true
			b.firstBoot()
			change(b)
		}
	}
	memory := func(b *base) { b.spec().Storage = v1alpha1.StorageSpec{Type: v1alpha1.StorageMemory} }
	runSituations(t, []situationCase{
		{name: "a leftover is killed, and the server is asked at the same time", change: stopping(time.Minute),
			want: TerminationOverdue, actions: "Kill 200, Terminate 100"},
		{name: "a leftover has time left, and the server is asked", change: stopping(time.Second),
			want: Terminating, actions: "Terminate 100"},
		{name: "a first boot is not killed", change: young(time.Second, func(*base) {}), want: Terminating},
		{name: "a first boot that has its time up", change: young(30*time.Second, func(*base) {}),
			want: TerminationOverdue, actions: "Kill 100"},
		{name: "a young server on a database that was there", change: young(time.Second, func(b *base) {
			b.Observed.Database.FirstBoot = observed.None[observed.FirstBoot]("")
		}), want: TerminationOverdue, actions: "Kill 100"},
		{name: "a marker that cannot be read", change: young(time.Second, func(b *base) {
			b.Observed.Database.FirstBoot = observed.Unsure[observed.FirstBoot]("permission denied")
		}), want: Terminating},
		{name: "a wrapper's child in its first boot", change: young(time.Second, func(b *base) {
			child := b.server(200, time.Second)
			child.Session = 100
			b.Observed.Processes.Value = append(b.Observed.Processes.Value, child)
			b.retired(200, time.Minute)
		}), want: Terminating},
		{name: "a first boot that woke up with the machine", change: young(time.Hour, func(b *base) {
			b.History.AwakeSince = b.Now.Add(-time.Second)
		}), want: Terminating},
		{name: "a young server that has served", change: young(time.Second, func(b *base) { b.History.Served = true }),
			want: TerminationOverdue, actions: "Kill 100"},
		{name: "a young server that keeps nothing", change: young(time.Second, memory),
			want: TerminationOverdue, actions: "Kill 100"},
		{name: "a leftover beside a young server", change: young(time.Second, func(b *base) {
			b.Observed.Processes.Value = append(b.Observed.Processes.Value, marker(200))
			b.retired(200, time.Minute)
		}), want: TerminationOverdue, actions: "Kill 200"},
	})
}

// TestStartsThatWait: nothing runs, and a start is not due.
func TestStartsThatWait(t *testing.T) {
	later := func(d time.Duration) func(*base) {
		return func(b *base) { b.gone(); b.History.Failures, b.History.NotBefore = 3, b.Now.Add(d) }
	}
	runSituations(t, []situationCase{
		{name: "the longest delay", change: later(30 * time.Second), want: BackingOff},
		{name: "longer than any delay: the clock was set back", change: later(31 * time.Second), want: NotRunning, actions: "Start"},
		{name: "its time has come", change: later(0), want: NotRunning, actions: "Start"},
		{name: "the file is missing", change: func(b *base) { b.gone(); b.Desired.Missing = true }, want: FileMissing},
		{name: "the file is missing and the server runs", change: func(b *base) { b.Desired.Missing = true }, want: Converged},
		{name: "the file is missing and a record is left", change: func(b *base) {
			b.gone()
			b.Desired.Missing = true
			b.Observed.Record = observed.Is(observed.Record{Format: observed.RecordLegacy, PID: 7})
		}, want: FileMissing},
	})
}

// TestDriftIsAFaultOnlyOfTheSameDesiredState: a server that we started and
// that does not match what it was started for counts as failed; one that an
// edit made outdated does not, nor does one that another daemon started.
func TestDriftIsAFaultOnlyOfTheSameDesiredState(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*base)
		want   int
	}{
		"the same desired state": {func(b *base) { b.started(101) }, 1},
		"edited since":           {func(b *base) { b.started(101); b.Desired.Object.Generation++ }, 0},
		"adopted":                {func(b *base) { b.look() }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := healthy()
			c.change(&b)
			b.edit(func(p *observed.Process) { p.Launch.Value.Digest, p.Launch.Value.Spec = "other", "other" })
			b.look()
			p := Compute(b.Input)
			if p.Situation != Drifted {
				t.Fatalf("not drifted: %s", p)
			}
			h := b.History.Did(b.Desired, p.Actions[0], "", observed.Identity{}, b.Now)
			if h.Failures != c.want || h.Unplanned != (c.want > 0) {
				t.Errorf("%d failures, unplanned %t, want %d", h.Failures, h.Unplanned, c.want)
			}
		})
	}
}

// TestEndOfAStableRunIsTheFirstFailure, though no look came after it had
// become stable.
func TestEndOfAStableRunIsTheFirstFailure(t *testing.T) {
	for ready, want := range map[time.Duration]int{61 * time.Second: 1, 59 * time.Second: 6} {
		b := healthy()
		b.History.Failures, b.History.ReadySince = 5, b.Now.Add(-ready)
		b.gone2()
		b.look()
		if b.History.Failures != want {
			t.Errorf("%d failures after %s of Ready, want %d", b.History.Failures, ready, want)
		}
		if waits := b.History.NotBefore.After(b.Now); waits != (want > 1) {
			t.Errorf("next start at %s, now is %s", b.History.NotBefore, b.Now)
		}
	}
}
