package local

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// say opens the log, writes a line as a daemon would, and closes it.
func say(t *testing.T, path, line string) {
	t.Helper()
	log, err := openDaemonLog(path)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	if _, err := log.WriteString(line); err != nil {
		t.Fatal(err)
	}
}

// holds checks what a file says.
func holds(t *testing.T, path, want string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil || strings.TrimLeft(string(data), "\x00") != want {
		t.Errorf("%s holds %.40q, %v; want %q", path, data, err, want)
	}
}

func TestDaemonLogIsAppendedTo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "daemon.log")
	say(t, path, "one\n")
	say(t, path, "two\n")
	holds(t, path, "one\ntwo\n")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestDaemonLogIsRotated(t *testing.T) {
	path := filepath.Join(t.TempDir(), "daemon.log")
	write(t, path, "")
	write(t, path+".1", "oldest\n")
	if err := os.Truncate(path, maxDaemonLog-4); err != nil {
		t.Fatal(err)
	}
	say(t, path, "old\n") // at the limit it is kept
	say(t, path, "!")
	holds(t, path+".1", "oldest\n")
	say(t, path, "new\n")
	holds(t, path, "new\n")
	holds(t, path+".1", "old\n!")
}

// TestDaemonLogThatCannotBeRotated is appended to.
func TestDaemonLogThatCannotBeRotated(t *testing.T) {
	path := filepath.Join(t.TempDir(), "daemon.log")
	write(t, path, "")
	if err := os.Truncate(path, maxDaemonLog+1); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(path+".1", 0o700); err != nil {
		t.Fatal(err)
	}
	say(t, path, "new\n")
	holds(t, path, "new\n")
}

func TestDaemonLogRefusesWhatIsNoFile(t *testing.T) {
	folder, err := os.MkdirTemp("", "log") // short: a socket's path is bounded
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	at := func(name string) string { return filepath.Join(folder, name) }
	write(t, at("target"), "precious")
	listener, err := net.Listen("unix", at("socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for _, err := range []error{
		os.Mkdir(at("folder"), 0o700), unix.Mkfifo(at("pipe"), 0o600),
		os.Symlink(at("target"), at("link")), os.Symlink(at("nowhere"), at("dangling")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	// A pipe that somebody reads could be opened.
	reader, err := os.OpenFile(at("pipe"), os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	for _, name := range []string{"folder", "pipe", "link", "dangling", "socket"} {
		log, err := openDaemonLog(at(name))
		if err == nil {
			log.Close()
			t.Errorf("a %s was opened", name)
		} else if exitCode(err) != exitUserAction || !strings.Contains(err.Error(), at(name)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	holds(t, at("target"), "precious")
	if _, err := openDaemonLog(at("none/daemon.log")); err == nil || exitCode(err) != exitFailed {
		t.Errorf("in a folder that is not there: %v", err)
	}
}
