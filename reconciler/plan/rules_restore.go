package plan

import (
	"time"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// The rules in this file carry out the wish to restore a backup: it is copied
// beside the database and checked while whatever runs goes on, and only then is
// the server stopped and the copy put in place.

// restoreAgain is how long after a backup could not be restored it is tried
// again: room may have been made, or the file mended.
const restoreAgain = 30 * time.Second

// RestoreWish is what became of the last backup that was to be restored.
type RestoreWish struct {
	// Value of the annotation that asked for it; empty for none.
	Value string
	// Database of the spec when the annotation was first seen. It is put in the place
	// of no other, nor of one that v1alpha1.RestoreDatabaseAnnotation does not name.
	Database string
	// Knowing says that the server was known to have its data alone when the
	// wish was first seen: who asks for the restore gives that up.
	Knowing bool
	// Done says that it was put in place, or given up: taken out of the file.
	Done bool
	// Begun is when this daemon began to copy it; zero when it has not, or that
	// has come to its end.
	Begun time.Time
	// Problem is why it could not be put in place, FailedAt when that was found.
	Problem  string
	FailedAt time.Time
}

// copyPatience is how long a copy that was begun may take before it is begun
// once more.
const copyPatience = time.Hour

// restoreWish returns the restore annotation that was not carried out yet;
// empty for none. What was is recorded beside the database, and remembered: an
// annotation that stays in the file must not be carried out once more on
// another database, nor on one that was begun anew.
func (v view) restoreWish() string {
	value := v.in.Desired.Object.Annotations[v1alpha1.RestoreAnnotation]
	if !v.onFile() || v.in.Observed.Database.Meta.Value.Restored == value ||
		v.in.History.Restore.Value == value && v.in.History.Restore.Done {
		return ""
	}
	return value
}

// noteWish keeps which database a wish is for, and that it is over: it was carried
// out, or taken out of the file. One that is older than the last is a copy of the
// file from before that, which was put back.
func (h History) noteWish(v view) History {
	value := v.in.Desired.Object.Annotations[v1alpha1.RestoreAnnotation]
	switch {
	case !v.onFile():
		return h
	case value == "":
		h.Restore.Done = h.Restore.Value != ""
		return h
	case h.Restore.Value != value && outdated(value, h.Restore.Value):
		return h
	case h.Restore.Value != value:
		h.Restore = RestoreWish{
			Value: value, Database: v.in.Desired.Object.Spec.Storage.Path, Knowing: v.lostFile() == observed.Known,
		}
	}
	if v.in.Observed.Database.Meta.Value.Restored == value {
		h.Restore.Done = true
	}
	return h
}

// outdated reports whether a wish was made before the last that is known.
func outdated(wish, last string) bool {
	return WishedAt(wish).Before(WishedAt(last))
}

// staged reports whether the backup was copied and checked for this wish.
func (v view) staged() bool {
	staged := v.in.Observed.Database.Staged
	return staged.IsKnown() && staged.Value.Restored == v.restoreWish()
}

// unfinished reports whether a swap has begun. It is finished before anything
// is started, whatever became of the wish: the database lies aside already.
func (v view) unfinished() bool {
	staged := v.in.Observed.Database.Staged
	return v.onFile() && staged.IsKnown() && staged.Value.Replaces != ""
}

// restoreProblem says why the wish cannot be carried out now; empty for nothing.
func (v view) restoreProblem() string {
	wish, meta := v.in.History.Restore, v.in.Observed.Database.Meta
	known, since := wish.Value == v.restoreWish(), v.in.Now.Sub(wish.FailedAt)
	only := v.in.Desired.Object.Annotations[v1alpha1.RestoreDatabaseAnnotation]
	switch {
	case meta.IsUnknown():
		return meta.Reason
	case !known && outdated(v.restoreWish(), wish.Value):
		return "it was asked for before the last one, of " + WishedAt(wish.Value).Format(time.RFC3339)
	case only != "" && only != v.in.Desired.Object.Spec.Storage.Path:
		return "it is for the database " + only
	case known && only == "" && wish.Database != v.in.Desired.Object.Spec.Storage.Path:
		return "it was asked for when the database was " + wish.Database
	case known && !wish.Knowing && v.lostFile() != observed.Absent:
		return "the server may alone have its data since then"
	case v.main != nil && v.blocker() != nil:
		// It could not be started again.
		return v.blocker().Message
	case known && wish.Problem != "" && since >= 0 && since < restoreAgain:
		return wish.Problem
	case !v.staged() && !v.in.Observed.Restore.IsKnown():
		return v.in.Observed.Restore.Reason
	}
	return ""
}

func (v view) restoreDue() bool { return v.restoreWish() != "" && v.restoreProblem() == "" }

func restoreRequested(v view) bool { return v.restoreDue() && v.main != nil }

func stopForRestore(v view) Plan {
	message := "the backup " + RestorePath(v.in.Desired.Object) + " is to be restored"
	if !v.staged() {
		return Plan{
			Message: Describe(*v.main) + " goes on while the backup is copied and checked: " + message,
			Actions: v.stageBackup(RestoreRequested), RequeueAfter: LookSoon,
		}
	}
	return Plan{
		Message: Describe(*v.main) + " is stopped: " + message,
		Actions: v.terminate(v.unit, RestoreRequested, message),
	}
}

func restorePending(v view) bool { return v.unfinished() || v.restoreDue() }

func restore(v view) Plan {
	work := v.restoreWork()
	if !v.staged() && !v.unfinished() {
		return Plan{
			Message: "not running: the backup " + work.BackupPath + " is copied and checked before it is restored",
			Actions: v.stageBackup(RestorePending), RequeueAfter: LookSoon,
		}
	}
	message := "it was asked for"
	if v.unfinished() {
		message = "it has begun: the database lies at " + v.in.Observed.Database.Staged.Value.Replaces
	}
	work.Meta.Restored = v.in.Observed.Database.Staged.Value.Restored
	work.Aside = observed.ReplacedPath(work.Path, v.in.Now)
	if v.unfinished() && v.in.Observed.Database.File.IsAbsent() {
		work.Aside = v.in.Observed.Database.Staged.Value.Replaces
	}
	return Plan{
		Message:      "not running: the backup that was copied is put in the place of " + work.Path,
		Actions:      []Action{{Verb: RestoreBackup, Database: work, Reason: string(RestorePending), Message: message}},
		RequeueAfter: startLookMin,
	}
}

// stageBackup begins to copy the backup, unless this daemon is about it.
func (v view) stageBackup(reason Situation) []Action {
	wish := v.in.History.Restore
	since := v.in.Now.Sub(wish.Begun)
	if wish.Value == v.restoreWish() && !wish.Begun.IsZero() && since >= 0 && since < copyPatience {
		return nil
	}
	return []Action{{
		Verb: StageBackup, Database: v.restoreWork(), Reason: string(reason),
		Message: "it is copied beside the database and checked before anything is stopped",
	}}
}

func (v view) restoreWork() DatabaseWork {
	work := v.databaseWork(observed.Meta{Restored: v.restoreWish()})
	work.BackupPath = RestorePath(v.in.Desired.Object)
	return work
}

// copyLeft: the wish that a backup was copied for is not there any more.
func copyLeft(v view) bool {
	return v.main != nil && v.onFile() && v.in.Observed.Database.Staged.IsKnown() && !v.unfinished() && !v.staged()
}

func discardCopy(v view) Plan {
	message := "the wish that it was copied for is not there any more"
	return Plan{
		Message: Describe(*v.main) + " serves; the copy of a backup is removed: " + message,
		Actions: []Action{{
			Verb: DiscardBackup, Database: v.databaseWork(observed.Meta{}), Reason: string(BackupUnwanted), Message: message,
		}},
		RequeueAfter: startLookMin,
	}
}

// restoreBlocked: what there is works, and is not given up for a backup that
// cannot take its place. Where there is no database either, none is made.
func restoreBlocked(v view) bool {
	return v.restoreWish() != "" && v.restoreProblem() != "" && (v.main != nil || v.in.Observed.Database.File.IsAbsent())
}

func reportRestoreBlocked(v view) Plan {
	what := "not running"
	if v.main != nil {
		what = Describe(*v.main) + " stays"
	}
	return Plan{
		Message: what + ": cannot restore " + RestorePath(v.in.Desired.Object) + ": " + v.restoreProblem(),
		Remedy:  "choose another with " + v.quoted("restore BACKUP") + ", or give it up: remove its annotations, " + v1alpha1.RestoreAnnotation + " and the like",
	}
}
