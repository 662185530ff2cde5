package plan

import (
	"time"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

const older = "temporal-server 1.28.0"

// startDimensions: nothing serves, and what lies on the disk decides.
func startDimensions() [][]value {
	return [][]value{absentValues(), fileValues(), markerValues(), companionValues(), metaValues(),
		append(diskValues(), unknownDiskValues()...), buildValues(), wishValues(), idleValues()}
}

// servingDimensions: a server lives, and its data and its answers decide.
func servingDimensions() [][]value {
	return [][]value{serverValues(), fileValues(), markerValues(), metaValues(), diskValues(), answerValues(), wishValues(), pastValues()}
}

func absentValues() []value {
	without := func(ps ...observed.Process) func(*base) {
		return func(b *base) {
			b.gone()
			only(b, ps...)
		}
	}
	reader := stranger(300, "/usr/bin/sqlite3", "t.db")
	reader.Evidence.OpensDatabase = observed.Known
	return []value{
		{"nothing runs", without()},
		{"a stranger has the file open", without(reader)},
		{"a leftover", without(marker(200))},
	}
}

func serverValues() []value {
	server := func(age time.Duration, opens, names observed.Knowledge) func(*base) {
		return func(b *base) {
			p := b.server(100, age)
			p.Evidence.OpensDatabase, p.Evidence.NamesDatabase = opens, names
			only(b, p)
			b.edit(func(*observed.Process) {})
		}
	}
	return []value{
		{"server", server(time.Hour, observed.Known, observed.Known)},
		{"server without the file", server(time.Hour, observed.Absent, observed.Known)},
		{"server with a lost file", func(b *base) {
			server(time.Hour, observed.Absent, observed.Known)(b)
			b.edit(func(p *observed.Process) { p.Evidence.OpensAnother = observed.Known })
		}},
		{"server whose files are unreadable", func(b *base) {
			server(time.Hour, observed.Unknown, observed.Known)(b)
			b.edit(func(p *observed.Process) { p.Evidence.OpensAnother = observed.Unknown })
		}},
		{"server on another storage", server(time.Hour, observed.Absent, observed.Absent)},
		{"server that lost another storage", func(b *base) {
			server(time.Hour, observed.Absent, observed.Absent)(b)
			b.edit(func(p *observed.Process) {
				p.StartedOn = observed.Is(observed.StartedOn{Path: "/old.db", Exists: observed.Absent, Opens: observed.Absent, FirstBoot: observed.Absent})
			})
		}},
		{"young server on another new storage", func(b *base) {
			server(time.Second, observed.Absent, observed.Absent)(b)
			b.edit(func(p *observed.Process) {
				p.StartedOn = observed.Is(observed.StartedOn{Path: "/old.db", Exists: observed.Known, Opens: observed.Known, FirstBoot: observed.Known})
			})
		}},
		{"young server", server(time.Second, observed.Known, observed.Known)},
		{"young server without the file", server(time.Second, observed.Absent, observed.Known)},
	}
}

func fileValues() []value {
	return []value{
		{"file", func(*base) {}},
		{"no file", func(b *base) { b.Observed.Database.File = observed.None[observed.File]("") }},
		{"file unknown", func(b *base) { b.Observed.Database.File = observed.Unsure[observed.File]("it is a folder") }},
	}
}

func markerValues() []value {
	return []value{
		{"no marker", func(*base) {}},
		{"marker", (*base).firstBoot},
		{"marker unknown", func(b *base) { b.Observed.Database.FirstBoot = observed.Unsure[observed.FirstBoot]("it is a fifo") }},
	}
}

func companionValues() []value {
	return []value{
		{"no journal", func(*base) {}},
		{"journal", func(b *base) { b.Observed.Database.Companions = []string{b.Observed.Database.Path + "-journal"} }},
	}
}

func metaValues() []value {
	meta := func(change func(*observed.Meta)) func(*base) {
		return func(b *base) { change(&b.Observed.Database.Meta.Value) }
	}
	return []value{
		{"recorded", func(*base) {}},
		{"not recorded", func(b *base) { b.Observed.Database.Meta = observed.None[observed.Meta]("") }},
		{"record unreadable", func(b *base) { b.Observed.Database.Meta = observed.Unsure[observed.Meta]("torn") }},
		{"another build", meta(func(m *observed.Meta) { m.LastServedBy = older })},
		{"another build, copied", meta(func(m *observed.Meta) { m.LastServedBy, m.BackedUpFor = older, build })},
		{"another cluster", meta(func(m *observed.Meta) { m.ClusterID = "cluster-2" })},
		{"made by another build", meta(func(m *observed.Meta) { m.CreatedBy, m.Objects = older, []string{"table a"} })},
	}
}

func diskValues() []value {
	return []value{
		{"room", func(*base) {}},
		{"full", func(b *base) { b.Observed.Database.Free = observed.Is[uint64](1 << 20) }},
		{"read-only", func(b *base) {
			b.Observed.Database.Writable = observed.Fact[bool]{Knowledge: observed.Known, Reason: "read-only file system"}
		}},
	}
}

func unknownDiskValues() []value {
	return []value{
		{"room unknown", func(b *base) { b.Observed.Database.Free = observed.Unsure[uint64]("statfs") }},
		{"no database", func(b *base) {
			b.Observed.Database.SQLite = observed.Fact[bool]{Knowledge: observed.Known, Reason: "it is empty"}
		}},
		{"a second name", func(b *base) { b.Observed.Database.SecondName = observed.Is("it has 2 hard links") }},
		{"not mounted", func(b *base) { b.remembers("/mnt/usb") }},
		{"writable unknown", func(b *base) { b.Observed.Database.Writable = observed.Unsure[bool]("denied") }},
	}
}

func buildValues() []value {
	return append(executableValues(),
		value{"executable without a build", func(b *base) { b.Observed.Executable.Value.Build = "" }})
}

func answerValues() []value {
	problem := observed.Is(observed.Check{Problem: "no answer within 1s"})
	return []value{
		{"all well", func(*base) {}},
		{"silent", (*base).silent},
		{"health unknown", func(b *base) {
			b.Observed.Health, b.Observed.Server = observed.Unsure[observed.Health]("the listener changed"), observed.Server{}
		}},
		{"serves, and nothing was asked", func(b *base) { b.Observed.Server = observed.Server{} }},
		{"store problem", func(b *base) {
			b.Observed.Server.Store, b.Observed.Server.Cluster = problem, observed.Unsure[observed.Cluster]("no answer within 1s")
		}},
		{"visibility problem", func(b *base) { b.Observed.Server.Visibility = problem }},
		{"UI problem", func(b *base) { b.Observed.Server.UI = problem }},
		{"writes fail", func(b *base) { b.History.Write.Problem, b.History.Write.Failures = "disk I/O error", 2 }},
		{"a write is late", func(b *base) {
			b.History.Write.Late, b.History.Write.LateAt = "a write has had no answer within 1s yet", b.Now
		}},
		{"no write was tried", func(b *base) { b.History.Write = WriteCheck{} }},
	}
}

func wishValues() []value {
	restore := func(found observed.Fact[observed.File]) func(*base) {
		return func(b *base) {
			b.Desired.Object.Annotations = map[string]string{v1alpha1.RestoreAnnotation: "/b/x.db@2026-01-02T03:04:04Z"}
			b.Observed.Restore = found
		}
	}
	return []value{
		{"wanted", func(*base) {}},
		{"disabled", func(b *base) { no := false; b.spec().Enabled = &no }},
		{"another port", func(b *base) { b.spec().Port = 7777 }},
		{"restart", func(b *base) {
			b.Desired.Object.Annotations = map[string]string{v1alpha1.RestartedAtAnnotation: "2026-01-02T03:04:04.5Z"}
		}},
		{"restore", restore(observed.Is(observed.File{Size: 1}))},
		{"restore, copied", func(b *base) {
			restore(observed.None[observed.File]("no such file"))(b)
			b.Observed.Database.Staged = observed.Is(observed.Meta{Restored: "/b/x.db@2026-01-02T03:04:04Z"})
		}},
		{"a swap that has begun", func(b *base) {
			b.Observed.Database.Staged = observed.Is(observed.Meta{Restored: "a wish that is gone", Replaces: "/db.replaced-1"})
		}},
		{"restore that failed", func(b *base) {
			restore(observed.Is(observed.File{Size: 1}))(b)
			b.Observed.Database.Staged = observed.Is(observed.Meta{Restored: "an earlier wish"})
			b.History.Restore = RestoreWish{
				Value: "/b/x.db@2026-01-02T03:04:04Z", Database: b.spec().Storage.Path, Problem: "no room", FailedAt: b.Now,
			}
		}},
		{"restore of nothing", restore(observed.None[observed.File]("no such file"))},
		{"restore of what is not known", restore(observed.Unsure[observed.File]("denied"))},
		{"restored before", func(b *base) {
			restore(observed.Is(observed.File{Size: 1}))(b)
			b.Observed.Database.Meta.Value.Restored = "/b/x.db@2026-01-02T03:04:04Z"
			b.Observed.Database.Staged = observed.Is(observed.Meta{Restored: "a wish that is gone"})
		}},
	}
}

func pastValues() []value {
	served := func(b *base) { b.History.Served, b.History.StoreRead, b.History.StoreWritten = true, true, true }
	return []value{
		{"just seen", func(*base) {}},
		{"has served", served},
		{"has served, checks failed", func(b *base) { served(b); b.History.FailedChecks = 9 }},
		{"asked to stop long ago", func(b *base) { b.retired(100, time.Minute) }},
	}
}

func idleValues() []value {
	return []value{
		{"no record", func(*base) {}},
		{"a record", func(b *base) { b.Observed.Record = observed.Is(observed.Record{Format: observed.RecordLegacy, PID: 7}) }},
		{"backing off", func(b *base) { b.History.Failures, b.History.NotBefore = 3, b.Now.Add(time.Second) }},
	}
}
