package hungmount

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// New mounts a file system that never answers, and returns its folder. End lets
// all who wait there fail and takes the mount away, which the end of the test does
// too. The test is skipped where that is not permitted.
//
// It is one of FUSE, whose server is this process, and never reads a request.
func New(t testing.TB) (folder string, end func()) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "hung")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skipf("no file system that hangs can be served here: /dev/fuse: %v", err)
	}
	options := fmt.Sprintf("fd=%d,rootmode=40000,user_id=%d,group_id=%d", fd, os.Getuid(), os.Getgid())
	if err := unix.Mount("hung", folder, "fuse", unix.MS_NODEV|unix.MS_NOSUID, options); err != nil {
		unix.Close(fd)
		t.Skipf("no file system that hangs can be mounted here: %v", err)
	}
	end = sync.OnceFunc(func() {
		// The kernel ends what waits for a server when that is gone.
		if err := errors.Join(unix.Close(fd), unix.Unmount(folder, unix.MNT_DETACH)); err != nil {
			t.Errorf("the file system that hangs is left behind: %v", err)
		}
	})
	t.Cleanup(end)
	return folder, end
}
