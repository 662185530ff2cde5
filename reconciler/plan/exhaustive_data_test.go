package plan

import (
	"slices"
	"time"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// dataDimensions spans the worlds in which the data decides: who serves it,
// what lies on the disk, what the server answers, and what the user wants.
func dataDimensions() [][]value {
	return [][]value{serverValues(), fileValues(), markerValues(), companionValues(), metaValues(), diskValues(),
		answerValues(), wishValues(), externalValues(), pastValues()}
}

func serverValues() []value {
	server := func(age time.Duration, opens observed.Knowledge) func(*base) {
		return func(b *base) {
			p := b.server(100, age)
			p.Evidence.OpensDatabase = opens
			only(b, p)
			b.edit(func(*observed.Process) {})
		}
	}
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
		{"server", server(time.Hour, observed.Known)},
		{"server without the file", server(time.Hour, observed.Absent)},
		{"server whose files are unreadable", server(time.Hour, observed.Unknown)},
		{"young server", server(time.Second, observed.Known)},
		{"young server without the file", server(time.Second, observed.Absent)},
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
		{"marker", func(b *base) { b.Observed.Database.FirstBoot = observed.Is(observed.FirstBoot{}) }},
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
		{"another build", meta(func(m *observed.Meta) { m.LastServedBy = "temporal-server 1.28.0" })},
		{"another build, copied", meta(func(m *observed.Meta) { m.LastServedBy, m.BackedUpFor = "temporal-server 1.28.0", build })},
		{"another cluster", meta(func(m *observed.Meta) { m.ClusterID = "cluster-2" })},
		{"made by another build", meta(func(m *observed.Meta) { m.CreatedBy, m.Objects = "temporal-server 1.28.0", []string{"table a"} })},
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

func answerValues() []value {
	problem := observed.Is(observed.Check{Problem: "no answer within 1s"})
	return []value{
		{"all well", func(*base) {}},
		{"silent", (*base).silent},
		{"store problem", func(b *base) { b.Observed.Server.Store = problem }},
		{"visibility problem", func(b *base) { b.Observed.Server.Visibility = problem }},
		{"writes fail", func(b *base) { b.History.Write.Problem, b.History.Write.Failures = "disk I/O error", 2 }},
		{"attributes differ", func(b *base) {
			b.spec().SearchAttributes = map[string]v1alpha1.SearchAttributeType{"CustomerId": "Keyword"}
			b.Observed.Server.Namespaces = map[string]observed.Fact[observed.Namespace]{DefaultNamespace: observed.Is(observed.Namespace{
				SearchAttributes: observed.Is(map[string]string{"CustomerId": "Int"}),
			})}
		}},
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
		{"restore of nothing", restore(observed.None[observed.File]("no such file"))},
		{"a namespace", func(b *base) {
			b.spec().Namespaces = []v1alpha1.NamespaceSpec{{Name: "orders"}}
			if b.Observed.Server.Store.IsKnown() {
				b.Observed.Server.Namespaces = map[string]observed.Fact[observed.Namespace]{"orders": observed.None[observed.Namespace]("")}
			}
		}},
	}
}

func externalValues() []value {
	return []value{
		{"nobody else", func(*base) {}},
		{"a Temporal of somebody else's, to be used", func(b *base) {
			b.spec().PortConflict = v1alpha1.PortConflictReuse
			if len(b.Observed.Processes.Value) > 0 && b.Observed.Processes.Value[0].PID == 100 {
				return // ours has the port
			}
			p := stranger(9, "/usr/bin/temporal", "server", "start-dev")
			b.Observed.Ports[0].Listener = listening(p)
			b.Observed.External = observed.Is(observed.External{
				Process: p, Address: b.Observed.Ports[0].Address, Health: observed.Health{Status: observed.HealthServing},
			})
			b.Observed.Server = testServer()
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

// dataViolation names the invariant about the data that the plan breaks;
// empty for none.
func dataViolation(b base, p Plan) string {
	if fault := violation(b, p); fault != "" {
		return fault
	}
	db := b.Observed.Database
	for i, a := range p.Actions {
		before := p.Actions[:i]
		fault := ""
		switch a.Verb {
		case Terminate, Kill:
			fault = lostDataFault(b, a)
		case Start:
			fault = dataStartFault(b, a, before)
		case Quarantine:
			marked := db.FirstBoot.IsKnown() && db.File.IsKnown()
			if !marked && !(db.File.IsAbsent() && len(db.Companions) > 0) {
				fault = "a database is moved that has no marker"
			}
		case RestoreBackup:
			if len(p.Unit) > 0 || len(p.Actions) > 1 || !b.Observed.Restore.IsKnown() {
				fault = "a restore beside a server, or of nothing"
			}
		case Seal, RegisterNamespace, UpdateNamespace, AddSearchAttributes:
			if p.Main == nil || !p.Serving.Value || b.Observed.External.IsKnown() || !db.File.IsKnown() {
				fault = string(a.Verb) + " on a server that is not ours, or does not serve"
			}
		}
		if fault != "" {
			return fault
		}
	}
	if p.Situation == External && (len(p.Actions) > 0 || p.Main != nil) {
		return "something is done about a server that is not ours"
	}
	return ""
}

// lostDataFault: a server that has the only copy, or another database than is
// recorded, is ended only when the user asks for it by name; and no first boot
// is killed.
func lostDataFault(b base, a Action) string {
	if a.Target.PID != 100 {
		return ""
	}
	_, restore := b.Desired.Object.Annotations[v1alpha1.RestoreAnnotation]
	_, restart := b.Desired.Object.Annotations[v1alpha1.RestartedAtAnnotation]
	asked := restore && b.Observed.Restore.IsKnown() || restart || b.spec().Enabled != nil && !*b.spec().Enabled
	db := b.Observed.Database
	lost := b.History.Served && a.Target.Evidence.OpensDatabase == observed.Absent && !db.File.IsUnknown()
	meta, known := db.Meta.Get()
	other := known && db.FirstBoot.IsAbsent() && b.Observed.Server.Cluster.IsKnown() && meta.ClusterID == "cluster-2"
	switch {
	case a.Verb == Terminate && !asked && (lost || other):
		return "a server is ended that has the only copy, or another database"
	case a.Verb == Kill && !db.FirstBoot.IsAbsent() && !b.History.Served && b.Now.Sub(a.Target.Started) < 30*time.Second:
		return "a first boot is killed"
	}
	return ""
}

// dataStartFault: no start on what is not known or not fit, a first boot
// exactly where there is no file, and a copy before another build.
func dataStartFault(b base, a Action, before []Action) string {
	did := func(verb Verb) bool {
		return slices.ContainsFunc(before, func(a Action) bool { return a.Verb == verb })
	}
	db := b.Observed.Database
	meta := db.Meta.Value
	switch {
	case db.File.IsUnknown() || db.FirstBoot.IsUnknown() || db.Meta.IsUnknown():
		return "a start on a database that is not known"
	case !db.Writable.Value:
		return "a start on a file system that is read-only"
	case db.FirstBoot.IsKnown() && db.File.IsKnown() && !did(Quarantine):
		return "a start on a first boot that was cut short"
	case a.Launch.FirstBoot != (db.File.IsAbsent() || did(Quarantine)):
		return "a first boot on a file, or none without"
	case db.File.IsKnown() && !did(Quarantine) && meta.LastServedBy != build && meta.BackedUpFor != build && !did(Backup):
		return "a start of another build without a copy"
	}
	for _, q := range b.Observed.Processes.Value {
		if q.Evidence.OpensDatabase == observed.Known {
			return "a start on a file that somebody has open"
		}
	}
	return ""
}
