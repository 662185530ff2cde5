package plainfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/stigmer/stigmer-local/reconciler/plainfile"
)

// TestExists goes through what may stand at a path.
func TestExists(t *testing.T) {
	for name, c := range map[string]struct {
		make    func(path string) error
		is      bool
		refused string
	}{
		"nothing": {func(string) error { return nil }, false, ""},
		"file":    {func(path string) error { return os.WriteFile(path, nil, 0o600) }, true, ""},
		"folder":  {func(path string) error { return os.Mkdir(path, 0o700) }, false, "a folder"},
		"link":    {func(path string) error { return os.Symlink("/etc/passwd", path) }, false, "a symbolic link"},
		"fifo":    {func(path string) error { return unix.Mkfifo(path, 0o600) }, false, "a named pipe"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x")
			if err := c.make(path); err != nil {
				t.Fatal(err)
			}
			is, err := plainfile.Exists(path)
			var refused *plainfile.NotRegularError
			if is != c.is || errors.As(err, &refused) != (c.refused != "") || c.refused == "" && err != nil {
				t.Errorf("exists: %t, %v", is, err)
			}
			if c.refused != "" && err.Error() != path+" is "+c.refused+", not a regular file" {
				t.Errorf("it says %q", err)
			}
			if name == "nothing" && !errors.Is(plainfile.Require(path), fs.ErrNotExist) {
				t.Errorf("nothing is required: %v", plainfile.Require(path))
			}
		})
	}
}
