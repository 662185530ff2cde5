package encoding_test

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stigmer/stigmer-local/api/encoding"
)

func writeFile(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func symlink(t *testing.T, to, path string) {
	t.Helper()
	if err := os.Symlink(to, path); err != nil {
		t.Fatal(err)
	}
}

// special makes the things that are not files and returns what each is called.
func special(t *testing.T, dir string) map[string]string {
	t.Helper()
	fifo, folder, socket := filepath.Join(dir, "fifo"), filepath.Join(dir, "folder"), filepath.Join(dir, "socket")
	if err := errors.Join(syscall.Mkfifo(fifo, 0o600), os.Mkdir(folder, 0o700)); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return map[string]string{fifo: "a fifo", folder: "a folder", socket: "a socket", "/dev/null": "a device"}
}

// shortDir is a folder whose path leaves room for the name of a socket.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "enc")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	file, link, chain := filepath.Join(dir, "file"), filepath.Join(dir, "link"), filepath.Join(dir, "chain")
	writeFile(t, file, "text", 0o400)
	symlink(t, "file", link)
	symlink(t, link, chain)
	for _, path := range []string{file, link, chain} {
		if data, err := encoding.ReadFile(path); err != nil || string(data) != "text" {
			t.Errorf("%s: %q, %v", path, data, err)
		}
	}
}

func TestReadFileRefusesWhatIsNoFile(t *testing.T) {
	dir := shortDir(t)
	for path, kind := range special(t, dir) {
		link := filepath.Join(dir, "link")
		symlink(t, path, link)
		for _, name := range []string{path, link} {
			_, err := encoding.ReadFile(name)
			if err == nil || !strings.Contains(err.Error(), "cannot use "+name+": it is "+kind) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := os.Remove(link); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReadFileOfAMissingFile(t *testing.T) {
	dir := t.TempDir()
	dangling := filepath.Join(dir, "dangling")
	symlink(t, "nowhere", dangling)
	for _, path := range []string{filepath.Join(dir, "missing"), dangling, filepath.Join(dir, "no", "folder")} {
		_, err := encoding.ReadFile(path)
		if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestReadFileBoundsTheSize(t *testing.T) {
	path := filepath.Join(t.TempDir(), "large")
	writeFile(t, path, strings.Repeat("#", encoding.MaxFileSize), 0o600)
	if data, err := encoding.ReadFile(path); err != nil || len(data) != encoding.MaxFileSize {
		t.Errorf("a file of exactly 1 MiB: %d bytes, %v", len(data), err)
	}
	writeFile(t, path, strings.Repeat("#", encoding.MaxFileSize+1), 0o600)
	if _, err := encoding.ReadFile(path); err == nil || !strings.Contains(err.Error(), "larger than 1 MiB") {
		t.Errorf("a larger one: %v", err)
	}
}

func TestReadFileThatMayNotBeRead(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may read every file")
	}
	path := filepath.Join(t.TempDir(), "secret")
	writeFile(t, path, "x", 0)
	if _, err := encoding.ReadFile(path); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("got %v", err)
	}
}
