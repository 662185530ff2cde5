package local

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// maxDaemonLog is the size in bytes above which a daemon begins a new log. It
// writes a few lines for each start of a server.
const maxDaemonLog = 10 << 20

// openDaemonLog opens the daemon's log for appending, and makes it when there
// is none. One that has grown too large becomes path.1; where that fails it is
// appended to, which is no reason to have no daemon. What is not a regular file
// is refused, without waiting for whoever may be at the other end of it.
func openDaemonLog(path string) (*os.File, error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("cannot look at the daemon's log: %w", err)
	case !info.Mode().IsRegular():
		return nil, notALog(path)
	case info.Size() > maxDaemonLog:
		_ = os.Rename(path, path+".1")
	}
	// The file may have been replaced since: the flags refuse a link and do
	// not wait for a reader of a pipe.
	log, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot open the daemon's log: %w", err)
	}
	info, err = log.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = notALog(path)
	}
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	return log, nil
}

// notALog asks the user to make room for the log.
func notALog(path string) error {
	return &exitError{exitUserAction, fmt.Errorf("cannot use %s as the daemon's log: it is not a regular file; remove it", path)}
}
