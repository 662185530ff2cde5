package observer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/stigmer/stigmer-local/observer/observed"
	"golang.org/x/sys/unix"
)

// nearest returns what is at the path, or at the nearest folder above it that
// exists: where the missing parts would be made. Links are not followed,
// since the path has none but those that lead nowhere.
func nearest(path string) (string, fs.FileInfo, error) {
	for {
		info, err := os.Lstat(path)
		parent := filepath.Dir(path)
		if !missing(err) || parent == path {
			return path, info, err
		}
		path = parent
	}
}

// deadLink returns the link on the way to the path that leads nowhere; empty for
// none.
func deadLink(path string) string {
	if at, info, err := nearest(path); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return at
	}
	return ""
}

// mountOf returns the file system of the path's folder, and the folder at which it is
// mounted. A subvolume counts as mounted, since it has a device of its own.
func mountOf(path string) observed.Fact[observed.Mount] {
	folder, info, err := nearest(filepath.Dir(path))
	for err == nil && folder != "/" && !isMountPoint(folder) {
		above := filepath.Dir(folder)
		var upper fs.FileInfo
		if upper, err = os.Lstat(above); err == nil && !sameDevice(info, upper) {
			break
		}
		folder, info = above, upper
	}
	if err != nil {
		return observed.Unsure[observed.Mount](fmt.Sprintf("cannot look for the mount: %v", err))
	}
	mount := observed.Mount{Point: folder}
	if s, err := statFileSystem(folder); err == nil {
		mount.FileSystem = fileSystemID(s)
	}
	return observed.Is(mount)
}

func sameDevice(a, b fs.FileInfo) bool {
	one, _, known := fileID(a)
	other, _, alsoKnown := fileID(b)
	return one == other && known == alsoKnown
}

// statFileSystem is statfs(2).
func statFileSystem(path string) (unix.Statfs_t, error) {
	for {
		var s unix.Statfs_t
		if err := unix.Statfs(path, &s); err != unix.EINTR {
			return s, err
		}
	}
}

// freeSpace says how much a file at the path could grow. A file system of no
// size, such as a tmpfs without a limit, does not tell.
func freeSpace(path string) observed.Fact[uint64] {
	place, _, err := nearest(path)
	if err != nil {
		return observed.Unsure[uint64](fmt.Sprintf("cannot look at %s: %v", place, err))
	}
	s, err := statFileSystem(place)
	switch {
	case err != nil:
		return observed.Unsure[uint64](fmt.Sprintf("cannot read how much space is free at %s: %v", place, err))
	case s.Blocks == 0:
		return observed.Unsure[uint64](fmt.Sprintf("the file system of %s does not tell how much space is free", place))
	}
	return observed.Is(s.Bavail * blockSize(s))
}

// writable says whether files can be made in the folder of the database, or
// where that folder would be made, and whether the file can be written.
func writable(path string, file observed.Fact[observed.File]) observed.Fact[bool] {
	folder, info, err := nearest(filepath.Dir(path))
	switch {
	case denied(err):
		return not(fmt.Sprintf("cannot reach %s: %v", folder, err))
	case err != nil:
		return observed.Unsure[bool](fmt.Sprintf("cannot look at %s: %v", folder, err))
	case info.Mode()&fs.ModeSymlink != 0:
		return not(fmt.Sprintf("%s is a symbolic link that leads nowhere", folder))
	case !info.IsDir():
		return not(fmt.Sprintf("%s is %s, not a folder", folder, kindOf(info.Mode())))
	}
	answer := permits(folder, unix.W_OK|unix.X_OK)
	switch {
	case !answer.IsKnown() || !answer.Value || file.IsAbsent():
		return answer
	case file.IsUnknown():
		return observed.Unsure[bool](file.Reason)
	}
	return permits(path, unix.R_OK|unix.W_OK)
}

// permits says whether the kernel would let us use the file or folder so.
func permits(path string, mode uint32) observed.Fact[bool] {
	if s, err := statFileSystem(path); err == nil && isReadOnly(s) {
		return not(fmt.Sprintf("the file system of %s is read-only", path))
	}
	err := unix.Access(path, mode)
	switch {
	case err == nil:
		return observed.Is(true)
	case denied(err), errors.Is(err, unix.EROFS):
		return not(fmt.Sprintf("cannot write %s: %v", path, err))
	}
	return observed.Unsure[bool](fmt.Sprintf("cannot ask whether %s can be written: %v", path, err))
}

// denied reports whether an error means that we may not.
func denied(err error) bool { return errors.Is(err, fs.ErrPermission) }

// not is the answer no, with its reason.
func not(reason string) observed.Fact[bool] {
	return observed.Fact[bool]{Knowledge: observed.Known, Reason: reason}
}
