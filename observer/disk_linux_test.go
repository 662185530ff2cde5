package observer

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stigmer/stigmer-local/observer/observed"
	"golang.org/x/sys/unix"
)

func TestDatabaseOnAReadOnlyMount(t *testing.T) {
	permitted(t, syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS})
	for options, want := range map[string]string{
		"remount,ro":      "Known Known Known false Absent the file system of FOLDER is read-only",
		"remount,bind,ro": "Known Known Known false Absent the file system of FOLDER is read-only",
		"remount,rw":      "Known Known Known true Absent",
	} {
		folder := realDir(t)
		c := start(t, "mounted "+folder+" size=1m "+options, ownMounts)
		if want := strings.ReplaceAll(want, "FOLDER", folder); c.report != want {
			t.Errorf("%s: %q, want %q", options, c.report, want)
		}
	}
}

// A file system without a limit has no free space to tell.
func TestFreeSpaceThatIsNotTold(t *testing.T) {
	permitted(t, syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS})
	c := start(t, "mounted "+realDir(t)+" size=0 remount,rw", ownMounts)
	if want := "Unknown Known Known true Absent"; c.report != want {
		t.Errorf("%q, want %q", c.report, want)
	}
}

// The free space is that of df, and that of a folder which is not there yet
// is that of the nearest one.
func TestFreeSpace(t *testing.T) {
	folder := t.TempDir()
	for _, path := range []string{folder, folder + "/none/too/x.db"} {
		var s unix.Statfs_t
		must(t, unix.Statfs(folder, &s))
		df := s.Bavail * uint64(s.Frsize)
		got := freeSpace(path)
		if difference := int64(got.Value) - int64(df); !got.IsKnown() || max(difference, -difference) > int64(df/10) {
			t.Errorf("free at %s: %+v, df says %d", path, got, df)
		}
	}
}

// nobody's view of folders of root's in which it may do less and less.
func TestWritableByAnotherUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can start a child as another user")
	}
	folder := realDir(t)
	openFolders(t, folder)
	for name, c := range map[string]struct {
		folder, file os.FileMode
		want         string
	}{
		"all":              {0o777, 0o666, "Known Known true Absent"},
		"file to read":     {0o777, 0o444, "Known Known false Absent cannot write PATH: permission denied"},
		"file to write":    {0o777, 0o222, "Known Known false Absent cannot write PATH: permission denied"},
		"folder to read":   {0o755, 0o666, "Known Known false Absent cannot write FOLDER: permission denied"},
		"folder is closed": {0o700, 0o666, "Unknown Known false Unknown cannot write FOLDER: permission denied"},
		"no file":          {0o777, 0, "Absent Known true Absent"},
	} {
		t.Run(name, func(t *testing.T) {
			within := filepath.Join(folder, strings.ReplaceAll(name, " ", "-"))
			path := within + "/temporal.db"
			must(t, os.Mkdir(within, 0o700))
			if c.file != 0 {
				must(t, os.WriteFile(path, nil, 0o600))
				must(t, os.Chmod(path, c.file))
			}
			must(t, os.Chmod(within, c.folder))
			want := strings.NewReplacer("PATH", path, "FOLDER", within).Replace(c.want)
			if got := start(t, "disk "+path, asNobody).report; got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
	// The folder would be made in one that is closed.
	got := start(t, "disk "+folder+"/folder-is-closed/new/temporal.db", asNobody).report
	if want := "Unknown Known false Unknown cannot reach"; !strings.HasPrefix(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// A database whose folder is not there yet, or cannot be there.
func TestWritableWithoutAFolder(t *testing.T) {
	root := realDir(t)
	must(t, os.WriteFile(root+"/file", nil, 0o600))
	must(t, os.Symlink(root+"/nowhere", root+"/link"))
	for path, want := range map[string]observed.Fact[bool]{
		root + "/new/er/temporal.db": observed.Is(true),
		root + "/file/temporal.db":   not(root + "/file is a file, not a folder"),
		root + "/file/new/er.db":     not(root + "/file is a file, not a folder"),
		root + "/link/temporal.db":   not(root + "/link is a symbolic link that leads nowhere"),
	} {
		d := database(t, Target{DatabasePath: path})
		if d.Writable != want || !d.File.IsAbsent() {
			t.Errorf("%s: file = %+v, writable = %+v, want %+v", path, d.File, d.Writable, want)
		}
		if dead := map[string]string{root + "/link/temporal.db": root + "/link"}[path]; d.DeadLink != dead {
			t.Errorf("%s: dead link %q, want %q", path, d.DeadLink, dead)
		}
	}
}

// Root may write whatever its mode, but not what is immutable.
func TestWritableImmutable(t *testing.T) {
	path := realDir(t) + "/temporal.db"
	must(t, os.WriteFile(path, nil, 0o600))
	if out, err := exec.Command("chattr", "+i", path).CombinedOutput(); err != nil {
		t.Skipf("files cannot be made immutable here: %v: %s", err, out)
	}
	defer exec.Command("chattr", "-i", path).Run()
	if d := database(t, Target{DatabasePath: path}); d.Writable != not("cannot write "+path+": operation not permitted") {
		t.Errorf("writable = %+v", d.Writable)
	}
}

func TestSlept(t *testing.T) {
	if got := slept(); got < 0 || got != slept() {
		t.Errorf("slept %s, then %s", got, slept())
	}
	executable, err := os.Executable()
	must(t, err)
	unshare := []string{"unshare", "--time", "--boottime", "5000"}
	if out, err := exec.Command(unshare[0], append(unshare[1:], "true")...).CombinedOutput(); err != nil {
		t.Skipf("the clock cannot be set apart here: %v: %s", err, out)
	}
	c := start(t, "slept", func(cmd *exec.Cmd) {
		cmd.Path, cmd.Args = "/usr/bin/unshare", append(unshare, executable)
	})
	if want := (slept().Seconds() + 5000); c.report != fmt.Sprint(want) {
		t.Errorf("slept %s s, want %v", c.report, want)
	}
}

// TestMountOf: the mount is that of the nearest folder that is there, also where
// a folder of the same disk is mounted.
func TestMountOf(t *testing.T) {
	disk, folder := realDir(t), realDir(t)
	path := folder + "/none/x.db"
	before := mountOf(path)
	if up := mountOf("/x.db"); up.Value.Point != "/" || !before.IsKnown() || before.Value.Point == folder {
		t.Fatalf("the mount of / is %+v, and of %s %+v", up, path, before)
	}
	if got := mountOf("/proc/self/x.db"); got.Value.Point != "/proc" {
		t.Errorf("the mount of a file in /proc is %+v", got)
	}
	if err := unix.Mount(disk, folder, "", unix.MS_BIND, ""); err != nil {
		t.Skipf("not run with a mount: not permitted: %v", err)
	}
	mounted := mountOf(path)
	must(t, unix.Unmount(folder, unix.MNT_DETACH))
	if after := mountOf(path); mounted.Value.Point != folder || after != before || mounted.Value.FileSystem != mountOf(disk+"/x.db").Value.FileSystem {
		t.Errorf("mounted %+v, then %+v; before %+v", mounted, after, before)
	}
}
