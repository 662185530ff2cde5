package plan

import (
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// TestOrphans: processes other than the server that have to do with the
// instance, and whether they are ours.
func TestOrphans(t *testing.T) {
	sleeper := func(pid int) observed.Process {
		p := stranger(pid, "/usr/bin/sleep", "1000")
		p.Evidence.CarriesMark = observed.Known
		return p
	}
	alone := func(b *base, p observed.Process) {
		b.gone()
		b.Observed.Processes = observed.Is([]observed.Process{p})
	}
	holds := func(b *base, p observed.Process) {
		p.Evidence.HoldsLock = observed.Known
		alone(b, p)
		b.Observed.Lock = observed.Is(observed.Lock{Path: "/l", Holder: observed.Is(p)})
	}
	byHand := func(b *base, pid int) observed.Process {
		p := stranger(pid, "/usr/bin/temporal", "server", "start-dev", "--db-filename", b.spec().Storage.Path)
		p.Evidence.NamesDatabase = observed.Known
		return p
	}
	runSituations(t, []situationCase{
		{name: "a marked child beside the server", change: func(b *base) {
			b.Observed.Processes.Value = append(b.Observed.Processes.Value, sleeper(200))
		}, want: Converged},
		{name: "a backup of an instance that is called start-dev", change: func(b *base) {
			holds(b, stranger(200, "/usr/bin/stigmer", "local", "backup", "--name", "start-dev"))
		}, want: DatabaseBusy},
		{name: "somebody who says start-dev and has the lock", change: func(b *base) {
			holds(b, stranger(200, "/usr/bin/grep", "start-dev"))
		}, want: LockHeldByStranger, remedy: true},
		{name: "a marked child in the server's session", change: func(b *base) {
			child := sleeper(200)
			child.Session, child.ProcessGroup = 100, 100
			b.Observed.Processes.Value = append(b.Observed.Processes.Value, child)
		}, want: Converged},
		{name: "a server whose command line cannot be read", change: func(b *base) {
			b.edit(func(p *observed.Process) { p.Args = nil })
		}, want: Converged},
		{name: "a wrapper's child has the port and no mark", change: func(b *base) {
			child := stranger(200, "/opt/temporal", "server", "start-dev")
			child.Session, child.ProcessGroup = 100, 100
			for i := range b.Observed.Ports {
				b.Observed.Ports[i].Listener = listening(child)
			}
		}, want: Converged},
		{name: "a wrapper's child has the port", change: func(b *base) {
			child := b.server(200, time.Minute)
			child.Session, child.ProcessGroup = 100, 100
			b.Observed.Processes.Value = append(b.Observed.Processes.Value, child)
			for i := range b.Observed.Ports {
				b.Observed.Ports[i].Listener = listening(child)
			}
		}, want: Converged},
		{name: "a marked child keeps the lock of a dead server", change: func(b *base) { holds(b, sleeper(200)) },
			want: LockHeldByLeftover, actions: "Terminate 200"},
		{name: "a marked child keeps the port", change: func(b *base) {
			alone(b, sleeper(200))
			b.Observed.Ports[0].Listener = listening(sleeper(200))
		}, want: LeftoverProcess, actions: "Terminate 200"},
		{name: "somebody with flock holds the lock", change: func(b *base) {
			holds(b, stranger(7, "/usr/bin/flock", "/l"))
		}, want: LockHeldByStranger, remedy: true},
		{name: "an older manager holds the lock", change: func(b *base) {
			holds(b, stranger(7, "/usr/bin/stigmer", "server"))
		}, want: LockHeldByStranger, remedy: true},
		{name: "an older version's server holds the lock", change: func(b *base) { holds(b, byHand(b, 300)) },
			want: Drifted, actions: "Terminate 300"},
		{name: "a temporal on our database, started by hand", change: func(b *base) { alone(b, byHand(b, 300)) },
			want: DatabaseInUse, remedy: true},
		{name: "an older version's orphan, named by its one-line record", change: func(b *base) {
			alone(b, byHand(b, 300))
			b.Observed.Record = observed.Is(observed.Record{Format: observed.RecordLegacy, PID: 300})
			b.Observed.Processes.Value[0].Args = []string{"temporal", "server", "start-dev", "-f", "x"}
		}, want: Drifted, actions: "Terminate 300"},
		{name: "a current record with that pid and another start time", change: func(b *base) {
			alone(b, byHand(b, 300))
			b.Observed.Record = observed.Is(observed.Record{Format: observed.RecordCurrent, PID: 300})
		}, want: DatabaseInUse, remedy: true},
		{name: "a record that matches a stranger to the second", change: func(b *base) {
			p := stranger(300, "/usr/bin/python3")
			p.Evidence.MatchesRecord = observed.Known
			alone(b, p)
			b.Observed.Record = observed.Is(observed.Record{Format: observed.RecordCurrent, PID: 300})
		}, want: RecordStale, actions: "RemoveRecord, Start"},
		{name: "a stranger whose environment cannot be read", change: func(b *base) {
			p := stranger(300, "/usr/bin/python3")
			p.Evidence.CarriesMark = observed.Unknown
			p.Evidence.MatchesRecord = observed.Known
			alone(b, p)
		}, want: NotRunning, actions: "Start"},
		{name: "a zombie of ours", change: func(b *base) {
			b.gone()
			p := b.server(100, time.Minute)
			p.State = observed.StateDead
			b.Observed.Processes = observed.Is([]observed.Process{p})
		}, want: NotRunning, actions: "Start"},
		{name: "two servers of ours: the lock decides", change: func(b *base) {
			second := b.server(200, time.Minute)
			second.Evidence.HoldsLock = observed.Absent
			b.Observed.Processes.Value = append([]observed.Process{second}, b.Observed.Processes.Value...)
		}, want: LeftoverProcess, actions: "Terminate 200"},
		{name: "an orphan that serves", change: func(b *base) { b.forgotten() }, want: Converged},
		{name: "an orphan that serves, and no write was tried", change: func(b *base) { b.History = History{} }, want: ChecksUnknown},
		{name: "an orphan that does not serve", change: func(b *base) {
			b.silent()
			b.History = History{Generation: 1, FailedChecks: 3}
		}, want: StartTimedOut, actions: "Terminate 100"},
	})
}

func TestStopSituations(t *testing.T) {
	off := func(b *base) { no := false; b.spec().Enabled = &no }
	runSituations(t, []situationCase{
		{name: "disabled", change: off, want: Stopping, actions: "Terminate 100"},
		{name: "file removed", change: func(b *base) { b.Desired.Removed = true }, want: Stopping, actions: "Terminate 100"},
		{name: "disabled, with a leftover", change: func(b *base) {
			off(b)
			p := stranger(200, "/usr/bin/sleep")
			p.Evidence.CarriesMark = observed.Known
			b.Observed.Processes.Value = append(b.Observed.Processes.Value, p)
		}, want: Stopping, actions: "Terminate 100, Terminate 200"},
		{name: "disabled, with a child in the server's group", change: func(b *base) {
			off(b)
			p := stranger(200, "/usr/bin/sleep")
			p.Evidence.CarriesMark = observed.Known
			p.Session, p.ProcessGroup = 100, 100
			b.Observed.Processes.Value = append(b.Observed.Processes.Value, p)
		}, want: Stopping, actions: "Terminate 100"},
		{name: "disabled and gone", change: func(b *base) { off(b); b.gone() }, want: Stopped},
		{name: "disabled and gone, with a record", change: func(b *base) {
			off(b)
			b.gone()
			b.Observed.Record = observed.Is(observed.Record{Format: observed.RecordCurrent, PID: 7})
		}, want: Stopped, actions: "RemoveRecord"},
		{name: "disabled, with strangers on port and lock", change: func(b *base) {
			off(b)
			b.gone()
			b.Observed.Ports[0].Listener = listening(stranger(7, "/usr/bin/python3"))
			b.Observed.Lock = observed.Is(observed.Lock{Path: "/l", Holder: observed.Is(stranger(8, "/usr/bin/flock"))})
		}, want: Stopped},
		{name: "disabled, processes unknown", change: func(b *base) {
			off(b)
			b.Observed.Processes = observed.Unsure[[]observed.Process]("no /proc")
		}, want: ObservationFailed},
		{name: "within the grace period", change: func(b *base) { b.retired(100, time.Second) }, want: Terminating},
		{name: "past the grace period", change: func(b *base) { b.retired(100, 10*time.Second) },
			want: TerminationOverdue, actions: "Kill 100"},
		{name: "killed a moment ago", change: func(b *base) {
			b.retired(100, 11*time.Second)
			for id, r := range b.History.Retirements {
				r.Killed = b.Now.Add(-time.Millisecond)
				b.History.Retirements[id] = r
			}
		}, want: TerminationOverdue},
		{name: "killed, and still there", change: func(b *base) {
			b.retired(100, 20*time.Second)
			for id, r := range b.History.Retirements {
				r.Killed = b.Now.Add(-2 * time.Second)
				b.History.Retirements[id] = r
			}
		}, want: TerminationOverdue, actions: "Kill 100"},
		{name: "disabled while a leftover terminates", change: func(b *base) {
			off(b)
			p := stranger(200, "/usr/bin/sleep")
			p.Evidence.CarriesMark = observed.Known
			b.Observed.Processes.Value = append(b.Observed.Processes.Value, p)
			b.retired(200, time.Second)
		}, want: Terminating, actions: "Terminate 100"},
	})
}

// TestServerThatIsEnding: its memory is gone, and with it its command line and its
// environment; its files are not yet. It is no leftover of an earlier run.
func TestServerThatIsEnding(t *testing.T) {
	b := healthy()
	b.edit(func(p *observed.Process) {
		p.Args, p.Executable = []string{}, ""
		p.Launch = observed.None[observed.Launch]("the process does not carry the mark")
		p.Evidence.CarriesMark, p.Evidence.NamesDatabase = observed.Absent, observed.Absent
	})
	b.silent()
	b.look()
	if p := Compute(b.Input); len(p.Actions) > 0 || p.Main == nil || p.Situation != Failing {
		t.Errorf("%s", p)
	}
	before := b.History
	b.gone()
	b.History = before
	b.look()
	if b.History.Failures != 1 || !b.History.Unplanned {
		t.Errorf("its end is no crash: %+v", b.History)
	}
}
