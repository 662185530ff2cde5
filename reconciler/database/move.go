package database

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/failpoint"
	"github.com/stigmer/stigmer-local/reconciler/plainfile"
)

// MoveAside renames the database at path, which nobody may have open, to aside,
// and each of its companions to the companion of aside. Nothing is replaced: the
// error is fs.ErrExist when there is something at aside. A database or a
// companion that is not there is passed over, so a move that was interrupted
// can be carried out again.
//
// The companions go first, and their new names last before the file goes. A
// crash between leaves the file without its journal, in the place where whoever
// asked for the move will ask again. The other way round it would leave a journal
// alone, which SQLite rolls into the next database that is made there.
func MoveAside(path, aside string) error {
	moved := false
	from, to := observed.CompanionPaths(path), observed.CompanionPaths(aside)
	for i := range from {
		found, err := moveFile(from[i], to[i])
		if err != nil {
			return err
		}
		moved = moved || found
	}
	if moved {
		if err := syncFolders(path, aside); err != nil {
			return err
		}
		failpoint.Reached("aside/companions")
	}
	if found, err := moveFile(path, aside); err != nil || !found {
		return err
	}
	failpoint.Reached("aside/moved")
	return syncFolders(path, aside)
}

// moveFile renames a plain file without replacing anything, and reports
// whether there was one.
func moveFile(path, aside string) (bool, error) {
	found, err := plainfile.Exists(path)
	if err == nil && found {
		err = renameKeeping(path, aside)
	}
	if err != nil {
		return false, fmt.Errorf("cannot move %s to %s: %w", path, aside, err)
	}
	return found, nil
}

// renameKeeping renames and replaces nothing, on any file system.
func renameKeeping(path, target string) error {
	supported, err := renameExclusive(path, target)
	if !supported {
		return relink(path, target)
	}
	return err
}

// relink gives the file its new name and then takes the old one away. A crash
// between leaves one file with two names, and then only the old one is to go.
func relink(path, target string) error {
	if filepath.Clean(path) == filepath.Clean(target) {
		return fs.ErrExist
	}
	err := unix.Link(path, target)
	if errors.Is(err, fs.ErrExist) && sameFile(path, target) {
		err = nil
	}
	if err != nil {
		return err
	}
	return os.Remove(path)
}

func sameFile(a, b string) bool {
	first, err := os.Lstat(a)
	if err != nil {
		return false
	}
	second, err := os.Lstat(b)
	return err == nil && os.SameFile(first, second)
}

// syncFolders makes the names beside the paths last.
func syncFolders(paths ...string) error {
	for i, path := range paths {
		folder := filepath.Dir(path)
		if i > 0 && folder == filepath.Dir(paths[i-1]) {
			continue
		}
		if err := syncPath(folder); err != nil {
			return fmt.Errorf("cannot sync %s: %w", folder, err)
		}
	}
	return nil
}
