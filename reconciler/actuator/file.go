package actuator

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/stigmer/stigmer-local/reconciler/plainfile"
)

// fileMode is the mode of every file that is made here.
const fileMode = 0o600

// openRegular opens or creates a plain file and refuses everything else: it
// never follows a symbolic link and never blocks on a pipe or a device. Unlike
// the open, what is done with the file later is not asked to be non-blocking.
func openRegular(path string, flags int) (*os.File, error) {
	f, err := os.OpenFile(path, flags|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, fileMode)
	if err != nil {
		if refusal := plainfile.Require(path); refusal != nil && !errors.Is(refusal, os.ErrNotExist) {
			return nil, refusal
		}
		return nil, fmt.Errorf("cannot open %s: %w", path, errors.Unwrap(err))
	}
	info, err := f.Stat()
	switch {
	case err != nil:
		err = fmt.Errorf("cannot look at %s: %w", path, err)
	case !info.Mode().IsRegular():
		err = &plainfile.NotRegularError{Path: path, Mode: info.Mode()}
	default:
		err = unix.SetNonblock(int(f.Fd()), false)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}
