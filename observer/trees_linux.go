package observer

import (
	"io/fs"
	"os"
	"path/filepath"

	"github.com/stigmer/stigmer-local/observer/observed"
	"golang.org/x/sys/unix"
)

// sharesTree compares root folders and mount namespaces.
func (m machine) sharesTree(pid int) observed.Knowledge {
	ours, err := os.Stat("/")
	if err != nil {
		return observed.Unknown
	}
	theirs, err := os.Stat(m.path(pid, "root"))
	if err != nil {
		return observed.Unknown
	}
	if !os.SameFile(ours, theirs) {
		return observed.Absent
	}
	mounts, err := os.Readlink(m.path(os.Getpid(), "ns/mnt"))
	if err != nil {
		return observed.Unknown
	}
	theirMounts, err := os.Readlink(m.path(pid, "ns/mnt"))
	return answer(err == nil, mounts == theirMounts)
}

// find follows links within the root folder of the process. Plain look-ups
// through /proc/<pid>/root would follow absolute links in our own. A relative
// path in another root is looked up without following links, of which it
// cannot be told where they end.
func (m machine) find(pid int, path string) (fs.FileInfo, error) {
	if filepath.IsAbs(path) {
		return m.findBelow(m.path(pid, "root"), path, unix.RESOLVE_IN_ROOT|unix.RESOLVE_NO_MAGICLINKS)
	}
	if m.sharesTree(pid) == observed.Known {
		return os.Stat(m.path(pid, "cwd") + "/" + path)
	}
	return m.findBelow(m.path(pid, "cwd"), path, unix.RESOLVE_NO_SYMLINKS)
}

// findBelow looks up a path in a folder, as openat2(2) with these flags does.
func (m machine) findBelow(folder, path string, resolve uint64) (fs.FileInfo, error) {
	at, err := open(folder, unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return nil, err
	}
	defer at.close()
	fd, err := unix.Openat2(int(at), path, &unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: resolve})
	if err != nil {
		return nil, &fs.PathError{Op: "openat2", Path: folder + ":" + path, Err: err}
	}
	file := os.NewFile(uintptr(fd), path)
	defer file.Close()
	return file.Stat()
}
