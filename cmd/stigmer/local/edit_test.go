package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/api/encoding"
	"github.com/stigmer/stigmer-local/reconciler"
)

// TestDatabaseOfAnotherInstanceIsRefused: a command that would write it leaves
// the file as it was, or unwritten, and starts nothing.
func TestDatabaseOfAnotherInstanceIsRefused(t *testing.T) {
	dir := t.TempDir()
	home, err := reconciler.CreateHome(filepath.Join(dir, "home"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(dir, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	desired := func(rest string) []byte {
		return []byte("apiVersion: local.stigmer.ai/v1alpha1\nkind: Temporal\nspec:\n  enabled: false\n" + rest)
	}
	mine := desired("  # my own\n")
	for name, data := range map[string][]byte{
		"a": desired(fmt.Sprintf("  storage: {path: %q}\n", filepath.Join(dir, "x.db"))), "mine": mine,
	} {
		if err := encoding.WriteFile(home.Desired(name), data); err != nil {
			t.Fatal(err)
		}
	}
	for name, database := range map[string]string{
		"mine": filepath.Join(dir, "link", "x.db"),
		"new":  filepath.Join(dir, "x.db"),
		"next": filepath.Join(string(home), "mine-data", "mine.db"),
	} {
		_, stderr, code := run("local", "--home", string(home), "--name", name, "--db-filename", database, "--no-wait")
		holder := map[string]string{"mine": "a", "new": "a", "next": "mine"}[name]
		for _, want := range []string{
			home.Desired(name) + ":", "spec.storage.path: invalid value", fmt.Sprintf("used by instance %q (choose another file", holder),
			"the file is left as it was",
		} {
			if code != exitUsage || !strings.Contains(stderr, want) {
				t.Errorf("%s: exit %d, want 2 and …%s…\n%s", name, code, want, stderr)
			}
		}
	}
	if got, err := os.ReadFile(home.Desired("mine")); err != nil || string(got) != string(mine) {
		t.Errorf("the file was changed: %v\n%s", err, got)
	}
	for _, path := range []string{home.Desired("new"), home.Desired("next"), home.DaemonLog()} {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s was made (%v)", path, err)
		}
	}
}

// TestHalfAFileIsNotEdited: a command would make a complete file of it.
func TestHalfAFileIsNotEdited(t *testing.T) {
	home, err := reconciler.CreateHome(filepath.Join(t.TempDir(), "home"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(home.Desired("temporal"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	const half, rest = "apiVersion: local.stigmer.ai/v1alpha1\nkind: Temporal\nspec:\n  port: 7100\n", "  storage: {type: Memory}\n"
	if _, err := file.WriteString(half); err != nil {
		t.Fatal(err)
	}
	s := &session{app: &app{name: "temporal"}, home: home}
	stop := encoding.Change{Path: []string{"spec", "enabled"}, Value: false}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.editDesired(ctx, false, stop); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the edit of half a file ended with %v", err)
	}
	if _, err := file.WriteString(rest); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.editDesired(t.Context(), false, stop); err != nil {
		t.Error(err)
	}
	if got, err := os.ReadFile(home.Desired("temporal")); err != nil || string(got) != half+rest+"  enabled: false\n" {
		t.Errorf("%v, the file says\n%s", err, got)
	}
}
