package plan

import (
	"reflect"
	"slices"
	"time"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// dataViolation names the invariant about data and servers that the plan
// breaks; empty for none. It is judged from the world, not from the plan's
// own conclusions.
func dataViolation(b base, p Plan) string {
	if used(b) && len(p.Actions) > 0 {
		return "something is done, and a Temporal that is not ours is the answer"
	}
	for i, a := range p.Actions {
		fault := ""
		switch a.Verb {
		case Terminate:
			fault = endFault(b, a)
		case Kill:
			fault = killFault(b, a)
		case Start:
			fault = dataStartFault(b, a, p.Actions[:i])
		case StageBackup:
			fault = stageFault(b, a)
		case DiscardBackup:
			if staged(b) || b.Observed.Database.Staged.Value.Replaces != "" {
				fault = "a copy is removed that is waited for, or has begun to be put in place"
			}
		case Quarantine, Backup, RestoreBackup:
			fault = moveFault(b, a, p.Actions)
		case Seal:
			fault = sealFault(b, a)
		case RegisterNamespace, UpdateNamespace, AddSearchAttributes:
			fault = changeFault(b, a)
		}
		if fault != "" {
			return fault
		}
	}
	return ""
}

func onFile(b base) bool { return b.spec().Storage.Type == v1alpha1.StorageFile }

func enabled(b base) bool {
	return !b.Desired.Removed && (b.spec().Enabled == nil || *b.spec().Enabled)
}

// used reports whether somebody else's Temporal is what the user wants to use.
func used(b base) bool {
	external := b.Observed.External
	alive := slices.ContainsFunc(b.Observed.Processes.Value, func(p observed.Process) bool {
		return p.Evidence.CarriesMark == observed.Known || p.Evidence.HoldsLock == observed.Known
	})
	server := b.Observed.Server
	return enabled(b) && !alive && external.IsKnown() && external.Value.Health.Status == observed.HealthServing &&
		b.spec().PortConflict == v1alpha1.PortConflictReuse && server.Store.IsKnown() && server.Store.Value.Problem == ""
}

// asked reports whether the user asks by name for the end of the server.
func asked(b base) bool {
	_, restart := b.Desired.Object.Annotations[v1alpha1.RestartedAtAnnotation]
	return restart || restores(b) || !enabled(b)
}

// restores reports whether a backup is to be put in place, and can be.
func restores(b base) bool {
	wish, restore := b.Desired.Object.Annotations[v1alpha1.RestoreAnnotation]
	known := b.History.Restore
	failed := known.Value == wish && (known.Done || known.Database != b.spec().Storage.Path || known.Problem != "" && b.Now.Sub(known.FailedAt) < 30*time.Second)
	return restore && onFile(b) && b.Observed.Database.Meta.Value.Restored != wish &&
		!failed && (staged(b) || b.Observed.Restore.IsKnown())
}

// staged reports whether the backup lies ready.
func staged(b base) bool {
	wish := b.Desired.Object.Annotations[v1alpha1.RestoreAnnotation]
	found := b.Observed.Database.Staged
	return found.IsKnown() && wish != "" && found.Value.Restored == wish
}

// unfinished reports whether a swap has begun.
func unfinished(b base) bool { return onFile(b) && b.Observed.Database.Staged.Value.Replaces != "" }

// stageFault: what is copied is what was asked for, once.
func stageFault(b base, a Action) string {
	switch {
	case !restores(b) || staged(b) || b.Observed.Database.Meta.IsUnknown():
		return "a backup is copied that nobody waits for"
	case a.Database.Path != b.Observed.Database.Path || a.Database.Meta.Restored == "":
		return "a backup is copied to nowhere, or for nobody"
	}
	return notMountedFault(b)
}

// notMountedFault: nothing is put, or started, where a disk should be mounted first.
func notMountedFault(b base) string {
	db, meta := b.Observed.Database, b.Observed.Database.Meta.Value
	another := db.File.IsAbsent() || meta.ClusterID != "cluster-1"
	for _, known := range b.History.Databases {
		if another && known.Path == db.Path && (!db.Mount.IsKnown() || known.Mount != db.Mount.Value) {
			return "something is put into the folder that the disk of the database is mounted on"
		}
	}
	return ""
}

// endFault: a server that may have the only copy, or another database than is
// recorded, is ended only when the user asks for it by name, and no server for
// reasons of health that are not known, or have not lasted.
func endFault(b base, a Action) string {
	if a.Target.PID == 100 && Situation(a.Reason) == RestoreRequested && !staged(b) {
		return "a server is ended for a backup that is not known to be sound"
	}
	known := b.History.Restore
	unknowing := known.Value != "" && known.Value == b.Desired.Object.Annotations[v1alpha1.RestoreAnnotation] && !known.Knowing
	if e := a.Target.Evidence; Situation(a.Reason) == RestoreRequested && unknowing && e.OpensAnother != observed.Absent && e.OpensDatabase != observed.Known {
		return "a server is ended whose database may have been lost after the restore was asked for"
	}
	if a.Target.PID != 100 || asked(b) {
		return ""
	}
	db, e := b.Observed.Database, a.Target.Evidence
	onIt := onFile(b) && e.NamesDatabase != observed.Absent
	meta, cluster := db.Meta, b.Observed.Server.Cluster
	on, elsewhere := a.Target.StartedOn.Get()
	served := b.History.Served || e.OpensAnother != observed.Absent
	switch {
	case elsewhere && served && on.Opens != observed.Known:
		return "a server is ended that has the only copy of a database that the spec named before"
	case onIt && served && e.OpensDatabase != observed.Known:
		return "a server is ended that may have the only copy"
	case onIt && meta.IsKnown() && db.FirstBoot.IsAbsent() && cluster.IsKnown() && meta.Value.ClusterID != "" && meta.Value.ClusterID != cluster.Value.ID:
		return "a server is ended that has another database than is recorded"
	case Situation(a.Reason) == Drifted || Situation(a.Reason) == LeftoverProcess:
		return ""
	}
	return healthFault(b)
}

// healthFault judges an end for reasons of health: something that is known
// fails, and has failed for long enough.
func healthFault(b base) string {
	frontend := b.Observed.Ports[0].Listener
	stranger := frontend.IsAbsent() || frontend.IsKnown() && frontend.Value.Owner.IsKnown() && frontend.Value.Owner.Value.PID != 100
	silent := b.Observed.Health.IsKnown() && b.Observed.Health.Value.Status != observed.HealthServing
	store := b.Observed.Server.Store
	unread := b.History.StoreRead && store.IsKnown() && store.Value.Problem != ""
	unwritten := onFile(b) && b.History.StoreWritten && b.History.Write.Failures >= 2
	failures := 3
	if !onFile(b) {
		failures = 6
	}
	unfit := onFile(b) && (b.Observed.Database.Writable.IsKnown() && !b.Observed.Database.Writable.Value ||
		b.Observed.Database.Free.IsKnown() && b.Observed.Database.Free.Value < 16<<20)
	switch {
	case !stranger && !silent && !unread && !unwritten:
		return "a server is ended for its health, and nothing is known to fail"
	case b.History.FailedChecks < failures:
		return "a server is ended before it has failed for long enough"
	case !stranger && !silent && unfit:
		return "a server is ended for the fault of its disk"
	}
	return ""
}

// killFault: no first boot is killed, nor what may be one.
func killFault(b base, a Action) string {
	young := b.Now.Sub(a.Target.Started) < 30*time.Second
	if on, elsewhere := a.Target.StartedOn.Get(); elsewhere && on.FirstBoot != observed.Absent && !b.History.Served && young {
		return "the first boot of a database that the spec named before is killed"
	}
	if a.Target.StartedOn.IsKnown() {
		return ""
	}
	if a.Target.PID == 100 && onFile(b) && !b.Observed.Database.FirstBoot.IsAbsent() && !b.History.Served && young {
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
	next := b.Observed.Executable.Value.Build
	switch {
	case !onFile(b):
		if a.Launch.FirstBoot || len(before) > 1 {
			return "something is done about a database, and there is none"
		}
		return ""
	case db.File.IsUnknown() || db.FirstBoot.IsUnknown() || db.Meta.IsUnknown():
		return "a start on a database that is not known"
	case db.Writable.IsKnown() && !db.Writable.Value:
		return "a start on a file system that is read-only"
	case db.FirstBoot.IsKnown() && db.File.IsKnown() && !did(Quarantine) && !(did(Seal) && db.Meta.Value.ClusterID != ""):
		return "a start on a first boot that was cut short"
	case db.File.IsAbsent() && len(db.Companions) > 0 && !did(Quarantine):
		return "a first boot beside the journal of another database"
	case a.Launch.FirstBoot != (db.File.IsAbsent() || did(Quarantine)):
		return "a first boot on a file, or none without"
	case a.Launch.FirstBoot && db.Free.IsKnown() && db.Free.Value < 16<<20:
		return "a first boot on a full disk"
	case db.File.IsKnown() && !did(Quarantine) && next != "" && meta.LastServedBy != next && meta.BackedUpFor != next && !did(Backup):
		return "a start of another build without a copy"
	case db.File.IsKnown() && db.SQLite.IsKnown() && !db.SQLite.Value && len(db.Companions) == 0 && !did(Quarantine):
		return "a start on what is no database, which Temporal cannot serve"
	case restores(b) || unfinished(b):
		return "a start before the restore that was asked for"
	}
	for _, q := range b.Observed.Processes.Value {
		if q.State != observed.StateDead && q.Evidence.OpensDatabase == observed.Known {
			return "a start on a file that somebody has open"
		}
	}
	return notMountedFault(b)
}

// moveFault: only a database that carries a marker is moved as one that never
// served, nothing is moved or copied under a server, nor on a guess, and
// nothing takes a name that may be another's.
func moveFault(b base, a Action, all []Action) string {
	db := b.Observed.Database
	for _, p := range b.Observed.Processes.Value {
		if p.State != observed.StateDead && (p.Evidence.CarriesMark == observed.Known || p.Evidence.OpensDatabase == observed.Known) {
			return string(a.Verb) + " while a process may use the database"
		}
	}
	switch {
	case !b.Observed.Processes.IsKnown() || !b.Observed.Lock.IsAbsent() || db.File.IsUnknown() || db.FirstBoot.IsUnknown() || db.Meta.IsUnknown():
		return string(a.Verb) + " on a guess"
	case a.Database.Path != db.Path || a.Database.LockPath != b.Desired.Files.Lock:
		return string(a.Verb) + " of what is not the instance's"
	case a.Verb == RestoreBackup && (!unfinished(b) && !(restores(b) && staged(b)) || len(all) > 1 || a.Database.Meta.Restored == "" || a.Database.Aside == ""):
		return "a restore that nobody asked for, or that cannot be told from the next"
	case a.Verb == Backup && (!db.File.IsKnown() || db.FirstBoot.IsKnown() && db.Meta.Value.ClusterID == "" || a.Database.Keep < 1 || a.Database.BackupPath == ""):
		return "a copy of what is not worth one, or over others"
	case a.Verb == Quarantine && (a.Database.Aside == "" || db.File.IsKnown() && (!db.FirstBoot.IsKnown() || db.Meta.Value.ClusterID != "")):
		return "a database is moved that has no marker"
	case a.Verb == Quarantine && db.File.IsAbsent() && len(db.Companions) == 0:
		return "nothing is moved"
	}
	return notMountedFault(b)
}

// sealFault: what is recorded is what a server that is well on this file says.
func sealFault(b base, a Action) string {
	server, db := b.Observed.Server, b.Observed.Database
	good := func(check observed.Fact[observed.Check]) bool { return check.IsKnown() && check.Value.Problem == "" }
	written := !b.History.Write.Time.IsZero() && b.History.Write.Problem == ""
	meta := a.Database.Meta
	left := db.FirstBoot.IsKnown() && db.Meta.Value.ClusterID != ""
	switch {
	case left && db.File.IsKnown() && reflect.DeepEqual(meta, db.Meta.Value):
		return "" // the marker was left beside a record that is complete
	case !serves(b) || !onFile(b) || b.Observed.Processes.Value[0].Evidence.OpensDatabase != observed.Known:
		return "sealed, and no server of ours serves on the file"
	case !db.File.IsKnown() || db.Meta.IsUnknown() || db.FirstBoot.IsUnknown():
		return "sealed on a guess"
	case !good(server.Store) || !good(server.Visibility) || !written:
		return "sealed, and not all is well"
	case meta.ClusterID != server.Cluster.Value.ID || meta.LastServedBy != build || meta.BackedUpFor != "":
		return "sealed as what it is not"
	case db.FirstBoot.IsKnown() && !left && (meta.CreatedBy != build || meta.Objects != nil):
		return "a new database has the record of an old one"
	case meta.Restored != db.Meta.Value.Restored:
		return "what was restored is forgotten"
	}
	return ""
}

// serves reports whether a server of ours serves on the port of the frontend.
func serves(b base) bool {
	owner, known := b.Observed.Ports[0].Listener.Value.Owner.Get()
	return known && owner.PID == 100 && owner.Evidence.CarriesMark == observed.Known &&
		b.Observed.Health.IsKnown() && b.Observed.Health.Value.Status == observed.HealthServing
}

// changeFault: only a server of ours that serves is changed, and only where it
// is known to differ.
func changeFault(b base, a Action) string {
	work := a.Server
	have := b.Observed.Server.Namespaces[work.Namespace]
	wanted := work.Namespace == "orders" && len(b.spec().Namespaces) > 0
	switch {
	case !serves(b) || work.Target.PID != 100 || work.ClusterID == "" || work.ClusterID != b.Observed.Server.Cluster.Value.ID:
		return "a server is changed that is not ours, or does not serve"
	case work.Address != b.Observed.Ports[0].Address:
		return "a server is changed at another address"
	case have.IsUnknown():
		return "a namespace is changed, and how it is was not told"
	case a.Verb == RegisterNamespace && (!wanted || !have.IsAbsent()):
		return "a namespace is made that is there, or not wanted"
	case a.Verb == UpdateNamespace && (!wanted || !have.IsKnown() || *work.Retention == have.Value.Retention):
		return "a namespace is changed that is as wanted"
	}
	for name := range work.SearchAttributes {
		list := have.Value.SearchAttributes
		if _, there := list.Value[name]; there || !list.IsKnown() || b.spec().SearchAttributes[name] == "" {
			return "an attribute is added that is there, or not wanted"
		}
	}
	return ""
}
