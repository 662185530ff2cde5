package database

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/stigmer/stigmer-local/reconciler/failpoint"
	"github.com/stigmer/stigmer-local/reconciler/plainfile"
)

// magic is how every database of SQLite begins.
const magic = "SQLite format 3\x00"

// CopySound is Copy of a database that must be one of Temporal's: any other is
// refused with an *UnusableError, and nothing is left at target.
func CopySound(ctx context.Context, source, target string) error {
	if err := RequireSQLite(source); err != nil {
		return err
	}
	return stage(ctx, target, func(copied string) error {
		if err := copyAll(ctx, source, copied); err != nil {
			return err
		}
		return Check(ctx, copied)
	})
}

// RequireSQLite returns an *UnusableError when the file does not begin as every
// database of SQLite does. Nothing is done to it.
func RequireSQLite(path string) error {
	if err := plainfile.Require(path); err != nil {
		return err
	}
	if !isSQLite(path) {
		return &UnusableError{Path: path, Problem: "it is no SQLite database"}
	}
	return nil
}

// Replace puts the file at copied, which was made by CopySound, in the place of
// the database at path, which is moved to aside first; see MoveAside. Nobody may
// have either open. Only renames are made. Where there is nothing at copied, it
// was carried out before.
func Replace(ctx context.Context, copied, path, aside string) error {
	if there, err := plainfile.Exists(copied); err != nil || !there {
		return err
	}
	if sameFile(copied, path) {
		// A crash in the middle of relink: it is in its place.
		if err := os.Remove(copied); err != nil {
			return fmt.Errorf("cannot take the other name of %s away: %w", path, err)
		}
		return syncFolders(path, copied)
	}
	// A database that was settled has nothing beside it that a crash during the
	// move could part from it. One that cannot be read is moved as it is; SQLite
	// would remove the journal of a file that is none of its own.
	if isSQLite(path) {
		_ = settle(ctx, path)
	}
	if err := MoveAside(path, aside); err != nil {
		return err
	}
	failpoint.Reached("restore/aside")
	if err := renameKeeping(copied, path); err != nil {
		return fmt.Errorf("cannot rename %s to %s: %w", copied, path, err)
	}
	failpoint.Reached("restore/placed")
	return syncFolders(path, copied)
}

// isSQLite reports whether the file begins as every database of SQLite does.
func isSQLite(path string) bool {
	f, err := openRegular(path, os.O_RDONLY)
	if err != nil {
		return false
	}
	defer f.Close()
	begin := make([]byte, len(magic))
	_, err = io.ReadFull(f, begin)
	return err == nil && string(begin) == magic
}
