package actuator

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/database"
	"github.com/stigmer/stigmer-local/reconciler/failpoint"
	"github.com/stigmer/stigmer-local/reconciler/plainfile"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// stageTime bounds a copy: some hundred gigabytes on a slow disk.
const stageTime = time.Hour

// stage begins to copy the backup and to check the copy.
func (a *Actuator) stage(action plan.Action) error {
	w := action.Database
	return a.beside(action, job{
		key: observed.StagedPath(w.Path), limit: stageTime,
		work: func(ctx context.Context) error { return stageBackup(ctx, w) },
	})
}

// stageBackup copies the backup to where restoreBackup takes it from, and checks
// it. The record beside the copy, which says for which wish it was made, is
// written last: a copy without it is made anew.
func stageBackup(ctx context.Context, w plan.DatabaseWork) error {
	staged := observed.StagedPath(w.Path)
	copied, err := plainfile.Exists(staged)
	meta := database.ReadMeta(staged).Value
	if err != nil || copied && meta.Restored == w.Meta.Restored {
		return err
	}
	if realPath(w.BackupPath) == staged {
		return fmt.Errorf("cannot restore %s: it is a copy that waits for its own restore", staged)
	}
	if err := discardBackup(w); err != nil {
		return err
	}
	if err := database.CopySound(ctx, w.BackupPath, staged); err != nil {
		return err
	}
	failpoint.Reached("stage/copied")
	meta = database.ReadMeta(w.BackupPath).Value
	// What that says of copies and restores is about another file.
	meta.BackedUpFor, meta.Rescued, meta.Replaces, meta.Restored = "", false, "", w.Meta.Restored
	err = database.WriteMeta(staged, meta)
	failpoint.Reached("stage/recorded")
	return err
}

// discardBackup removes a staged backup, unless it has begun to take its place.
func discardBackup(w plan.DatabaseWork) error {
	staged := observed.StagedPath(w.Path)
	if aside := database.ReadMeta(staged).Value.Replaces; aside != "" {
		return &DatabaseChangedError{Path: w.Path, Found: "a restore has begun, and moved it to " + aside}
	}
	if err := database.RemoveBackup(staged); err != nil {
		return err
	}
	leaveFolder(staged)
	return nil
}

// leaveFolder removes the folder of a staged backup when nothing else is in it.
func leaveFolder(staged string) { _ = os.Remove(filepath.Dir(staged)) }

// restoreBackup puts the staged backup in the place of the database. All that
// needs room is done first. From where the record of the copy says what it
// replaces, only renames follow, each of which a crash leaves to be carried out
// by the next attempt: the database with its journal, the copy, and last the
// record, which says that it was done.
func restoreBackup(ctx context.Context, w plan.DatabaseWork) error {
	staged, replaced := observed.StagedPath(w.Path), database.ReadMeta(w.Path)
	meta := database.ReadMeta(staged)
	switch {
	case meta.Value.Replaces != "":
		return finishRestore(ctx, w, meta.Value)
	case replaced.Value.Restored == w.Meta.Restored:
		return discardBackup(w) // it was done, and the database may have been used since
	case meta.Value.Restored != w.Meta.Restored:
		return &DatabaseChangedError{Path: staged, Found: "it was copied for another restore, or not at all"}
	}
	if err := database.RequireSQLite(staged); err != nil {
		return err
	}
	if err := keepMeta(w, replaced); err != nil {
		return err
	}
	failpoint.Reached("restore/kept")
	meta.Value.Replaces = w.Aside
	if err := database.WriteMeta(staged, meta.Value); err != nil {
		return err
	}
	failpoint.Reached("restore/begun")
	return finishRestore(ctx, w, meta.Value)
}

// finishRestore carries out the renames that are left.
func finishRestore(ctx context.Context, w plan.DatabaseWork, meta observed.Meta) error {
	staged, aside := observed.StagedPath(w.Path), meta.Replaces
	if taken, err := plainfile.Exists(aside); err != nil || taken {
		// The database lies there, and what is at the path came since.
		aside = w.Aside
	}
	if err := database.Replace(ctx, staged, w.Path, aside); err != nil {
		return err
	}
	if err := database.RemoveFirstBoot(w.Path); err != nil {
		return err
	}
	failpoint.Reached("restore/unmarked")
	if err := database.MoveMeta(staged, w.Path); err != nil {
		return err
	}
	failpoint.Reached("restore/recorded")
	leaveFolder(staged)
	return nil
}

// keepMeta writes the record of a database that is going to be replaced to where
// it is going to lie, so that it can be restored like a backup.
func keepMeta(w plan.DatabaseWork, meta observed.Fact[observed.Meta]) error {
	there, err := plainfile.Exists(w.Path)
	if err != nil || !there || !meta.IsKnown() {
		return err
	}
	return database.WriteMeta(w.Aside, meta.Value)
}
