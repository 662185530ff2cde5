package encoding_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/api/encoding"
)

func expectFile(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil || string(data) != text || info.Mode() != mode {
		t.Errorf("%s: %q with mode %s, %v; want %q with mode %s", path, data, info.Mode(), err, text, mode)
	}
}

// names returns what is in a folder.
func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var result []string
	for _, entry := range entries {
		result = append(result, entry.Name())
	}
	return strings.Join(result, " ")
}

func TestWriteFile(t *testing.T) {
	tests := map[string]struct {
		before string
		mode   fs.FileMode
		want   fs.FileMode
	}{
		"new":            {want: 0o600},
		"private":        {"old", 0o600, 0o600},
		"shared":         {"old", 0o644, 0o644},
		"read only":      {"old", 0o440, 0o440},
		"longer content": {strings.Repeat("old", 1000), 0o600, 0o600},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "temporal.yaml")
			if tt.before != "" {
				writeFile(t, path, tt.before, tt.mode)
			}
			if err := encoding.WriteFile(path, []byte("new")); err != nil {
				t.Fatal(err)
			}
			expectFile(t, path, "new", tt.want)
			if got := names(t, dir); got != "temporal.yaml" {
				t.Errorf("left behind: %s", got)
			}
		})
	}
}

// A reader that has the file open keeps the whole old content.
func TestWriteFileReplacesAtomically(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	writeFile(t, path, "old", 0o600)
	reader, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	if err := encoding.WriteFile(path, []byte("new!")); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 10)
	if n, err := reader.Read(buffer); err != nil || string(buffer[:n]) != "old" {
		t.Errorf("read %q, %v", buffer[:n], err)
	}
}

// TestWriteFileSetsTheTime that tells readers that the file is complete.
func TestWriteFileSetsTheTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	for range 10 {
		began := time.Now()
		if err := encoding.WriteFile(path, []byte("new")); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		at := info.ModTime()
		if !at.Equal(at.Truncate(time.Millisecond)) || at.Before(began.Truncate(time.Millisecond)) || at.After(time.Now()) {
			t.Errorf("written between %s and now, and it says %s", began, at)
		}
	}
}

func TestWriteFileFollowsSymlinks(t *testing.T) {
	tests := map[string]struct{ link, exists string }{
		"relative": {"../dotfiles/x.yaml", "dotfiles/x.yaml"},
		"chain":    {"second", "dotfiles/x.yaml"},
		"dangling": {"../dotfiles/new.yaml", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for _, dir := range []string{"desired", "dotfiles"} {
				if err := os.Mkdir(filepath.Join(root, dir), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			link, target, want := filepath.Join(root, "desired", "x.yaml"), filepath.Join(root, "dotfiles", "new.yaml"), fs.FileMode(0o600)
			if tt.exists != "" {
				target, want = filepath.Join(root, tt.exists), 0o640
				writeFile(t, target, "old", want)
			}
			symlink(t, tt.link, link)
			symlink(t, target, filepath.Join(root, "desired", "second"))
			if err := encoding.WriteFile(link, []byte("new")); err != nil {
				t.Fatal(err)
			}
			expectFile(t, target, "new", want)
			if to, err := os.Readlink(link); err != nil || to != tt.link {
				t.Errorf("the link leads to %q, %v", to, err)
			}
		})
	}
}

// A path with a link in its folders means what the kernel takes it for.
func TestWriteFileResolvesDotDotAsTheKernelDoes(t *testing.T) {
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "real", "deep"), 0o700); err != nil {
		t.Fatal(err)
	}
	symlink(t, "real/deep", filepath.Join(root, "short"))
	symlink(t, "short/../x.yaml", filepath.Join(root, "link"))
	if err := encoding.WriteFile(filepath.Join(root, "link"), []byte("new")); err != nil {
		t.Fatal(err)
	}
	expectFile(t, filepath.Join(root, "real", "x.yaml"), "new", 0o600)
}

func TestWriteFileRefusesWhatIsNoFile(t *testing.T) {
	dir := shortDir(t)
	for path, kind := range special(t, dir) {
		before := names(t, dir)
		err := encoding.WriteFile(path, []byte("x"))
		if err == nil || !strings.Contains(err.Error(), "it is "+kind) {
			t.Errorf("%s: %v", path, err)
		}
		if after := names(t, dir); after != before {
			t.Errorf("%s: left behind: %s", path, after)
		}
	}
	loop := filepath.Join(dir, "loop")
	symlink(t, "loop", loop)
	if err := encoding.WriteFile(loop, []byte("x")); err == nil || !strings.Contains(err.Error(), "is it a loop?") {
		t.Errorf("a loop: %v", err)
	}
	link := filepath.Join(dir, "link")
	symlink(t, "fifo", link)
	if err := encoding.WriteFile(link, []byte("x")); err == nil || !strings.Contains(err.Error(), "a fifo") {
		t.Errorf("a link to a fifo: %v", err)
	}
}

func TestWriteFileLeavesNothingAfterAnError(t *testing.T) {
	dir := t.TempDir()
	err := encoding.WriteFile(filepath.Join(dir, "missing", "x"), []byte("x"))
	if err == nil || !strings.HasPrefix(err.Error(), "cannot write "+filepath.Join(dir, "missing", "x")) {
		t.Errorf("got %v", err)
	}
	if got := names(t, dir); got != "" {
		t.Errorf("left behind: %s", got)
	}
}
