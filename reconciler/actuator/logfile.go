package actuator

import (
	"errors"
	"fmt"
	"os"
)

const (
	// maxLogSize is the size in bytes from which a start begins a new log.
	maxLogSize = 10 << 20
	// keptLogs is how many earlier logs are kept, as <log>.1 to <log>.3.
	keptLogs = 3
)

// openLog opens the log for appending and begins a new one when it has grown
// too large. A log that cannot be rotated is appended to, and the warning says
// why; it is no reason not to start.
func openLog(path string) (log *os.File, warning, err error) {
	log, err = openRegular(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE)
	if err != nil {
		return nil, nil, err
	}
	info, err := log.Stat()
	if err != nil || info.Size() <= maxLogSize {
		return log, nil, nil
	}
	if warning := rotate(path); warning != nil {
		return log, warning, nil
	}
	fresh, err := openRegular(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE)
	if err != nil {
		return log, err, nil
	}
	_ = log.Close()
	return fresh, nil, nil
}

// rotate moves the log and its predecessors up by one. Only renames are used
// and the oldest goes first, so a failure or a crash on the way loses no line:
// whoever still has the log open goes on writing into the renamed file.
func rotate(path string) error {
	for n := keptLogs - 1; n >= 0; n-- {
		from, to := numbered(path, n), numbered(path, n+1)
		if err := os.Rename(from, to); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("cannot rotate log %s: %w", path, err)
		}
	}
	return nil
}

// numbered returns the path of the n-th earlier log; the 0-th is the log.
func numbered(path string, n int) string {
	if n == 0 {
		return path
	}
	return fmt.Sprintf("%s.%d", path, n)
}
