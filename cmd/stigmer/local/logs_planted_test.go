package local

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestLogThatIsNone: a pipe would keep the command for ever, a device has no end.
func TestLogThatIsNone(t *testing.T) {
	for name, plant := range map[string]func(path string) error{
		"fifo":   func(path string) error { return unix.Mkfifo(path, 0o600) },
		"folder": func(path string) error { return os.Mkdir(path, 0o700) },
		"device": func(path string) error { return os.Symlink("/dev/zero", path) },
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := plant(path); err != nil {
			t.Fatal(err)
		}
		for _, lines := range []int{wholeLog, 3} {
			file, err := openTail(path, lines)
			if err == nil {
				file.Close()
			}
			if err == nil || !strings.Contains(err.Error(), path+" is not a regular file; remove it") {
				t.Errorf("%s, the last %d lines: %v", name, lines, err)
			}
		}
		if _, err := reopenRotated(nil, path); err == nil {
			t.Errorf("%s is followed", name)
		}
	}
}
