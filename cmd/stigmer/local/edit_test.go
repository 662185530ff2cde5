package local

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
