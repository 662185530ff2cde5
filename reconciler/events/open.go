package events

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// fileMode: what happens on a machine is for its user alone.
const fileMode = 0o600

// NotRegularError means that there is something else than a regular file where
// the events belong. It was neither read nor changed.
type NotRegularError struct {
	// Path of the thing.
	Path string
}

// Error says what to do about it.
func (e *NotRegularError) Error() string {
	return fmt.Sprintf("cannot use %s for the events: it is not a regular file; remove it", e.Path)
}

// openRegular opens the file of the events. It follows no symbolic link, and
// waits for nobody at the other end of a pipe. A missing file is
// fs.ErrNotExist to errors.Is.
func openRegular(path string, flags int) (*os.File, os.FileInfo, error) {
	// Opening a device may have effects; the check on the descriptor below is
	// the one that holds.
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return nil, nil, &NotRegularError{path}
	}
	file, err := os.OpenFile(path, flags|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_NOCTTY, fileMode)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot open the events: %w", err)
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &NotRegularError{path}
	}
	if err != nil {
		_ = file.Close()
		return nil, nil, err
	}
	return file, info, nil
}
