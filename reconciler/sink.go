package reconciler

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/stigmer/stigmer-local/api/encoding"
	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

// sink writes one instance's status file, when it changed.
type sink struct {
	path string
	// last is what the file said when it was written, written which file
	// that was; nil when that is not known.
	last    *v1alpha1.Temporal
	written os.FileInfo
}

// write makes the status file say object, without the secrets in its
// environment. A file that somebody else changed or removed is written again.
func (s *sink) write(object *v1alpha1.Temporal) error {
	object = concealed(object)
	if s.untouched() && equality.Semantic.DeepEqual(s.last, object) {
		return nil
	}
	data, err := encoding.Encode(object)
	if err != nil {
		return fmt.Errorf("cannot encode the status for %s: %w", s.path, err)
	}
	s.written, err = encoding.ReplaceFile(s.path, data)
	if err != nil {
		return err
	}
	s.last = object.DeepCopy()
	return nil
}

// untouched reports whether the file is the one that was written last.
func (s *sink) untouched() bool {
	if s.last == nil || s.written == nil {
		return false
	}
	now, err := os.Lstat(s.path)
	return err == nil && os.SameFile(now, s.written) && now.ModTime().Equal(s.written.ModTime()) && now.Size() == s.written.Size()
}

// remove removes the status file.
func (s *sink) remove() error {
	s.last = nil
	if err := os.Remove(s.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cannot remove the status file: %w", err)
	}
	return nil
}

// ReadStatus returns the object that the daemon last wrote for the instance,
// nil when there is none. The error says why a file that is there cannot be used.
func (h Home) ReadStatus(name string) (*v1alpha1.Temporal, error) {
	path := h.Status(name)
	data, err := encoding.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return encoding.DecodeStatus(path, data)
}
