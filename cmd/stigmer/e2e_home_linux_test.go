package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestHomeIsForItsUserAlone: all that a life of the real server leaves.
func TestHomeIsForItsUserAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.up("--port", freePort(w))
	w.startWorkflow("here")
	w.expect(0, "local", "backup")
	w.expect(0, "local", "restart", "--yes")
	w.isPrivate()
	w.expect(0, "local", "stop", "--yes")
	w.isPrivate()
}

// isPrivate checks that each folder has mode 0700 and each file 0600.
func (w *world) isPrivate() {
	w.Helper()
	files := 0
	err := filepath.WalkDir(w.home, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if os.IsNotExist(err) {
			return nil // A temporary file.
		}
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if entry.IsDir() {
			want = fs.ModeDir | 0o700
		}
		if info.Mode() != want {
			w.Errorf("%s: mode %v, want %v", path, info.Mode(), want)
		}
		files++
		return nil
	})
	if err != nil || files < 15 {
		w.Errorf("%d files and folders: %v", files, err)
	}
}

// TestSudoInAHomeOfSomebodyElse: sudo may keep $HOME. Root neither makes a home
// there, nor looks into the one that is there.
func TestSudoInAHomeOfSomebodyElse(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can give a folder to another user")
	}
	const somebody = 54321
	w := newWorld(t)
	w.env = append(w.env, "SUDO_USER=ann", "SUDO_UID=54321")
	user := filepath.Dir(w.home)
	if err := os.Chown(user, somebody, somebody); err != nil {
		t.Fatal(err)
	}
	untouched := user
	for _, commands := range [][]string{{"", "daemon"}, {"", "daemon", "stop", "restart", "status", "plan", "events", "logs", "backups"}} {
		for _, command := range commands {
			args := strings.Fields("local " + command)
			r := w.expect(4, args...)
			if !strings.Contains(r.stderr, "it belongs to user 54321 and this is ") {
				t.Errorf("'stigmer %s' does not say why not: %s", strings.Join(args, " "), r)
			}
		}
		if entries, err := os.ReadDir(untouched); err != nil || len(entries) > 0 {
			t.Errorf("something was made in %s: %v, %v", untouched, entries, err)
		}
		untouched = w.home
		if err := os.MkdirAll(w.home, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(w.home, somebody, somebody); err != nil {
			t.Fatal(err)
		}
	}
	// The end of the test looks into it as its user would.
	if err := os.RemoveAll(w.home); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(user, 0, 0); err != nil {
		t.Fatal(err)
	}
}
