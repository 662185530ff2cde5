package actuator

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/database"
	"github.com/stigmer/stigmer-local/reconciler/plainfile"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// backUp copies the database, records what is in it in both places, and removes
// the oldest backups. A copy that is there already is complete, since it got its
// name last: an earlier attempt made it. A backup too many is no failure.
func backUp(ctx context.Context, w plan.DatabaseWork) (warning, err error) {
	made, err := plainfile.Exists(w.BackupPath)
	if err != nil {
		return nil, err
	}
	if !made {
		if err := database.Copy(ctx, w.Path, w.BackupPath); err != nil {
			return nil, err
		}
	}
	if err := recordCopy(ctx, w); err != nil {
		if !made {
			err = errors.Join(err, database.RemoveBackup(w.BackupPath))
		}
		return nil, err
	}
	return database.Prune(filepath.Dir(w.BackupPath), observed.BackupBeforeUpgrade, w.Keep, w.BackupPath), nil
}

// recordCopy writes what is known of the database beside the copy and then
// beside the database.
func recordCopy(ctx context.Context, w plan.DatabaseWork) error {
	objects, err := database.Objects(ctx, w.BackupPath)
	if err != nil {
		return err
	}
	meta := w.Meta
	meta.Objects = objects
	if err := database.WriteMeta(w.BackupPath, meta); err != nil {
		return err
	}
	return database.WriteMeta(w.Path, meta)
}
