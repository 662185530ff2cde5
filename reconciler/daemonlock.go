package reconciler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/sys/unix"

	"github.com/stigmer/stigmer-local/api/encoding"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// DaemonInfo is what a daemon says of itself in daemon.lock. The lock is the
// truth about whether it lives; this is how to address it.
type DaemonInfo struct {
	// Identity of the daemon's process.
	Identity observed.Identity `json:"identity"`
	// Version of the program.
	Version string `json:"version"`
	// Temporal is the value of $STIGMER_TEMPORAL in its environment.
	Temporal string `json:"temporal,omitempty"`
	// Detached means that a command started it, and may end it when it is no
	// longer needed.
	Detached bool `json:"detached"`
}

// AlreadyRunningError means that another process reconciles the home.
type AlreadyRunningError struct {
	// Path of the daemon lock.
	Path string
}

// Error names the lock.
func (e *AlreadyRunningError) Error() string {
	return "another daemon is running: " + e.Path + " is locked"
}

const (
	// lockPatience is how long a daemon tries to get its lock: a command that
	// looks whether a daemon runs holds it for microseconds.
	lockPatience = 500 * time.Millisecond
	lockRetry    = 10 * time.Millisecond
)

// HomeLostError means that the home was removed or replaced under a daemon.
// Another daemon may be at work at the same path, so this one must not be.
type HomeLostError struct {
	// Path of the daemon lock, which is no longer the one that is held.
	Path string
}

// Error names the lock and the remedy.
func (e *HomeLostError) Error() string {
	return e.Path + " was removed or replaced under this daemon, which therefore ends; 'stigmer local' starts another"
}

// daemonLock is the daemon's lock while it is held.
type daemonLock struct {
	*flock.Flock
	held os.FileInfo
}

// check returns a *HomeLostError when the file at the path is not, or no
// longer, the one that is locked.
func (l *daemonLock) check() error {
	if now, err := os.Lstat(l.Path()); errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(now, l.held) {
		return &HomeLostError{Path: l.Path()}
	}
	return nil
}

// lockDaemon takes the daemon lock and writes info into it.
func lockDaemon(ctx context.Context, home Home, info DaemonInfo) (*daemonLock, error) {
	path := home.DaemonLock()
	if err := RegularOrAbsent(path); err != nil {
		return nil, err
	}
	lock := flock.New(path, flock.SetPermissions(0o600))
	patience, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	locked, err := lock.TryLockContext(patience, lockRetry)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Errorf("cannot lock %s: %w", path, err)
	}
	if !locked {
		return nil, &AlreadyRunningError{Path: path}
	}
	held, err := writeInfo(path, lock, info)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot write %s: %w", path, err), lock.Unlock())
	}
	return &daemonLock{Flock: lock, held: held}, nil
}

// writeInfo writes info into the locked file, in place: a new file would not
// be the one that is locked. It returns which file that is.
func writeInfo(path string, lock *flock.Flock, info DaemonInfo) (os.FileInfo, error) {
	data, err := json.Marshal(info)
	if err != nil {
		return nil, err
	}
	held, err := lock.Stat()
	if err != nil {
		return nil, err
	}
	// The file may have been replaced since it was locked: what stands there now
	// is written to only if it is the same.
	file, err := os.OpenFile(path, os.O_WRONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if now, err := file.Stat(); err != nil || !os.SameFile(now, held) {
		return nil, errors.Join(errors.New("it was replaced meanwhile"), err, file.Close())
	}
	err = file.Truncate(0)
	if err == nil {
		_, err = file.Write(append(data, '\n'))
	}
	return held, errors.Join(err, file.Close())
}

// RegularOrAbsent refuses a lock path at which opening could block or harm.
func RegularOrAbsent(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("cannot use %s as a lock: %w", path, err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("cannot use %s as a lock: it is not a regular file; remove it", path)
	}
	return nil
}

// ReadDaemonInfo returns what the daemon that holds, or last held, the daemon
// lock says of itself. The error wraps fs.ErrNotExist when there never was one.
func (h Home) ReadDaemonInfo() (DaemonInfo, error) {
	var info DaemonInfo
	data, err := encoding.ReadFile(h.DaemonLock())
	if err != nil {
		return info, err
	}
	if err := json.Unmarshal(data, &info); err != nil {
		return info, fmt.Errorf("cannot read %s: %w", h.DaemonLock(), err)
	}
	return info, nil
}
