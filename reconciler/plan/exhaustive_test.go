package plan

import (
	"time"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// dimensions span who runs and listens, and what is wanted. Later ones may
// rely on earlier ones: who exists comes before who listens.
func dimensions() [][]value {
	return [][]value{processValues(), lockValues(), recordValues(), listenerValues(), healthValues(),
		executableValues(), desiredValues(), historyValues()}
}

func only(b *base, ps ...observed.Process) { b.Observed.Processes = observed.Is(ps) }

func marker(pid int) observed.Process {
	p := stranger(pid, "/usr/bin/sleep", "1000")
	p.Evidence.CarriesMark = observed.Known
	return p
}

func processValues() []value {
	young := func(p observed.Process) observed.Process { p.Started = testTime().Add(-time.Second); return p }
	byHand := func(b *base) observed.Process {
		p := stranger(300, "/usr/bin/temporal", "server", "start-dev", "-f", b.spec().Storage.Path)
		p.Evidence.NamesDatabase = observed.Known
		return p
	}
	return []value{
		{"processes unknown", func(b *base) { b.Observed.Processes = observed.Unsure[[]observed.Process]("no /proc") }},
		{"no process", func(b *base) { only(b) }},
		{"old server", func(b *base) { only(b, b.server(100, time.Hour)) }},
		{"young server", func(b *base) { only(b, young(b.server(100, 0))) }},
		{"frozen server", func(b *base) {
			only(b, b.server(100, time.Hour))
			b.Observed.Processes.Value[0].State = observed.StateStopped
		}},
		{"server whose environment is unreadable", func(b *base) {
			p := b.server(100, time.Hour)
			p.Evidence.CarriesMark, p.Launch = observed.Unknown, observed.Unsure[observed.Launch]("denied")
			only(b, p)
		}},
		{"server of another version", func(b *base) { only(b, byHand(b)) }},
		{"leftover", func(b *base) { only(b, marker(200)) }},
		{"server and leftover", func(b *base) { only(b, b.server(100, time.Hour), marker(200)) }},
		{"stranger with the record's pid", func(b *base) {
			p := stranger(7, "/usr/bin/python3")
			p.Evidence.MatchesRecord = observed.Known
			only(b, p)
		}},
		{"zombie", func(b *base) {
			p := b.server(100, time.Hour)
			p.State = observed.StateDead
			only(b, p)
		}},
	}
}

// held is a lock that the process holds.
func held(p observed.Process) observed.Fact[observed.Lock] {
	return observed.Is(observed.Lock{Path: "/l", Holder: observed.Is(p)})
}

func lockValues() []value {
	// first makes the first process the holder, if there is one.
	first := func(b *base, holds observed.Knowledge) {
		for i := range b.Observed.Processes.Value {
			b.Observed.Processes.Value[i].Evidence.HoldsLock = observed.Absent
		}
		if len(b.Observed.Processes.Value) > 0 {
			b.Observed.Processes.Value[0].Evidence.HoldsLock = holds
		}
	}
	return []value{
		{"lock unknown", func(b *base) { first(b, observed.Unknown); b.Observed.Lock = observed.Unsure[observed.Lock]("a fifo") }},
		{"lock free", func(b *base) { first(b, observed.Absent); b.Observed.Lock = observed.None[observed.Lock]("") }},
		{"lock held by somebody unseen", func(b *base) {
			first(b, observed.Absent)
			b.Observed.Lock = observed.Is(observed.Lock{Path: "/l"})
		}},
		{"lock held by a stranger", func(b *base) {
			first(b, observed.Absent)
			b.Observed.Lock = held(stranger(8, "/usr/bin/flock"))
		}},
		{"lock held by the daemon", func(b *base) {
			first(b, observed.Absent)
			daemon := stranger(8, "/usr/bin/stigmer", "local", "daemon")
			b.Observed.Lock, b.Desired.Daemon = held(daemon), daemon.Identity
		}},
		{"lock held by the first process", func(b *base) {
			first(b, observed.Known)
			b.Observed.Lock = observed.None[observed.Lock]("")
			if ps := b.Observed.Processes.Value; len(ps) > 0 {
				b.Observed.Lock = held(ps[0])
			}
		}},
	}
}

func recordValues() []value {
	record := func(format observed.RecordFormat, pid int) func(*base) {
		return func(b *base) {
			b.Observed.Record = observed.Is(observed.Record{Format: format, PID: pid})
			for i, p := range b.Observed.Processes.Value {
				b.Observed.Processes.Value[i].Evidence.MatchesRecord = observed.Absent
				if p.PID == pid && format == observed.RecordCurrent {
					b.Observed.Processes.Value[i].Evidence.MatchesRecord = observed.Known
				}
			}
		}
	}
	return []value{
		{"record unknown", func(b *base) { b.Observed.Record = observed.Unsure[observed.Record]("denied") }},
		{"no record", func(b *base) { b.Observed.Record = observed.None[observed.Record]("") }},
		{"record of the server", record(observed.RecordCurrent, 100)},
		{"legacy record of the old server", record(observed.RecordLegacy, 300)},
		{"record of a stranger", record(observed.RecordCurrent, 7)},
		{"corrupt record", record(observed.RecordCorrupt, 0)},
	}
}

func listenerValues() []value {
	all := func(f func(*base) observed.Fact[observed.Listener]) func(*base) {
		return func(b *base) {
			for i := range b.Observed.Ports {
				b.Observed.Ports[i].Listener = f(b)
			}
		}
	}
	return []value{
		{"ports unknown", all(func(*base) observed.Fact[observed.Listener] { return observed.Unsure[observed.Listener]("") })},
		{"ports free", all(func(*base) observed.Fact[observed.Listener] { return observed.None[observed.Listener]("") })},
		{"ports of the first process", all(func(b *base) observed.Fact[observed.Listener] {
			if ps := b.Observed.Processes.Value; len(ps) > 0 {
				return listening(ps[0])
			}
			return observed.None[observed.Listener]("")
		})},
		{"only the frontend of the first process", func(b *base) {
			for i := range b.Observed.Ports {
				b.Observed.Ports[i].Listener = observed.None[observed.Listener]("")
			}
			if ps := b.Observed.Processes.Value; len(ps) > 0 {
				b.Observed.Ports[0].Listener = listening(ps[0])
			}
		}},
		{"ports of a stranger", all(func(*base) observed.Fact[observed.Listener] {
			return listening(stranger(9, "/usr/bin/python3"))
		})},
		{"ports of somebody unseen", all(func(*base) observed.Fact[observed.Listener] {
			return observed.Is(observed.Listener{User: "root"})
		})},
	}
}

func healthValues() []value {
	return []value{
		{"health unknown", func(b *base) {
			b.Observed.Health, b.Observed.Server = observed.Unsure[observed.Health]("not asked"), observed.Server{}
		}},
		{"serving", func(b *base) { b.Observed.Health = observed.Is(observed.Health{Status: observed.HealthServing}) }},
		{"silent", func(b *base) { b.silent() }},
	}
}

func executableValues() []value {
	return []value{
		{"executable", func(*base) {}},
		{"executable unknown", func(b *base) { b.Observed.Executable = observed.Unsure[observed.Executable]("denied") }},
		{"no executable", func(b *base) { b.Observed.Executable = observed.None[observed.Executable]("nowhere") }},
		{"unusable executable", func(b *base) { b.Observed.Executable.Value.Problem = "is a folder" }},
		{"perhaps a file of settings", func(b *base) { b.Observed.EnvFile = observed.Unsure[string]("denied") }},
		{"a file of settings", func(b *base) { b.Observed.EnvFile = observed.Is("a file") }},
	}
}

func desiredValues() []value {
	return []value{
		{"wanted", func(*base) {}},
		{"disabled", func(b *base) { no := false; b.spec().Enabled = &no }},
		{"removed", func(b *base) { b.Desired.Removed = true }},
		{"file missing", func(b *base) { b.Desired.Missing = true }},
		{"another port wanted", func(b *base) { b.spec().Port = 7777 }},
		{"restart wanted", func(b *base) {
			b.Desired.Object.Annotations = map[string]string{v1alpha1.RestartedAtAnnotation: "2026-01-02T03:04:04.5Z"}
		}},
	}
}

func historyValues() []value {
	asked := func(pid int, ago, killed time.Duration) func(*base) {
		return func(b *base) {
			b.retired(pid, ago)
			for id, r := range b.History.Retirements {
				if killed > 0 {
					r.Killed = b.Now.Add(-killed)
				}
				b.History.Retirements[id] = r
			}
		}
	}
	return []value{
		{"no history", func(*base) {}},
		{"served", func(b *base) { b.History.Served = true }},
		{"served, checks failed", func(b *base) { b.History.Served, b.History.FailedChecks = true, 3 }},
		{"checks failed", func(b *base) { b.History.FailedChecks = 3 }},
		{"backing off", func(b *base) { b.History.Failures, b.History.NotBefore = 3, b.Now.Add(time.Second) }},
		{"asked to stop", asked(100, time.Second, 0)},
		{"asked to stop long ago", asked(100, time.Minute, 0)},
		{"killed just now", asked(100, time.Minute, time.Millisecond)},
		{"leftover asked to stop", asked(200, time.Second, 0)},
	}
}
