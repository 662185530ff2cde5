package database

import (
	"context"
	"io"
	"os"

	"github.com/stigmer/stigmer-local/reconciler/plainfile"
)

// magic is how every database of SQLite begins.
const magic = "SQLite format 3\x00"

// CopySound is Copy of a database that must be one of Temporal's: any other is
// refused with an *UnusableError, and nothing is left at target.
func CopySound(ctx context.Context, source, target string) error {
	return stage(ctx, target, func(copied string) error {
		if err := copyAll(ctx, source, copied); err != nil {
			return err
		}
		return Check(ctx, copied)
	})
}

// Replace puts the file at copied, which was made by CopySound in the same
// folder, in the place of the database at path, which is moved to aside first;
// see MoveAside. Nobody may have either open.
//
// A crash before the move leaves the old database, one during the move what
// MoveAside says, one after it no database at path and the old one at aside. From
// each of them Replace finishes when it is called again, for as long as the copy
// is there.
func Replace(ctx context.Context, copied, path, aside string) error {
	if err := plainfile.Require(copied); err != nil {
		return err
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
	return publish(copied, path)
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
