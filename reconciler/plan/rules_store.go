package plan

import (
	"fmt"
	"slices"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// The rules in this file judge the data of a server that runs. See the
// package doc for what heals by a restart and what does not.

func otherCluster(v view) bool {
	_, _, differ := v.otherCluster()
	// Of a file that the server does not have open, the record says nothing of it.
	return differ && !restartAsked(v) && v.lostFile() != observed.Known
}

func reportOtherCluster(v view) Plan {
	verdict := v.storeReadable()
	return Plan{Message: Describe(*v.main) + " stays as it is: " + verdict.Message, Remedy: verdict.remedy}
}

// databaseLost: a server that has served holds the last copy. Only a restart
// that the user asks for, knowing it, ends it.
func databaseLost(v view) bool {
	return v.lostFile() == observed.Known && !restartAsked(v)
}

func keepLost(v view) Plan {
	verdict := v.databaseFile()
	message := Describe(*v.main) + " stays: " + verdict.Message
	if v.restoreWish() != "" {
		message += "; it was to make room for " + RestorePath(v.in.Desired.Object)
	}
	return Plan{Message: message, Remedy: verdict.remedy}
}

// databaseUnknown: what cannot be told may be the last copy, too.
func databaseUnknown(v view) bool {
	return v.lostFile() == observed.Unknown && !restartAsked(v) && (v.drift != nil || v.overThreshold())
}

func keepUnknown(v view) Plan {
	why := v.live.Reason
	if v.drift != nil {
		why = v.drift.message
	}
	return Plan{
		Message:      fmt.Sprintf("%s stays, although %s: %s, and it may be the only one that has its data", Describe(*v.main), why, v.databaseFile().Message),
		Remedy:       "save what of it can be read with " + v.quoted("backup") + "; " + v.quoted("restart") + " then replaces it all the same",
		RequeueAfter: min(LookSoon, v.interval()),
	}
}

// unhealthy returns the first deep check that fails, and the first that has
// no answer; zero ones for none.
func (v view) unhealthy() (failed, unknown Verdict) {
	for _, verdict := range v.checks {
		inPlace := verdict.Type == v1alpha1.ConditionNamespacesReady || verdict.Type == v1alpha1.ConditionSearchAttributesReady
		if !inPlace && !slices.Contains(deepChecks(), verdict.Type) || v.sealable(verdict) {
			continue
		}
		if verdict.Holds == observed.Absent && !inPlace && failed.Type == "" {
			failed = verdict
		}
		if verdict.Holds == observed.Unknown && unknown.Type == "" {
			unknown = verdict
		}
	}
	return failed, unknown
}

// sealable reports whether a check fails only because the first boot was not
// declared finished, which it is when the others hold.
func (v view) sealable(verdict Verdict) bool {
	return verdict.Type == v1alpha1.ConditionDatabaseFile && verdict.Reason == firstBootUnfinished
}

// completing: the deep checks of a server that has just begun to serve may
// fail while it opens its last parts.
func completing(v view) bool {
	failed, unknown := v.unhealthy()
	return v.main != nil && v.young() && !v.in.History.StoreRead && (failed.Type != "" || unknown.Type != "")
}

func waitForChecks(v view) Plan {
	failed, unknown := v.unhealthy()
	if failed.Type == "" {
		failed = unknown
	}
	return Plan{Message: Describe(*v.main) + " serves and is not complete yet: " + failed.Message, RequeueAfter: v.startLook()}
}

func degraded(v view) bool {
	failed, _ := v.unhealthy()
	return v.main != nil && failed.Type != ""
}

func reportDegraded(v view) Plan {
	failed, _ := v.unhealthy()
	return Plan{Message: Describe(*v.main) + " serves, but not all is well: " + failed.Message, Remedy: failed.remedy}
}

func checksUnknown(v view) bool {
	_, unknown := v.unhealthy()
	return v.main != nil && unknown.Type != ""
}

func waitForUnknown(v view) Plan {
	_, unknown := v.unhealthy()
	return Plan{
		Message:      "cannot tell whether all is well with " + Describe(*v.main) + ": " + unknown.Message,
		RequeueAfter: min(LookSoon, v.interval()),
	}
}

// databaseUnsealed: the marker of the first boot is there, or another build
// served the database before, or its cluster id is not recorded, or a copy was
// made for a start that did not come to serve: before the next one, there is
// more to copy.
func databaseUnsealed(v view) bool {
	db := v.in.Observed.Database
	return v.main != nil && v.onFile() && v.storeWorks() && v.unfit().Reason != "ReadOnly" &&
		(db.FirstBoot.IsKnown() || db.Meta.Value.BackedUpFor != "" || v.sealed() != seen(db.Meta.Value))
}

// storeWorks reports whether the server has the file at the path, and reads,
// lists and writes what is in it. That makes a database one that serves,
// whatever else is not well: a UI that does not answer must not leave the
// marker beside it, because a database with a marker is moved aside after a
// crash.
func (v view) storeWorks() bool {
	db, h := v.in.Observed.Database, v.in.History
	known := db.File.IsKnown() && !db.FirstBoot.IsUnknown() && !db.Meta.IsUnknown()
	return known && v.serving.Value && v.opensDatabase() == observed.Known &&
		v.storeReadable().Holds == observed.Known && v.visibilityReadable().Holds == observed.Known &&
		h.Write.Problem == "" && !h.Write.Time.IsZero()
}

// seen is the part of a record that a server that runs decides.
func seen(meta observed.Meta) [3]string {
	return [3]string{meta.ClusterID, meta.CreatedBy, meta.LastServedBy}
}

// fresh reports whether the database is that of a first boot which is not
// recorded yet. A start on no file clears the record before it writes the
// marker, so a marker beside a record is one that was left behind.
func (v view) fresh() bool {
	db := v.in.Observed.Database
	return db.FirstBoot.IsKnown() && db.Meta.Value.ClusterID == ""
}

// sealed is what should be recorded now.
func (v view) sealed() [3]string {
	meta, fresh := v.in.Observed.Database.Meta.Value, v.fresh()
	if cluster, known := v.in.Observed.Server.Cluster.Get(); known && (fresh || meta.ClusterID == "") {
		meta.ClusterID = cluster.ID
	}
	if build := v.build(); build != "" || fresh {
		meta.LastServedBy = build
	}
	if fresh {
		meta.CreatedBy = v.build()
	}
	return seen(meta)
}

func seal(v view) Plan {
	db, message := v.in.Observed.Database, "what is recorded of the database is not up to date"
	if db.FirstBoot.IsKnown() {
		message = "the first boot is complete"
	}
	meta, now := db.Meta.Value, v.sealed()
	meta.ClusterID, meta.CreatedBy, meta.LastServedBy, meta.BackedUpFor = now[0], now[1], now[2], ""
	if v.fresh() {
		meta.Objects = nil
	}
	return Plan{
		Message: Describe(*v.main) + " serves; " + message,
		Actions: []Action{{
			Verb: Seal, Database: v.databaseWork(meta), Reason: string(DatabaseUnsealed), Message: message,
		}},
		RequeueAfter: startLookMin,
	}
}

// databaseWork is what every action on the database needs.
func (v view) databaseWork(meta observed.Meta) DatabaseWork {
	return DatabaseWork{Path: v.in.Observed.Database.Path, LockPath: v.in.Desired.Files.Lock, Meta: meta}
}

func serverOutdated(v view) bool { return len(v.changes()) > 0 }

func changeServer(v view) Plan {
	changes := v.changes()
	return Plan{
		Message: Describe(*v.main) + " serves and is changed: " + changes[0].Message,
		Actions: changes, RequeueAfter: startLookMax,
	}
}

func attributeConflict(v view) bool {
	return v.main != nil && v.searchAttributesReady().Reason == "TypeConflict"
}

func reportAttributes(v view) Plan {
	verdict := v.searchAttributesReady()
	return Plan{Message: Describe(*v.main) + " serves, but " + verdict.Message, Remedy: verdict.remedy}
}

// schemaUnknown: the database was made by another build, what it has was
// written down when it was copied, and what this build makes is not known.
func schemaUnknown(v view) bool {
	db := v.in.Observed.Database
	executable := v.in.Observed.Executable.Value
	return v.main != nil && v.onFile() && v.build() != "" && v.build() == executable.Build &&
		db.Meta.Value.CreatedBy != v.build() && len(db.Meta.Value.Objects) > 0 && db.Expected.IsAbsent()
}

func learnSchema(v view) Plan {
	work := v.databaseWork(observed.Meta{})
	executable := v.in.Observed.Executable.Value
	work.Build, work.Executable = executable.Build, executable.Path
	work.SchemaPath = observed.SchemaPath(v.in.Desired.Files.SchemaDir, executable.Build)
	message := "the database was made by another build"
	return Plan{
		Message: Describe(*v.main) + " serves; " + message,
		Actions: []Action{{Verb: LearnSchema, Database: work, Reason: string(SchemaUnknown), Message: message}},
	}
}
