package actuator

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stigmer/stigmer-local/reconciler/plainfile"
)

// oddities makes one thing of each kind that is no plain file.
func oddities(t *testing.T) map[string]string {
	t.Helper()
	dir, err := os.MkdirTemp("", "odd") // short: a socket's path is bounded
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	at := func(name string) string { return filepath.Join(dir, name) }
	target := at("target")
	listener, err := net.Listen("unix", at("socket"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	for _, err := range []error{
		os.Mkdir(at("folder"), 0o700),
		unix.Mkfifo(at("pipe"), 0o600),
		os.WriteFile(target, []byte("precious"), 0o600),
		os.Symlink(target, at("link")),
		os.Symlink(at("nowhere"), at("dangling")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return map[string]string{
		"a folder":        at("folder"),
		"a named pipe":    at("pipe"),
		"a symbolic link": at("link"),
		"a socket":        at("socket"),
		"a device":        "/dev/null",
	}
}

func TestOnlyPlainFilesAreOpened(t *testing.T) {
	for kind, path := range oddities(t) {
		t.Run(kind, func(t *testing.T) {
			for _, open := range map[string]func() error{
				"lock": func() error { _, err := takeLock(context.Background(), path); return err },
				"log":  func() error { _, _, err := openLog(path); return err },
			} {
				err := open()
				var refused *plainfile.NotRegularError
				if !errors.As(err, &refused) || refused.Path != path || !strings.Contains(err.Error(), kind) {
					t.Errorf("%v", err)
				}
			}
		})
	}
}

func TestDanglingLinkIsNotFollowed(t *testing.T) {
	path := filepath.Join(filepath.Dir(oddities(t)["a folder"]), "dangling")
	var refused *plainfile.NotRegularError
	if _, err := takeLock(context.Background(), path); !errors.As(err, &refused) {
		t.Error(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Error("its target was made")
	}
}

func TestOpenRegularNamesTheCause(t *testing.T) {
	path := filepath.Join(t.TempDir(), "missing", "temporal.lock")
	_, err := takeLock(context.Background(), path)
	if !errors.Is(err, fs.ErrNotExist) || err.Error() != "cannot open "+path+": no such file or directory" {
		t.Error(err)
	}
}

func TestOpenedFilesBlockAsUsual(t *testing.T) {
	f, err := openRegular(filepath.Join(t.TempDir(), "log"), os.O_RDWR|os.O_CREATE)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0)
	if err != nil || flags&unix.O_NONBLOCK != 0 {
		t.Errorf("flags %#x, %v", flags, err)
	}
	sealed, err := unix.FcntlInt(f.Fd(), unix.F_GETFD, 0)
	if err != nil || sealed&unix.FD_CLOEXEC == 0 {
		t.Errorf("descriptor flags %#x, %v", sealed, err)
	}
}

func TestLockIsTriedForAShortTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "temporal.lock")
	holder, err := takeLock(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	began := time.Now()
	_, err = takeLock(context.Background(), path)
	var held *LockHeldError
	if !errors.As(err, &held) || held.Error() != "lock "+path+" is held" {
		t.Fatal(err)
	}
	if took := time.Since(began); took < probeTime/2 {
		t.Errorf("gave up after %v", took)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err = takeLock(ctx, path); !errors.As(err, &held) {
		t.Error(err)
	}
}

// TestProbeDoesNotFailAStart: a reader's shared lock of the length of a probe
// is waited out.
func TestProbeDoesNotFailAStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "temporal.lock")
	probe, err := openRegular(path, os.O_RDWR|os.O_CREATE)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Flock(int(probe.Fd()), unix.LOCK_SH); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(probeTime/5, func() { _ = probe.Close() })
	lock, err := takeLock(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	_ = lock.Close()
}

func TestClosingReleasesTheLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "temporal.lock")
	for range 3 {
		lock, err := takeLock(context.Background(), path)
		if err != nil {
			t.Fatal(err)
		}
		_ = lock.Close()
	}
}

func TestStandsAt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "temporal.lock")
	f, err := openRegular(path, os.O_RDWR|os.O_CREATE)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if !standsAt(f, path) {
		t.Error("the file does not stand where it was opened")
	}
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	if standsAt(f, path) {
		t.Error("a file that is gone stands there")
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if standsAt(f, path) {
		t.Error("a file that was replaced stands there")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path+".old", path); err != nil {
		t.Fatal(err)
	}
	if standsAt(f, path) {
		t.Error("a link to the file is taken for the file")
	}
}

// TestLockOfAReplacedFile: while somebody keeps replacing the file, whoever
// gets a lock got the one of the file at the path.
func TestLockOfAReplacedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "temporal.lock")
	stop := make(chan struct{})
	over := make(chan struct{})
	go func() {
		defer close(over)
		for {
			select {
			case <-stop:
				return
			default:
				_ = os.Remove(path)
			}
		}
	}()
	for range 200 {
		lock, err := takeLock(context.Background(), path)
		if err == nil {
			_ = lock.Close()
		} else if !strings.Contains(err.Error(), "it was replaced") {
			t.Error(err)
		}
	}
	close(stop)
	<-over
	lock, err := takeLock(context.Background(), path)
	if err != nil || !standsAt(lock, path) {
		t.Fatal(err)
	}
	_ = lock.Close()
}
