package plan

import (
	"strings"
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
	// Database that it was asked for: the one of the spec when the annotation
	// was first seen. It is put in the place of no other.
	Database string
	// Done says that it was put in place.
	Done bool
	// Problem is why it could not be, FailedAt when that was found.
	Problem  string
	FailedAt time.Time
}

// RestorePath returns the backup that the annotation names; empty for none.
func RestorePath(object *v1alpha1.Temporal) string {
	value := object.Annotations[v1alpha1.RestoreAnnotation]
	at := strings.LastIndexByte(value, '@')
	if at < 0 || object.Spec.Storage.Type != v1alpha1.StorageFile {
		return ""
	}
	return value[:at]
}

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

// noteWish keeps which database a wish is for, and that it was carried out.
func (h History) noteWish(v view) History {
	value := v.in.Desired.Object.Annotations[v1alpha1.RestoreAnnotation]
	if value == "" || !v.onFile() {
		return h
	}
	if h.Restore.Value != value {
		h.Restore = RestoreWish{Value: value, Database: v.in.Desired.Object.Spec.Storage.Path}
	}
	if v.in.Observed.Database.Meta.Value.Restored == value {
		h.Restore.Done = true
	}
	return h
}

// staged reports whether the backup was copied and checked for this wish.
func (v view) staged() bool {
	staged := v.in.Observed.Database.Staged
	return staged.IsKnown() && staged.Value.Restored == v.restoreWish()
}

// restoreProblem says why the wish cannot be carried out now; empty for nothing.
func (v view) restoreProblem() string {
	wish, meta := v.in.History.Restore, v.in.Observed.Database.Meta
	since := v.in.Now.Sub(wish.FailedAt)
	switch {
	case meta.IsUnknown():
		return meta.Reason
	case wish.Value == v.restoreWish() && wish.Database != v.in.Desired.Object.Spec.Storage.Path:
		return "it was asked for when the database was " + wish.Database
	case v.staged():
		return ""
	case !v.in.Observed.Restore.IsKnown():
		return v.in.Observed.Restore.Reason
	case wish.Value == v.restoreWish() && wish.Problem != "" && since >= 0 && since < restoreAgain:
		return wish.Problem
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
			Actions: []Action{v.stageBackup(RestoreRequested)}, RequeueAfter: startLookMin,
		}
	}
	return Plan{
		Message: Describe(*v.main) + " is stopped: " + message,
		Actions: v.terminate(v.unit, RestoreRequested, message),
	}
}

func restorePending(v view) bool { return v.restoreDue() }

func restore(v view) Plan {
	work := v.restoreWork()
	work.Aside = observed.ReplacedPath(work.Path, v.in.Now)
	plan := Plan{
		Message:      "not running: the backup " + work.BackupPath + " is restored",
		RequeueAfter: startLookMin,
	}
	if !v.staged() {
		plan.Actions = append(plan.Actions, v.stageBackup(RestorePending))
	}
	plan.Actions = append(plan.Actions, Action{
		Verb: RestoreBackup, Database: work, Reason: string(RestorePending), Message: "it was asked for",
	})
	return plan
}

func (v view) stageBackup(reason Situation) Action {
	return Action{
		Verb: StageBackup, Database: v.restoreWork(), Reason: string(reason),
		Message: "it is copied beside the database and checked before anything is stopped",
	}
}

func (v view) restoreWork() DatabaseWork {
	work := v.databaseWork(observed.Meta{Restored: v.restoreWish()})
	work.BackupPath = RestorePath(v.in.Desired.Object)
	return work
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
		Remedy:  "choose another with " + v.quoted("restore BACKUP") + ", or give it up: remove the annotation " + v1alpha1.RestoreAnnotation,
	}
}
