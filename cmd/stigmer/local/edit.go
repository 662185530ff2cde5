package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stigmer/stigmer-local/api/encoding"
	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/config/samples"
)

// editDesired changes the fields in the instance's desired file, and writes
// the sample first when there is none and create is set. A file that has a
// fault is left as it is.
func (s *session) editDesired(ctx context.Context, create bool, changes ...encoding.Change) error {
	path := s.home.Desired(s.name)
	unlock, err := lockFile(ctx, filepath.Join(s.home.DesiredDir(), "."+s.name+".lock"))
	if err != nil {
		return err
	}
	defer unlock()
	for range editTries {
		before, after, err := s.edited(ctx, create, changes)
		if err != nil {
			return err
		}
		if before != nil && bytes.Equal(before, after) {
			return nil
		}
		if now, err := encoding.ReadFile(path); !bytes.Equal(now, before) || err == nil != (before != nil) {
			continue // somebody edits it by hand, which must not be lost
		}
		if err := encoding.WriteFile(path, after); err != nil {
			return err
		}
		wakeThroughLink(path)
		return nil
	}
	return fmt.Errorf("%s was edited by somebody else meanwhile: run the command again", path)
}

// editTries is how often a file is read anew that is edited by hand at the same time.
const editTries = 5

// edited returns the desired file as it is, nil for none, and as the changes
// would make it, which is valid.
func (s *session) edited(ctx context.Context, create bool, changes []encoding.Change) (before, after []byte, err error) {
	path := s.home.Desired(s.name)
	before, err = s.home.ReadDesired(ctx, &s.disk, s.name)
	if create && errors.Is(err, fs.ErrNotExist) {
		before, err = nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	base := before
	if base == nil {
		base = samples.Temporal()
		changes = append(changes[:len(changes):len(changes)], encoding.Change{Path: []string{"metadata", "name"}, Value: s.name})
	} else if _, err := encoding.Decode(path, base, string(s.home)); err != nil {
		return nil, nil, fmt.Errorf("%w\nmend the file, then run the command again; until then nothing changes", err)
	}
	after, err = encoding.Edit(base, changes...)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot edit %s: %w", path, err)
	}
	if err := s.home.CheckDesired(&s.disk, s.name, after); err != nil {
		return nil, nil, fmt.Errorf("%w\nthe file is left as it was", err)
	}
	return before, after, nil
}

// wanted returns what the desired file asks for, once the changes are made.
func (s *session) wanted(ctx context.Context, create bool, changes []encoding.Change) (*v1alpha1.Temporal, error) {
	_, after, err := s.edited(ctx, create, changes)
	if err != nil {
		return nil, err
	}
	return encoding.Decode(s.home.Desired(s.name), after, string(s.home))
}

// wakeThroughLink changes the times of a symbolic link. The daemon watches the
// folder that the link is in and does not see that its target was written.
func wakeThroughLink(path string) {
	info, err := os.Lstat(path)
	if err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return
	}
	now := unix.NsecToTimespec(time.Now().UnixNano())
	// If it fails the daemon sees the change all the same, an interval later.
	_ = unix.UtimesNanoAt(unix.AT_FDCWD, path, []unix.Timespec{now, now}, unix.AT_SYMLINK_NOFOLLOW)
}
