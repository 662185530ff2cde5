package actuator

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

const (
	// probeTime is how long a lock that is held is tried again. Whoever looks
	// whether the lock is free holds it shared for some microseconds, and that
	// must not make a start fail; a server holds it for hours.
	probeTime = 5 * time.Millisecond
	// probeEvery is the pause between two attempts.
	probeEvery = 500 * time.Microsecond
	// maxReplaced bounds how often the file may be replaced under our hands.
	maxReplaced = 10
	// maxLinks is how many symbolic links Linux follows in one look-up.
	maxLinks = 40
)

// takeLock opens the lock file, locks it, and makes sure that what was locked
// is what stands at path: a lock on a file that was deleted or replaced in
// between excludes nobody.
func takeLock(ctx context.Context, path string) (*os.File, error) {
	for range maxReplaced {
		f, err := openRegular(path, os.O_RDWR|os.O_CREATE)
		if err != nil {
			return nil, err
		}
		if err := lockFile(ctx, f, path); err != nil {
			_ = f.Close()
			return nil, err
		}
		if standsAt(f, path) {
			return f, nil
		}
		_ = f.Close()
	}
	return nil, fmt.Errorf("cannot lock %s: it was replaced %d times meanwhile", path, maxReplaced)
}

// databaseLock returns the lock file of a database, which is beside the file itself.
func databaseLock(path string) string { return observed.DatabaseLockPath(realPath(path)) }

// realPath returns where the file is or would be, whatever symbolic links the
// path goes through.
func realPath(path string) string {
	for range maxLinks {
		link, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(link) {
			link = filepath.Join(filepath.Dir(path), link)
		}
		path = link
	}
	if folder, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		path = filepath.Join(folder, filepath.Base(path))
	}
	return path
}

// underLocks does the work while nobody else can start a server of the instance,
// or one on the database. Nobody inherits these locks.
func underLocks(ctx context.Context, w plan.DatabaseWork, work func() error) error {
	for _, path := range []string{w.LockPath, databaseLock(w.Path)} {
		lock, err := takeLock(ctx, path)
		if err != nil {
			return err
		}
		defer release(lock)
	}
	return work()
}

// release gives a lock up by name, and not only by closing it: a process that is
// being forked this moment has a copy of the descriptor until it runs its program.
func release(lock *os.File) {
	_ = unix.Flock(int(lock.Fd()), unix.LOCK_UN)
	_ = lock.Close()
}

// lockFile takes the lock, with the patience of probeTime.
func lockFile(ctx context.Context, f *os.File, path string) error {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, unix.EINTR):
			continue
		case !errors.Is(err, unix.EWOULDBLOCK):
			return fmt.Errorf("cannot lock %s: %w", path, err)
		}
		select {
		case <-ctx.Done():
			return &LockHeldError{Path: path}
		case <-time.After(probeEvery):
		}
	}
}

// standsAt reports whether f is the file at path.
func standsAt(f *os.File, path string) bool {
	ours, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(path)
	return err == nil && os.SameFile(ours, there)
}
