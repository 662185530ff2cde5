package plan

import (
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// situationCase changes one thing in a healthy world.
type situationCase struct {
	name    string
	change  func(*base)
	want    Situation
	actions string
	// remedy says that the user must act.
	remedy bool
}

func runSituations(t *testing.T, cases []situationCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := healthy()
			c.change(&b)
			p := Compute(b.Input)
			if p.Situation != c.want {
				t.Errorf("situation %s, want %s: %s", p.Situation, c.want, p)
			}
			if got := verbs(p); got != c.actions {
				t.Errorf("actions %q, want %q", got, c.actions)
			}
			if (p.Remedy != "") != c.remedy {
				t.Errorf("remedy %q, wanted one: %t", p.Remedy, c.remedy)
			}
			if p.Message == "" || p.RequeueAfter <= 0 {
				t.Errorf("message %q, next look after %s", p.Message, p.RequeueAfter)
			}
		})
	}
}

func TestRunningSituations(t *testing.T) {
	runSituations(t, []situationCase{
		{name: "all is well", change: func(*base) {}, want: Converged},
		{name: "adopted from an earlier daemon", change: func(b *base) { b.forgotten() }, want: Converged},
		{name: "processes unknown", change: func(b *base) {
			b.Observed.Processes = observed.Unsure[[]observed.Process]("/proc cannot be read")
		}, want: ObservationFailed},
		{name: "the look hangs", change: func(b *base) {
			b.Observed.Processes, b.Observed.Hangs = observed.Unsure[[]observed.Process]("late"), "/mnt/x.db"
		}, want: ObservationFailed, remedy: true},
		{name: "starting", change: func(b *base) {
			b.silent()
			b.History = History{Generation: 1}
			b.edit(func(p *observed.Process) { p.Started = b.Now.Add(-time.Second) })
		}, want: Starting},
		{name: "start timed out", change: func(b *base) {
			b.silent()
			b.History = History{Generation: 1, FailedChecks: 30}
			b.edit(func(p *observed.Process) { p.Started = b.Now.Add(-30 * time.Second) })
		}, want: StartTimedOut, actions: "Terminate 100"},
		{name: "one failed check", change: func(b *base) { b.silent(); b.History.FailedChecks = 1 }, want: Failing},
		{name: "enough failed checks", change: func(b *base) { b.silent(); b.History.FailedChecks = 3 },
			want: Unresponsive, actions: "Terminate 100"},
		{name: "stopped, below the threshold", change: func(b *base) {
			b.silent()
			b.History.FailedChecks = 2
			b.edit(func(p *observed.Process) { p.State = observed.StateStopped })
		}, want: Failing},
		{name: "stopped for too long", change: func(b *base) {
			b.silent()
			b.History.FailedChecks = 3
			b.edit(func(p *observed.Process) { p.State = observed.StateStopped })
		}, want: Frozen, actions: "Terminate 100"},
		{name: "health not read", change: func(b *base) {
			b.Observed.Health = observed.Unsure[observed.Health]("the listener changed during the check")
		}, want: HealthUnknown},
		{name: "frontend not read", change: func(b *base) {
			b.Observed.Ports[0].Listener = observed.Unsure[observed.Listener]("no netlink")
		}, want: HealthUnknown},
		{name: "a stranger on the frontend port of a running server", change: func(b *base) {
			b.Observed.Ports[0].Listener = listening(stranger(7, "/usr/bin/python3"))
		}, want: Failing},
		{name: "the HTTP port is not open yet", change: func(b *base) {
			b.edit(func(p *observed.Process) { p.Started = b.Now.Add(-time.Second) })
			b.Observed.Ports[1].Listener = observed.None[observed.Listener]("")
		}, want: PortsIncomplete},
		{name: "the HTTP port never opens", change: func(b *base) {
			b.Observed.Ports[1].Listener = observed.None[observed.Listener]("")
			b.edit(func(p *observed.Process) { p.Started = b.Now.Add(-time.Hour) })
		}, want: PortsIncomplete, remedy: true},
		{name: "who has the UI port could not be read", change: func(b *base) {
			b.Observed.Ports[3].Listener = observed.Unsure[observed.Listener]("no netlink")
		}, want: PortsIncomplete, remedy: true},
		{name: "record gone", change: func(b *base) {
			b.Observed.Record = observed.None[observed.Record]("")
			b.edit(func(p *observed.Process) { p.Evidence.MatchesRecord = observed.Absent })
		}, want: RecordOutdated, actions: "WriteRecord 100"},
		{name: "record unreadable", change: func(b *base) {
			b.Observed.Record = observed.Unsure[observed.Record]("permission denied")
			b.edit(func(p *observed.Process) { p.Evidence.MatchesRecord = observed.Absent })
		}, want: Converged},
		{name: "lock file deleted", change: func(b *base) {
			b.edit(func(p *observed.Process) { p.Evidence.HoldsLock = observed.Absent })
			b.Observed.Lock = observed.None[observed.Lock]("no such file")
		}, want: LockLost},
	})
}

func TestDriftSituations(t *testing.T) {
	const past, future = "2026-01-02T03:00:00Z", "2026-01-02T04:00:00Z"
	annotate := func(value string) func(*base) {
		return func(b *base) {
			b.Desired.Object.Annotations = map[string]string{v1alpha1.RestartedAtAnnotation: value}
		}
	}
	runSituations(t, []situationCase{
		{name: "another port", change: func(b *base) { b.spec().Port = 7333; b.Observed.Ports[0].Address = address(7333) },
			want: Drifted, actions: "Terminate 100"},
		{name: "another environment", change: func(b *base) { b.spec().Env = map[string]string{"A": "1"} },
			want: Drifted, actions: "Terminate 100"},
		{name: "another binary in the spec", change: func(b *base) { b.spec().Binary.Version = "9.9.9" },
			want: Drifted, actions: "Terminate 100"},
		{name: "another version of stigmer starts it otherwise", change: func(b *base) {
			b.edit(func(p *observed.Process) {
				p.Launch.Value.Digest = "other"
				p.Args = append(p.Args[:len(p.Args)-2], "--new-flag")
			})
		}, want: Converged},
		{name: "another version of stigmer started it, and an edit", change: func(b *base) {
			b.edit(func(p *observed.Process) { p.Launch.Value.Digest = "other" })
			b.spec().LogLevel = "debug"
		}, want: Drifted, actions: "Terminate 100"},
		{name: "the search finds another executable", change: func(b *base) { b.Observed.Executable.Value.Path = "/opt/other" },
			want: Converged},
		{name: "replaced in place", change: func(b *base) {
			b.edit(func(p *observed.Process) { p.ExecutableReplaced = true })
		}, want: Converged},
		{name: "executable not found now", change: func(b *base) {
			b.Observed.Executable = observed.None[observed.Executable]("nowhere")
		}, want: Converged},
		{name: "what does not reach the command line", change: func(b *base) { b.spec().Health.FailureThreshold = 9 }, want: Converged},
		{name: "environment unreadable", change: func(b *base) {
			b.edit(func(p *observed.Process) { p.Launch = observed.Unsure[observed.Launch]("permission denied") })
			b.spec().Port = 7333
		}, want: Converged},
		{name: "restart asked for", change: func(b *base) {
			annotate(past)(b)
			b.edit(func(p *observed.Process) { p.Started = testTime().Add(-time.Hour) })
		}, want: RestartRequested, actions: "Terminate 100"},
		{name: "started for this restart, by a clock that was wrong", change: func(b *base) {
			annotate(past)(b)
			b.edit(func(p *observed.Process) {
				p.Started = testTime().Add(-time.Hour)
				p.Launch.Value.RestartedAt = past
			})
		}, want: Converged},
		{name: "started after the restart was asked for", change: func(b *base) {
			annotate(past)(b)
			b.edit(func(p *observed.Process) { p.Started = testTime().Add(-time.Minute) })
		}, want: Converged},
		{name: "a restart in the future", change: annotate(future), want: Converged},
		{name: "a restart that is no time", change: annotate("soon"), want: Converged},
		{name: "new port held by a stranger", change: func(b *base) {
			b.spec().Port = 7333
			b.Observed.Ports[0] = observed.Port{Name: observed.Frontend, Address: address(7333),
				Listener: listening(stranger(7, "/usr/bin/python3"))}
		}, want: ReplacementBlocked, remedy: true},
		{name: "new port, and no executable", change: func(b *base) {
			b.spec().Port = 7333
			b.Observed.Executable = observed.None[observed.Executable]("nowhere")
		}, want: ReplacementBlocked, remedy: true},
		{name: "an older version's server with other arguments", change: func(b *base) {
			b.edit(func(p *observed.Process) {
				p.Evidence.CarriesMark = observed.Absent
				p.Launch = observed.None[observed.Launch]("")
				p.Args = []string{"/opt/temporal", "server", "start-dev", "--port", "7233"}
			})
		}, want: Drifted, actions: "Terminate 100"},
		{name: "an older version's server with the same arguments", change: func(b *base) {
			b.edit(func(p *observed.Process) {
				p.Evidence.CarriesMark = observed.Absent
				p.Launch = observed.None[observed.Launch]("")
			})
		}, want: Converged},
	})
}

func TestStartSituations(t *testing.T) {
	runSituations(t, []situationCase{
		{name: "nothing runs", change: (*base).gone, want: NotRunning, actions: "Start"},
		{name: "crashed, first time", change: func(b *base) { b.gone(); b.History.Failures, b.History.NotBefore = 1, b.Now },
			want: NotRunning, actions: "Start"},
		{name: "crashed again", change: func(b *base) {
			b.gone()
			b.History.Failures, b.History.NotBefore = 2, b.Now.Add(200*time.Millisecond)
		}, want: BackingOff},
		{name: "no executable", change: func(b *base) {
			b.gone()
			b.Observed.Executable = observed.None[observed.Executable]("looked in PATH")
		}, want: ExecutableMissing, remedy: true},
		{name: "executable not executable", change: func(b *base) {
			b.gone()
			b.Observed.Executable.Value.Problem = "is not executable"
		}, want: ExecutableUnusable, remedy: true},
		{name: "the disk of the database is not mounted", change: func(b *base) {
			b.gone()
			b.remembers("/mnt/usb")
			b.Observed.Database.File, b.Observed.Database.Meta = observed.None[observed.File](""), observed.None[observed.Meta]("")
		}, want: DatabaseUnusable, remedy: true},
		{name: "the database was deleted, and its disk is there", change: func(b *base) {
			b.gone()
			b.remembers("/")
			b.Observed.Database.File, b.Observed.Database.Meta = observed.None[observed.File](""), observed.None[observed.Meta]("")
		}, want: NotRunning, actions: "Start"},
		{name: "a database with two names", change: func(b *base) {
			b.gone()
			b.Observed.Database.SecondName = observed.Is("it has 2 hard links")
		}, want: DatabaseUnusable, remedy: true},
		{name: "a database with two names, and a backup to take its place", change: func(b *base) {
			b.gone()
			b.Observed.Database.SecondName = observed.Is("it has 2 hard links")
			b.Desired.Object.Annotations = map[string]string{v1alpha1.RestoreAnnotation: "/b/x.db@2026-01-02T03:04:04Z"}
			b.Observed.Restore = observed.Is(observed.File{})
		}, want: RestorePending, actions: "StageBackup"},
		{name: "a file of settings", change: func(b *base) {
			b.gone()
			b.Observed.EnvFile = observed.Is("a file")
		}, want: EnvFilePresent, remedy: true},
		{name: "a stranger on the port", change: func(b *base) {
			b.gone()
			b.Observed.Ports[0].Listener = listening(stranger(7, "/usr/bin/python3"))
		}, want: PortHeldByStranger, remedy: true},
		{name: "another instance of ours on the port", change: func(b *base) {
			b.gone()
			other := stranger(7, "/opt/temporal", "server", "start-dev", "--env-file", "/home/ada/.stigmer/orders.no-env-file")
			b.Observed.Ports[0].Listener = listening(other)
		}, want: PortHeldByStranger, remedy: true},
		{name: "a stranger on the UI port", change: func(b *base) {
			b.gone()
			b.Observed.Ports[3].Listener = listening(stranger(7, "/usr/bin/python3"))
		}, want: PortHeldByStranger, remedy: true},
		{name: "somebody unreadable on the port", change: func(b *base) {
			b.gone()
			b.Observed.Ports[0].Listener = observed.Is(observed.Listener{User: "root"})
		}, want: PortHeldByStranger, remedy: true},
		{name: "ports unreadable", change: func(b *base) {
			b.gone()
			b.Observed.Ports[0].Listener = observed.Unsure[observed.Listener]("no netlink")
		}, want: NotRunning, actions: "Start"},
		{name: "a pid record that names a stranger or nobody", change: func(b *base) {
			b.gone()
			b.Observed.Record = observed.Is(observed.Record{Format: observed.RecordCurrent, PID: 7})
		}, want: RecordStale, actions: "RemoveRecord, Start"},
		{name: "a legacy pid record", change: func(b *base) {
			b.gone()
			b.Observed.Record = observed.Is(observed.Record{Format: observed.RecordLegacy, PID: 7})
		}, want: RecordStale, actions: "RemoveRecord, Start"},
		{name: "a corrupt pid record", change: func(b *base) {
			b.gone()
			b.Observed.Record = observed.Is(observed.Record{Format: observed.RecordCorrupt})
		}, want: RecordStale, actions: "RemoveRecord, Start"},
		{name: "an unreadable pid record", change: func(b *base) {
			b.gone()
			b.Observed.Record = observed.Unsure[observed.Record]("permission denied")
		}, want: NotRunning, actions: "Start"},
		{name: "lock unknown", change: func(b *base) { b.gone(); b.Observed.Lock = observed.Unsure[observed.Lock]("a fifo") },
			want: LockUnknown, remedy: true},
		{name: "not wanted, and the lock is held by somebody unseen", change: func(b *base) {
			b.gone()
			b.Desired.Removed = true
			b.Observed.Lock = observed.Is(observed.Lock{Path: "/l"})
		}, want: StopUncertain, remedy: true},
		{name: "not wanted, and the lock is unknown", change: func(b *base) {
			b.gone()
			b.Desired.Removed = true
			b.Observed.Lock = observed.Unsure[observed.Lock]("a fifo")
		}, want: StopUncertain, remedy: true},
		{name: "lock held by somebody unseen", change: func(b *base) {
			b.gone()
			b.Observed.Lock = observed.Is(observed.Lock{Path: "/l"})
		}, want: LockHolderUnknown, remedy: true},
	})
}
