package database

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/failpoint"
	"github.com/stigmer/stigmer-local/reconciler/plainfile"
)

const (
	// reservedByte is the offset of the byte that a writer of SQLite locks before
	// its first change; os_unix.c calls it RESERVED_BYTE.
	reservedByte = 0x40000000 + 1
	// reserveEvery is the pause between two attempts to lock it. A busy server
	// leaves gaps of about a millisecond.
	reserveEvery = 200 * time.Microsecond
	// reserveTime is how long it is tried.
	reserveTime = 10 * time.Second
	// walVersion is what the bytes 18 and 19 of a database in WAL mode are.
	walVersion = 2
)

// Snapshot makes target a copy of the database at source as it is at one moment,
// while a server may be using it; see the package doc for what the server
// notices. The copy is one file without companions, checked and synced. The
// folder of target is made when it is missing; the error is fs.ErrExist when there
// is something at target. Source may be a /proc/<pid>/fd/<n>, the descriptor of
// a database that was deleted while the process had it open.
//
// A database with a journal that nobody is writing is no running server's. It is
// refused with an *UnusableError, and is for Copy.
func Snapshot(ctx context.Context, source, target string) error {
	return stage(ctx, target, func(copied string) error {
		f, err := openRegular(source, os.O_RDWR)
		if err != nil {
			return err
		}
		defer f.Close()
		wal, err := inWAL(f)
		switch {
		case err != nil:
			return err
		case !wal:
			return copyReserved(ctx, f, source, copied)
		case isDescriptor(source):
			return copyUnlinkedWAL(ctx, f, source, copied)
		}
		return copyOnline(ctx, source, copied)
	})
}

// stage makes a file in a scratch folder, checks it, syncs it and gives it its
// name.
func stage(ctx context.Context, target string, fill func(copied string) error) (err error) {
	if _, err := os.Lstat(target); err == nil {
		return fmt.Errorf("cannot copy to %s: %w", target, os.ErrExist)
	}
	scratch, err := MakeScratch(filepath.Dir(target))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, scratch.Close()) }()
	copied := filepath.Join(scratch.Dir, "copy.db")
	if err := fill(copied); err != nil {
		return err
	}
	if err := settle(ctx, copied); err != nil {
		return err
	}
	failpoint.Reached("copy/filled")
	err = publish(copied, target)
	failpoint.Reached("copy/published")
	return err
}

// publish gives a complete file its name, for good.
func publish(copied, target string) error {
	if err := syncPath(copied); err != nil {
		return fmt.Errorf("cannot sync %s: %w", copied, err)
	}
	if err := renameKeeping(copied, target); err != nil {
		return fmt.Errorf("cannot rename %s to %s: %w", copied, target, err)
	}
	return syncFolders(target)
}

// inWAL reports whether the database is in WAL mode. An empty file is not.
func inWAL(f *os.File) (bool, error) {
	version := make([]byte, 2)
	_, err := f.ReadAt(version, 18)
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	return version[0] == walVersion || version[1] == walVersion, err
}

// isDescriptor reports whether the path is that of another process's descriptor.
func isDescriptor(path string) bool {
	found, _ := filepath.Match("/proc/[0-9]*/fd/[0-9]*", path)
	return found
}

// copyReserved copies while nobody can be in the middle of a change.
func copyReserved(ctx context.Context, f *os.File, source, copied string) error {
	if err := reserve(ctx, f, source); err != nil {
		return err
	}
	err := requireSettled(source)
	if err == nil {
		err = copyFile(ctx, f, copied)
	}
	return errors.Join(err, unlockByte(f, reservedByte))
}

// reserve locks the byte as soon as no writer has it.
func reserve(ctx context.Context, f *os.File, source string) error {
	patience := time.After(reserveTime)
	for {
		err := lockByte(f, reservedByte)
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EACCES) && !errors.Is(err, unix.EINTR):
			return fmt.Errorf("cannot lock %s: %w", source, err)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-patience:
			return &BusyError{Path: source}
		case <-time.After(reserveEvery):
		}
	}
}

// requireSettled returns an *UnusableError when a writer has died in the middle of
// a change: nobody holds the lock of writers, and there is a journal that was not
// ended, by removing it, by making it empty or by zeroing its first byte.
func requireSettled(source string) error {
	if isDescriptor(source) {
		return nil // whoever opened the file has settled it, and lives
	}
	journal := observed.CompanionPaths(source)[0]
	left, err := plainfile.Exists(journal)
	if err != nil || !left {
		return err
	}
	if spent, err := isSpent(journal); spent || err != nil {
		return err
	}
	return &UnusableError{Path: source, Problem: "a change was interrupted, and no server has undone it yet"}
}

// isSpent reports whether there is a journal that was ended by making it empty
// or by zeroing its first byte.
func isSpent(path string) (bool, error) {
	journal, err := openRegular(path, os.O_RDONLY)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer journal.Close()
	first := make([]byte, 1)
	n, err := journal.Read(first)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("cannot read %s: %w", path, err)
	}
	return n == 0 || first[0] == 0, nil
}
