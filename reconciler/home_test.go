package reconciler

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// somebody is a user that is not root and need not exist.
const somebody = 54321

// TestHomeIsRefused: whoever can write to the home, or to one of the folders in
// it, could run programs as its user.
func TestHomeIsRefused(t *testing.T) {
	mode := func(mode os.FileMode) func(string) error {
		return func(path string) error { return os.Chmod(path, mode) }
	}
	give := func(path string) error { return os.Chown(path, somebody, somebody) }
	for name, c := range map[string]struct {
		change func(path string) error
		root   bool
		want   string
	}{
		"as made":          {func(string) error { return nil }, false, ""},
		"others may look":  {mode(0o755), false, ""},
		"group may write":  {mode(0o770), false, "others can write to it (mode 0770); run 'chmod go-w "},
		"others may write": {mode(0o702), false, "others can write to it (mode 0702)"},
		"like /tmp":        {mode(0o777 | os.ModeSticky), false, "others can write to it"},
		"of another user":  {give, true, "it belongs to user 54321 and this is user 0; run as that user"},
		"a file":           {file, false, "cannot create the home folder: mkdir "},
		"a link to itself": {func(path string) error { return linkTo(path, path) }, false, "cannot "},
	} {
		t.Run(name, func(t *testing.T) {
			if c.root && os.Geteuid() != 0 {
				t.Skip("only root can give a folder to another user")
			}
			for _, part := range []string{"", "desired", "status", "logs"} {
				path := filepath.Join(t.TempDir(), "home")
				home, err := CreateHome(path)
				if err != nil {
					t.Fatal(err)
				}
				if err := c.change(filepath.Join(string(home), part)); err != nil {
					t.Fatal(err)
				}
				if _, err = CreateHome(path); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
					t.Errorf("%q: want %q, got %v", part, c.want, err)
				}
				if _, err := OpenHome(path); part == "" && (err == nil) != (c.want == "") {
					t.Errorf("to look only: want %q, got %v", c.want, err)
				}
			}
		})
	}
}

func file(path string) error {
	if err := os.RemoveAll(path); err != nil {
		return err
	}
	return os.WriteFile(path, nil, 0o600)
}

func linkTo(path, target string) error {
	if err := os.RemoveAll(path); err != nil {
		return err
	}
	return os.Symlink(target, path)
}

// TestHomeIsMadePrivate: whatever the umask, and in folders that are made with it.
func TestHomeIsMadePrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b", "home")
	home, err := CreateHome(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{path, home.DesiredDir(), home.StatusDir(), home.LogDir()} {
		info, err := os.Stat(folder)
		if err != nil || info.Mode() != os.ModeDir|0o700 {
			t.Errorf("%s: %v, %v", folder, info.Mode(), err)
		}
	}
}

// TestHomeOfAnotherUser: root, which is who sudo runs as, makes nothing in a
// folder of somebody else, where that user could not use it afterwards.
func TestHomeOfAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a folder to another user")
	}
	folder := t.TempDir()
	if err := os.Chown(folder, somebody, somebody); err != nil {
		t.Fatal(err)
	}
	_, err := CreateHome(filepath.Join(folder, "x", ".stigmer"))
	if err == nil || !strings.Contains(err.Error(), "it belongs to user 54321 and this is root; run without sudo") {
		t.Errorf("a home was made: %v", err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) > 0 {
		t.Errorf("something was made: %v, %v", entries, err)
	}
}
