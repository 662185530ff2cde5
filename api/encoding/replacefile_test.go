package encoding_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stigmer/stigmer-local/api/encoding"
)

func TestReplaceFileReplacesALink(t *testing.T) {
	folder := t.TempDir()
	precious, path := filepath.Join(folder, "precious"), filepath.Join(folder, "status.yaml")
	if err := os.WriteFile(precious, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(precious, path); err != nil {
		t.Fatal(err)
	}
	written, err := encoding.ReplaceFile(path, []byte("status"))
	if err != nil {
		t.Fatal(err)
	}
	if kept, _ := os.ReadFile(precious); string(kept) != "mine" {
		t.Errorf("the link's target says %q", kept)
	}
	now, err := os.Lstat(path)
	if err != nil || !now.Mode().IsRegular() || now.Mode().Perm() != 0o600 {
		t.Errorf("what stands there now: %v, %v", now, err)
	}
	if !os.SameFile(now, written) || !now.ModTime().Equal(written.ModTime()) || now.Size() != written.Size() {
		t.Errorf("it returned %v, and %v stands there", written, now)
	}
}

func TestReplaceFileRefusesAFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "status.yaml")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := encoding.ReplaceFile(path, []byte("status")); err == nil {
		t.Error("replaced a folder")
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}
