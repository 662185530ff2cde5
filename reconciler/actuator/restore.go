package actuator

import (
	"context"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/database"
	"github.com/stigmer/stigmer-local/reconciler/plainfile"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// restoreBackup puts the backup in the place of the database. The record, which
// says that it was done, is written last: a crash anywhere before leaves
// work that is done once more, and the database that stood there first is at the
// first attempt's aside. The marker of a first boot goes before the record:
// with both there, the backup would be taken for a first boot that was cut short
// and not be restored again.
func restoreBackup(ctx context.Context, w plan.DatabaseWork) error {
	replaced, ofBackup := database.ReadMeta(w.Path), database.ReadMeta(w.BackupPath)
	if w.Meta.Restored != "" && replaced.Value.Restored == w.Meta.Restored {
		return nil // it was done, and the database may have been used since
	}
	if err := database.Restore(ctx, w.BackupPath, w.Path, w.Aside); err != nil {
		return err
	}
	if err := keepMeta(w.Aside, replaced); err != nil {
		return err
	}
	if err := database.RemoveFirstBoot(w.Path); err != nil {
		return err
	}
	return database.WriteMeta(w.Path, merged(w.Meta, ofBackup.Value))
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

// merged fills in what the caller left open from the record of the backup. What
// it says of backups and restores is about another file.
func merged(meta, ofBackup observed.Meta) observed.Meta {
	for to, from := range map[*string]string{
		&meta.ClusterID: ofBackup.ClusterID, &meta.CreatedBy: ofBackup.CreatedBy, &meta.LastServedBy: ofBackup.LastServedBy,
	} {
		if *to == "" {
			*to = from
		}
	}
	if meta.Objects == nil {
		meta.Objects = ofBackup.Objects
	}
	return meta
}
