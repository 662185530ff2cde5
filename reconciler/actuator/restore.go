package actuator

import (
	"context"
	"fmt"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/database"
	"github.com/stigmer/stigmer-local/reconciler/plainfile"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// stageBackup copies the backup to where restoreBackup takes it from, and checks
// it. The record beside the copy, which says for which wish it was made, is
// written last: a copy without it is made anew.
func stageBackup(ctx context.Context, w plan.DatabaseWork) error {
	staged := observed.StagedPath(w.Path)
	copied, err := plainfile.Exists(staged)
	if err != nil || copied && database.ReadMeta(staged).Value.Restored == w.Meta.Restored {
		return err
	}
	if realPath(w.BackupPath) == staged {
		return fmt.Errorf("cannot copy %s: the copy gets that very name; rename it first", staged)
	}
	if err := database.RemoveBackup(staged); err != nil {
		return err
	}
	if err := database.CopySound(ctx, w.BackupPath, staged); err != nil {
		return err
	}
	meta := database.ReadMeta(w.BackupPath).Value
	// What that says of copies and restores is about another file.
	meta.BackedUpFor, meta.Restored = "", w.Meta.Restored
	return database.WriteMeta(staged, meta)
}

// restoreBackup puts the staged backup in the place of the database. The record,
// which says that it was done, is written last: a crash anywhere before leaves
// work that is done once more, and the database that stood there first is at the
// first attempt's aside. The marker of a first boot goes before the record:
// with both there, the backup would be taken for a first boot that was cut short
// and not be restored again.
func restoreBackup(ctx context.Context, w plan.DatabaseWork) error {
	staged, replaced := observed.StagedPath(w.Path), database.ReadMeta(w.Path)
	if replaced.Value.Restored == w.Meta.Restored {
		return nil // it was done, and the database may have been used since
	}
	meta := database.ReadMeta(staged)
	if meta.Value.Restored != w.Meta.Restored {
		return &DatabaseChangedError{Path: staged, Found: "it was copied for another restore, or not at all"}
	}
	if err := database.Replace(ctx, staged, w.Path, w.Aside); err != nil {
		return err
	}
	if err := keepMeta(w.Aside, replaced); err != nil {
		return err
	}
	if err := database.RemoveFirstBoot(w.Path); err != nil {
		return err
	}
	if err := database.WriteMeta(w.Path, meta.Value); err != nil {
		return err
	}
	return database.RemoveBackup(staged)
}

// keepMeta writes the record of a database that was replaced beside it, so that
// it can be restored like a backup.
func keepMeta(aside string, meta observed.Fact[observed.Meta]) error {
	moved, err := plainfile.Exists(aside)
	if err != nil || !moved || !meta.IsKnown() {
		return err
	}
	return database.WriteMeta(aside, meta.Value)
}
