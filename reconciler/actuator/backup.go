package actuator

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/database"
	"github.com/stigmer/stigmer-local/reconciler/failpoint"
	"github.com/stigmer/stigmer-local/reconciler/plainfile"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// backUp copies the database, records what is in it, and removes the oldest
// backups. A copy that is there already is complete, since it got its name last:
// an earlier attempt made it. A file that is no database of Temporal is refused:
// no server would ever serve from it.
func backUp(ctx context.Context, w plan.DatabaseWork) (warning, err error) {
	// What the plan saw may be out of date: until the locks were taken, another
	// server could serve the database, and record it.
	meta := database.ReadMeta(w.Path)
	if meta.IsUnknown() {
		return nil, fmt.Errorf("cannot read the record of %s: %s", w.Path, meta.Reason)
	}
	made, err := plainfile.Exists(w.BackupPath)
	if err != nil {
		return nil, err
	}
	if !made {
		if err := database.Copy(ctx, w.Path, w.BackupPath); err != nil {
			return nil, err
		}
	}
	failpoint.Reached("backup/copied")
	warning, err = finishBackup(ctx, w, meta.Value)
	if err != nil && !made {
		err = errors.Join(err, database.RemoveBackup(w.BackupPath))
	}
	return warning, err
}

// finishBackup records what is known of the database beside the copy, and, of
// one that was made before another build, beside the database: a copy by hand is
// nothing that a daemon decides by. The copy by hand is also worth having
// without a record, and a backup too many is no failure.
func finishBackup(ctx context.Context, w plan.DatabaseWork, meta observed.Meta) (warning, err error) {
	if meta.Objects, err = database.Objects(ctx, w.BackupPath); err != nil {
		return nil, err
	}
	if err := database.CheckObjects(w.Path, meta.Objects); err != nil {
		return nil, err
	}
	meta.Rescued = false // that was said of the backup which the database was restored from
	if database.KindOf(w.BackupPath) == observed.BackupByHand {
		return database.WriteMeta(w.BackupPath, meta), nil
	}
	meta.BackedUpFor = w.Meta.BackedUpFor
	if err := database.WriteMeta(w.BackupPath, meta); err != nil {
		return nil, err
	}
	failpoint.Reached("backup/described")
	if err := database.WriteMeta(w.Path, meta); err != nil {
		return nil, err
	}
	failpoint.Reached("backup/recorded")
	return database.Prune(filepath.Dir(w.BackupPath), observed.BackupBeforeUpgrade, w.Keep, append(w.Spare, w.BackupPath)), nil
}
