package plan

import (
	"path/filepath"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// The rules in this file judge the database before a start.

func reusable(v view) bool { return v.reusable() }

func useExternal(v view) Plan {
	external := v.in.Observed.External.Value
	return Plan{
		Message:  Describe(external.Process) + " serves on " + external.Address.String() + " and is used: it is " + v.describeExternal(external) + ", and not ours",
		External: &external,
	}
}

// databaseUnusable: what cannot be read may be a database that is not
// complete, and a first boot that has no room would not come to its end.
func databaseUnusable(v view) bool { return v.onFile() && v.databaseProblem().Type != "" }

// databaseProblem says why no server may be started on the database.
func (v view) databaseProblem() Verdict {
	db, name := v.in.Observed.Database, v1alpha1.ConditionDatabaseFile
	unfit := v.unfit()
	missing := v.missingDatabase()
	switch {
	case missing.Problem != "":
		return fails(name, "NotMounted", missing.Problem, missing.Remedy+"; or if that database is given up, "+v.quoted("restart")+" "+missing.Instead+", and "+v.quoted("restore BACKUP")+" puts a backup in its place")
	case db.File.IsUnknown():
		return fails(name, "Unreadable", db.File.Reason, "make "+db.Path+" a regular file that you can read and write")
	case db.FirstBoot.IsUnknown():
		return fails(name, "Unreadable", db.FirstBoot.Reason, "mend or remove "+observed.FirstBootPath(db.Path))
	case db.Meta.IsUnknown():
		return fails(name, "Unreadable", db.Meta.Reason, "mend or remove "+v.metaPath())
	case v.main == nil && db.File.IsAbsent() && db.Staged.IsUnknown():
		// A restore may have moved the database aside.
		return fails(name, "Unreadable", db.Staged.Reason, "if "+observed.ReplacedPath(db.Path, v.in.Now)+
			" or the like is there, move it back to "+db.Path+" first; then mend or remove "+filepath.Dir(observed.StagedPath(db.Path)))
	case v.secondName():
		remedy := "give it one name"
		if v.main != nil {
			remedy = "stop the server first, with " + v.quoted("stop") + ", then give it one name"
		}
		return fails(name, "TwoNames", db.Path+" has another name: "+db.SecondName.Value+", and SQLite finds what a crash left by one name only",
			"if no other server uses it, "+remedy+": 'cp -p "+db.Path+" "+db.Path+".one && mv "+db.Path+".one "+db.Path+"', or where the single file is mounted, mount its folder; or choose another file: "+v.quoted("--db-filename FILE"))
	case v.notDatabase():
		return fails(name, "NotADatabase", db.Path+" cannot be used: "+db.SQLite.Reason,
			"move it away, and a new one is made; or put a backup in its place: "+v.quoted("backups"))
	case unfit.Reason == "ReadOnly":
		return unfit
	case unfit.Reason == "LowSpace" && (!db.File.IsKnown() || db.FirstBoot.IsKnown() || buildChanged(v)):
		// There is no room for a first boot, or for the copy before another build.
		return unfit
	}
	return Verdict{}
}

// notDatabase: Temporal makes its tables only where there is no file. What a
// journal beside the file tells of may make it whole again, the empty file of a
// first boot that was cut short is moved aside, and so is what a backup replaces.
func (v view) notDatabase() bool {
	db := v.in.Observed.Database
	is, known := db.SQLite.Get()
	return known && !is && len(db.Companions) == 0 && !(v.fresh() && db.File.Value.Size == 0) && !v.isReplaced()
}

// isReplaced reports whether a backup takes the place of the file before anything
// is started on it.
func (v view) isReplaced() bool {
	return v.unfinished() || v.main == nil && v.restoreDue() || v.main != nil && v.restoreWish() != ""
}

// secondName: two servers that are started on one file by different names, one
// after the other, destroy it. After a crash the journal lies beside the one name,
// and a server that does not find it goes on with half of a commit.
func (v view) secondName() bool {
	return v.in.Observed.Database.SecondName.IsKnown() && !v.fresh() && !v.isReplaced()
}

func reportDatabase(v view) Plan {
	problem := v.databaseProblem()
	return Plan{Message: "not started on the database " + v.in.Desired.Object.Spec.Storage.Path + ": " + problem.Message, Remedy: problem.remedy}
}

// databaseIncomplete: a first boot was cut short, or the file is gone and a
// journal of it is left, which SQLite would take for one of the new file.
func databaseIncomplete(v view) bool {
	db := v.in.Observed.Database
	return v.onFile() && (v.fresh() && db.File.IsKnown() || db.File.IsAbsent() && len(db.Companions) > 0)
}

func quarantineAndStart(v view) Plan {
	message := "the first boot on the database did not come to its end; it is kept as "
	if v.in.Observed.Database.File.IsAbsent() {
		message = "the database is gone and its journal is left; that is kept as "
	}
	work := v.databaseWork(observed.Meta{})
	work.Aside = observed.QuarantinePath(work.Path, v.in.Now)
	message += work.Aside
	return v.startAfter(DatabaseIncomplete, message,
		Action{Verb: Quarantine, Database: work, Reason: string(DatabaseIncomplete), Message: message})
}

// backupsKept is how many copies from before a change of build are kept.
const backupsKept = 3

// buildChanged: the next start is of another build than the one that last
// served the database, or it is not known which that was. One copy is made for
// each change: a build that crashes must not push the good copy out.
func buildChanged(v view) bool {
	db, build := v.in.Observed.Database, v.in.Observed.Executable.Value.Build
	meta := db.Meta.Value
	return v.onFile() && db.File.IsKnown() && build != "" && meta.LastServedBy != build && meta.BackedUpFor != build
}

func backUpAndStart(v view) Plan {
	meta := v.in.Observed.Database.Meta.Value
	last := meta.LastServedBy
	meta.BackedUpFor = v.in.Observed.Executable.Value.Build
	work := v.databaseWork(meta)
	work.BackupPath = observed.BackupPath(v.in.Desired.Files.BackupDir, v.in.Now, observed.BackupBeforeUpgrade)
	work.Keep = backupsKept
	work.Spare = []string{RestorePath(v.in.Desired.Object), backupOf(v.in.History.Restore.Value)}
	message := "the database was last served by " + last
	if last == "" {
		message = "it is not recorded which Temporal last served the database"
	}
	message += ", and the next is " + v.in.Observed.Executable.Value.Build
	return v.startAfter(BuildChanged, message,
		Action{Verb: Backup, Database: work, Reason: string(BuildChanged), Message: message})
}
