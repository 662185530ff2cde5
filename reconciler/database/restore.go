package database

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
)

// magic is how every database of SQLite begins.
const magic = "SQLite format 3\x00"

// Restore puts a copy of the backup in the place of the database at path, which
// is moved to aside first; see MoveAside. Nobody may have either open. The backup
// itself stays as it is. A backup that is no sound database of Temporal changes
// nothing.
//
// A crash before the move leaves the old database, one during the move what
// MoveAside says, one after it no database at path and the old one at aside. From each
// of them Restore finishes when it is called again. When it had finished before,
// the copy is moved aside in its turn, and so needs another aside.
func Restore(ctx context.Context, backup, path, aside string) (err error) {
	scratch, err := MakeScratch(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, scratch.Close()) }()
	copied := filepath.Join(scratch.Dir, "copy.db")
	if err := copyAll(ctx, backup, copied); err != nil {
		return err
	}
	if err := Check(ctx, copied); err != nil {
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
