package actuator

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// newLog returns the path of a log with that content.
func newLog(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "temporal.log")
	write(t, path, content)
	return path
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// appendTo opens the log as a start does, writes and closes.
func appendTo(t *testing.T, path, line string) (warning error) {
	t.Helper()
	log, warning, err := openLog(path)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	if _, err := log.WriteString(line); err != nil {
		t.Fatal(err)
	}
	return warning
}

// contains fails unless the file has exactly that content.
func contains(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("%s: %.60q (%d bytes) %v, want %.60q", filepath.Base(path), got, len(got), err, want)
	}
}

// large is a little more than a log may be.
func large(name string) string { return name + strings.Repeat(".", maxLogSize) + "\n" }

func TestLogIsAppendedTo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "temporal.log")
	for _, line := range []string{"one\n", "two\n", "three\n"} {
		if warning := appendTo(t, path, line); warning != nil {
			t.Fatal(warning)
		}
	}
	contains(t, path, "one\ntwo\nthree\n")
	info, err := os.Stat(path)
	if err != nil || info.Mode() != fileMode {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

func TestLogAtTheLimitIsKept(t *testing.T) {
	path := newLog(t, strings.Repeat(".", maxLogSize))
	appendTo(t, path, "more\n")
	if _, err := os.Stat(path + ".1"); !errors.Is(err, fs.ErrNotExist) {
		t.Error("rotated at the limit")
	}
}

func TestLogRotation(t *testing.T) {
	path := newLog(t, large("first"))
	for _, name := range []string{"second", "third", "fourth"} {
		if warning := appendTo(t, path, large(name)); warning != nil {
			t.Fatal(warning)
		}
	}
	appendTo(t, path, "now\n")
	contains(t, path, "now\n")
	contains(t, path+".1", large("fourth"))
	contains(t, path+".2", large("third"))
	contains(t, path+".3", large("second"))
	if _, err := os.Stat(path + ".4"); !errors.Is(err, fs.ErrNotExist) {
		t.Error("too many logs are kept")
	}
}

// TestRotationUnderAWriter: a process that still has the log open loses no line.
func TestRotationUnderAWriter(t *testing.T) {
	path := newLog(t, large(""))
	old, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	appendTo(t, path, "new\n")
	if _, err := old.WriteString("old\n"); err != nil {
		t.Fatal(err)
	}
	contains(t, path, "new\n")
	contains(t, path+".1", large("")+"old\n")
}

// TestRotationThatFails: the start goes on with the old log, nothing is lost,
// and the warning says why. A folder is in the way of what should go there.
func TestRotationThatFails(t *testing.T) {
	for folder, want := range map[int]error{2: unix.ENOTDIR, 3: fs.ErrExist} {
		path := newLog(t, large("log"))
		for n := 1; n <= keptLogs; n++ {
			if n != folder {
				write(t, numbered(path, n), numbered("earlier", n))
			}
		}
		if err := os.Mkdir(numbered(path, folder), 0o700); err != nil {
			t.Fatal(err)
		}
		warning := appendTo(t, path, "line\n")
		if !errors.Is(warning, want) || !strings.Contains(warning.Error(), path) {
			t.Errorf("folder at .%d: %v", folder, warning)
		}
		contains(t, path, large("log")+"line\n")
		contains(t, path+".1", "earlier.1")
	}
}

// TestRotationReplacesLinks and does not write through them.
func TestRotationReplacesLinks(t *testing.T) {
	path := newLog(t, large(""))
	target := filepath.Join(t.TempDir(), "precious")
	write(t, target, "precious")
	if err := os.Symlink(target, path+".1"); err != nil {
		t.Fatal(err)
	}
	if warning := appendTo(t, path, "line\n"); warning != nil {
		t.Fatal(warning)
	}
	contains(t, target, "precious")
	contains(t, path, "line\n")
	contains(t, path+".1", large(""))
}
