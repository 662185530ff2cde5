package plan

import (
	"testing"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// row is one row of the table "A server that lives and is not well" of the
// package doc, as it is once it has failed often enough.
type row struct {
	name   string
	change func(*base)
	// condition is False, for the reason.
	condition, reason string
	situation         Situation
	actions           string
	remedy            bool
}

func broken(problem string) observed.Fact[observed.Check] {
	return observed.Is(observed.Check{Problem: problem})
}

func sickRows() []row {
	failed := func(b *base) { b.History.FailedChecks = 3 }
	opens := func(b *base, k observed.Knowledge) {
		b.edit(func(p *observed.Process) { p.Evidence.OpensDatabase = k })
	}
	return []row{
		{"Serving: the frontend hangs", func(b *base) { b.silent(); failed(b) },
			v1alpha1.ConditionServing, "", Unresponsive, "Terminate 100", false},
		{"Serving: the process is stopped", func(b *base) {
			b.silent()
			failed(b)
			b.edit(func(p *observed.Process) { p.State = observed.StateStopped })
		}, v1alpha1.ConditionServing, "", Frozen, "Terminate 100", false},
		{"StoreReadable: was read, is not now", func(b *base) { b.Observed.Server.Store = broken("no answer within 1s"); failed(b) },
			v1alpha1.ConditionStoreReadable, "CheckFailed", Unresponsive, "Terminate 100", false},
		{"StoreReadable: never read", func(b *base) {
			b.Observed.Server.Store = broken("no such table: namespaces")
			failed(b)
			b.History.StoreRead = false
		}, v1alpha1.ConditionStoreReadable, "CheckFailed", Degraded, "", true},
		{"DatabaseFile: open in another Temporal", func(b *base) {
			other := stranger(300, "/opt/temporal", "server", "start-dev", "-f", "/hard/link.db")
			other.Evidence.OpensDatabase = observed.Known
			b.Observed.Processes.Value = append(b.Observed.Processes.Value, other)
			failed(b)
		}, v1alpha1.ConditionDatabaseFile, "Shared", Degraded, "", true},
		{"DatabaseFile: written over", func(b *base) {
			b.Observed.Server.Store = broken("file is not a database")
			failed(b)
			b.Observed.Database.SQLite = observed.Fact[bool]{Knowledge: observed.Known, Reason: "it is no SQLite database"}
		}, v1alpha1.ConditionDatabaseFile, "Overwritten", Degraded, "", true},
		{"StoreReadable: another cluster id", func(b *base) { b.Observed.Server.Cluster.Value.ID = "cluster-9"; failed(b) },
			v1alpha1.ConditionStoreReadable, "OtherCluster", OtherCluster, "", true},
		{"StoreWritable: has written, two checks failed", func(b *base) {
			failed(b)
			b.History.StoreWritten, b.History.Write.Problem, b.History.Write.Failures = true, "cannot start a transaction within a transaction", 2
		}, v1alpha1.ConditionStoreWritable, "CheckFailed", Unresponsive, "Terminate 100", false},
		{"StoreWritable: one write failed", func(b *base) {
			failed(b)
			b.History.StoreWritten, b.History.Write.Problem, b.History.Write.Failures = true, "disk I/O error", 1
		}, v1alpha1.ConditionStoreWritable, "CheckFailed", Degraded, "", true},
		{"StoreWritable: has never written", func(b *base) {
			failed(b)
			b.History.Write.Problem, b.History.Write.Failures = "disk I/O error", 9
		}, v1alpha1.ConditionStoreWritable, "CheckFailed", Degraded, "", true},
		{"VisibilityReadable", func(b *base) {
			b.Observed.Server.Visibility = broken("no such table: executions_visibility")
			failed(b)
		},
			v1alpha1.ConditionVisibilityReadable, "CheckFailed", Degraded, "", true},
		{"UIServing", func(b *base) { b.Observed.Server.UI = broken("the UI answers 500"); failed(b) },
			v1alpha1.ConditionUIServing, "CheckFailed", Degraded, "", true},
		{"DatabaseFile: deleted", func(b *base) {
			opens(b, observed.Absent)
			b.Observed.Database.File = observed.None[observed.File]("")
			failed(b)
		}, v1alpha1.ConditionDatabaseFile, "Deleted", DatabaseLost, "", true},
		{"DatabaseFile: replaced", func(b *base) { opens(b, observed.Absent); failed(b) },
			v1alpha1.ConditionDatabaseFile, "Replaced", DatabaseLost, "", true},
		{"DatabaseFile: read-only", func(b *base) {
			b.Observed.Database.Writable = observed.Fact[bool]{Knowledge: observed.Known, Reason: "read-only file system"}
			failed(b)
		}, v1alpha1.ConditionDatabaseFile, "ReadOnly", Degraded, "", true},
		{"DatabaseFile: less than 16 MiB", func(b *base) { b.Observed.Database.Free = observed.Is[uint64](16<<20 - 1); failed(b) },
			v1alpha1.ConditionDatabaseFile, "LowSpace", Degraded, "", true},
		{"DatabaseFile: a full disk, and a store that is not read", func(b *base) {
			b.Observed.Database.Free = observed.Is[uint64](0)
			b.Observed.Server.Store = broken("no answer within 1s")
			failed(b)
		}, v1alpha1.ConditionDatabaseFile, "LowSpace", Degraded, "", true},
		{"DatabaseFile: the first boot", func(b *base) { b.Observed.Database.FirstBoot = observed.Is(observed.FirstBoot{}) },
			v1alpha1.ConditionDatabaseFile, firstBootUnfinished, DatabaseUnsealed, "Seal", false},
	}
}

func TestSickServers(t *testing.T) {
	for _, r := range sickRows() {
		t.Run(r.name, func(t *testing.T) {
			b := healthy()
			r.change(&b)
			p := Compute(b.Input)
			if p.Situation != r.situation || verbs(p) != r.actions || (p.Remedy != "") != r.remedy {
				t.Errorf("want %s, actions %q, remedy %t: %s", r.situation, r.actions, r.remedy, p)
			}
			if r.condition == v1alpha1.ConditionServing {
				if p.Serving.Value || !p.Serving.IsKnown() {
					t.Errorf("serving is %+v", p.Serving)
				}
				return
			}
			if verdict := p.Verdict(r.condition); verdict.Holds != observed.Absent || verdict.Reason != r.reason || verdict.Message == "" {
				t.Errorf("verdict %+v, want %s", verdict, r.reason)
			}
		})
	}
}

// TestSickServersHaveTheirThreshold: nothing is replaced before it has failed
// often enough, and in memory only after twice as often.
func TestSickServersHaveTheirThreshold(t *testing.T) {
	for _, r := range sickRows() {
		if r.actions != "Terminate 100" {
			continue
		}
		b := healthy()
		r.change(&b)
		b.History.FailedChecks = 2
		if p := Compute(b.Input); len(p.Actions) > 0 {
			t.Errorf("%s, after 2 checks: %s", r.name, p)
		}
	}
	for failures, want := range map[int]string{3: "", 5: "", 6: "Terminate 100"} {
		b := healthy()
		b.spec().Storage = v1alpha1.StorageSpec{Type: v1alpha1.StorageMemory}
		server := b.server(100, 0)
		b.edit(func(p *observed.Process) { p.Args, p.Launch = server.Args, server.Launch })
		b.silent()
		b.History.FailedChecks = failures
		if p := Compute(b.Input); verbs(p) != want || !p.Volatile {
			t.Errorf("in memory, after %d checks: %s", failures, p)
		}
	}
}

// TestUnknownIsNoVerdict: what could not be read is Unknown, nothing is done
// about it, and the user is asked for nothing.
func TestUnknownIsNoVerdict(t *testing.T) {
	for name, change := range map[string]func(*base){
		v1alpha1.ConditionStoreReadable:      func(b *base) { b.Observed.Server.Store = observed.Unsure[observed.Check]("cut short") },
		v1alpha1.ConditionVisibilityReadable: func(b *base) { b.Observed.Server.Visibility = observed.Unsure[observed.Check]("cut short") },
		v1alpha1.ConditionUIServing:          func(b *base) { b.Observed.Server.UI = observed.Unsure[observed.Check]("cut short") },
		v1alpha1.ConditionStoreWritable:      func(b *base) { b.History.Write = WriteCheck{} },
		v1alpha1.ConditionDatabaseFile:       func(b *base) { b.edit(func(p *observed.Process) { p.Evidence.OpensDatabase = observed.Unknown }) },
	} {
		b := healthy()
		change(&b)
		p := Compute(b.Input)
		if p.Situation != ChecksUnknown || len(p.Actions) > 0 || p.Remedy != "" || p.Verdict(name).Holds != observed.Unknown {
			t.Errorf("%s: %s, verdict %+v", name, p, p.Verdict(name))
		}
	}
}
