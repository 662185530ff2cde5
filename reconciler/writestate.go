package reconciler

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stigmer/stigmer-local/api/encoding"
)

// writeState says which file a content was read from, and what tells whether its
// writer is done.
type writeState struct {
	device, inode uint64
	// modified is when the content was written, changed when the content or
	// anything else of the file was: its name, mode or times.
	modified, changed unix.Timespec
	// open means that a process has the file open for writing; false also where
	// that cannot be told.
	open bool
}

// readChanged reads the desired file, and says how it was written when that is not
// what was read before; nil when it is.
func readChanged(path string, before []byte) (data []byte, how *writeState, err error) {
	data, err = encoding.ReadFileInspecting(path, func(file *os.File, data []byte) error {
		if before != nil && bytes.Equal(data, before) {
			return nil
		}
		// After it was read: who has written since is seen.
		how, err = writtenBy(file)
		return err
	})
	return data, how, err
}

func writtenBy(file *os.File) (*writeState, error) {
	raw, err := file.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("cannot read file: %w", err)
	}
	var stat unix.Stat_t
	var open bool
	var statErr error
	err = raw.Control(func(fd uintptr) {
		open = openForWriting(fd)
		statErr = unix.Fstat(int(fd), &stat)
	})
	if err = errors.Join(err, statErr); err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", file.Name(), err)
	}
	return &writeState{uint64(stat.Dev), stat.Ino, stat.Mtim, stat.Ctim, open}, nil
}

// sameFile reports whether it is the same file, whenever it was written.
func (w writeState) sameFile(other writeState) bool {
	return w.device == other.device && w.inode == other.inode
}

// finished reports whether something else of the file was changed after its content:
// its name or times, as programs do that are done. Writing sets both times to the
// same.
func (w writeState) finished() bool { return !w.open && w.modified != w.changed }

// age returns how long ago the content was written, by the file system's clock.
func (w writeState) age(now time.Time) time.Duration { return now.Sub(time.Unix(w.modified.Unix())) }
