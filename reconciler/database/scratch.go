package database

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	// scratchPrefix begins the name of every scratch folder.
	scratchPrefix = ".stigmer-scratch-"
	// scratchAttempts bounds how often a new folder may be swept under our hands.
	scratchAttempts = 10
)

// Scratch is a folder for what is half-made. Whoever made it holds a lock on
// it, so that one that a crash left behind can be told and removed.
type Scratch struct {
	// Dir is the folder.
	Dir  string
	lock *os.File
}

// MakeScratch makes a scratch folder in the folder, which is made when it is
// missing, and removes those that were left behind there.
func MakeScratch(folder string) (*Scratch, error) {
	if err := os.MkdirAll(folder, folderMode); err != nil {
		return nil, fmt.Errorf("cannot make folder %s: %w", folder, err)
	}
	sweep(folder)
	for range scratchAttempts {
		dir, err := os.MkdirTemp(folder, scratchPrefix)
		if err != nil {
			return nil, fmt.Errorf("cannot make a folder in %s: %w", folder, err)
		}
		lock, err := lockFolder(dir)
		if err == nil {
			return &Scratch{Dir: dir, lock: lock}, nil
		}
		// Somebody who sweeps has taken it for a leftover and removes it.
		if !errors.Is(err, os.ErrNotExist) && !errors.Is(err, unix.EWOULDBLOCK) {
			_ = os.Remove(dir)
			return nil, fmt.Errorf("cannot lock folder %s: %w", dir, err)
		}
	}
	return nil, fmt.Errorf("cannot make a folder in %s: it was removed %d times", folder, scratchAttempts)
}

// Close removes the folder with all that is in it.
func (s *Scratch) Close() error {
	return errors.Join(os.RemoveAll(s.Dir), s.lock.Close())
}

// sweep removes what a crash left behind. What cannot be removed is in nobody's
// way.
func sweep(folder string) {
	entries, _ := os.ReadDir(folder)
	for _, entry := range entries {
		if !entry.IsDir() || !strings.HasPrefix(entry.Name(), scratchPrefix) {
			continue
		}
		dir := filepath.Join(folder, entry.Name())
		if lock, err := lockFolder(dir); err == nil {
			_ = os.RemoveAll(dir)
			_ = lock.Close()
		}
	}
}

// lockFolder locks the folder at dir, which must still be there afterwards.
func lockFolder(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err == nil {
		_, err = os.Lstat(dir)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}
