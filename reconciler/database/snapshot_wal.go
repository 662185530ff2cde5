package database

import (
	"bytes"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	sqlite3 "modernc.org/sqlite"

	"github.com/stigmer/stigmer-local/observer/observed"
)

const (
	// stepPages is how many pages an online backup copies before the context is
	// asked again.
	stepPages = 4096
	// walHeader is the size of the header of a write-ahead log. A log that is
	// begun anew has another one.
	walHeader = 32
	// walAttempts bounds how often a copy is begun anew because the log was.
	walAttempts = 20
	// deleted is what Linux adds to the name of a file that has none any more.
	deleted = " (deleted)"
)

// onliner is a connection of the driver.
type onliner interface {
	NewBackup(target string) (*sqlite3.Backup, error)
}

// copyOnline is SQLite's own backup of a database in use. All of it is read in
// one transaction, so that it need not begin anew when something is written.
func copyOnline(ctx context.Context, source, copied string) error {
	db, err := open(source, "mode=ro&_pragma=busy_timeout(10000)")
	if err != nil {
		return err
	}
	defer db.Close()
	connection, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("cannot open %s: %w", source, err)
	}
	defer connection.Close()
	for _, text := range []string{"BEGIN", "SELECT count(*) FROM sqlite_schema"} {
		if _, err := connection.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("cannot read %s: %w", source, err)
		}
	}
	return connection.Raw(func(c any) error { return backup(ctx, c, copied) })
}

// backup copies all pages. The copy is synced by the caller.
func backup(ctx context.Context, connection any, copied string) error {
	source, ok := connection.(onliner)
	if !ok {
		return fmt.Errorf("the SQLite driver has no online backup: %w", driver.ErrSkip)
	}
	b, err := source.NewBackup("file:" + copied + "?_pragma=synchronous(0)&_pragma=journal_mode(off)")
	if err != nil {
		return fmt.Errorf("cannot begin a backup: %w", err)
	}
	for more := true; more && err == nil; {
		if err = context.Cause(ctx); err == nil {
			more, err = b.Step(stepPages)
		}
	}
	return errors.Join(err, b.Finish())
}

// copyUnlinkedWAL copies a database that was deleted, with its log, from the
// descriptors of the process that has them open. The file goes first: what the
// process moves from the log into the file meanwhile is then in the log as well,
// unless the log was begun anew, which shows in its header.
func copyUnlinkedWAL(ctx context.Context, f *os.File, source, copied string) error {
	log, err := openLog(source)
	if err != nil {
		return err
	}
	defer log.Close()
	target := observed.CompanionPaths(copied)[1]
	for range walAttempts {
		steady, err := whileSteady(log, func() error {
			if err := copyFile(ctx, f, copied); err != nil {
				return err
			}
			return copyFile(ctx, log, target)
		})
		if err != nil || steady {
			return err
		}
		if err := errors.Join(os.Remove(copied), os.Remove(target)); err != nil {
			return err
		}
	}
	return &BusyError{Path: source}
}

// whileSteady does the work, and reports whether the log was not begun anew
// meanwhile.
func whileSteady(log *os.File, work func() error) (bool, error) {
	before, err := header(log)
	if err == nil {
		err = work()
	}
	if err != nil {
		return false, err
	}
	after, err := header(log)
	return bytes.Equal(before, after), err
}

// openLog opens the write-ahead log of the database behind a descriptor.
func openLog(source string) (*os.File, error) {
	link, err := os.Readlink(source)
	if err != nil {
		return nil, err
	}
	wanted := observed.CompanionPaths(strings.TrimSuffix(link, deleted))[1]
	folder := filepath.Dir(source)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		path := filepath.Join(folder, entry.Name())
		if link, err := os.Readlink(path); err == nil && strings.TrimSuffix(link, deleted) == wanted {
			return openRegular(path, os.O_RDONLY)
		}
	}
	return nil, &UnusableError{Path: source, Problem: "its write-ahead log is not open any more"}
}

// header returns the beginning of the log, empty when it was not begun.
func header(log *os.File) ([]byte, error) {
	content := make([]byte, walHeader)
	n, err := log.ReadAt(content, 0)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return content[:n], err
}
