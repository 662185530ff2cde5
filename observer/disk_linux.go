package observer

import (
	"cmp"
	"fmt"

	"golang.org/x/sys/unix"
)

// blockSize is the unit of the counts of statfs, in bytes: the fragment size
// where the file system has one. The other field is the best size to read,
// which some file systems of FUSE make a megabyte.
func blockSize(s unix.Statfs_t) uint64 { return uint64(cmp.Or(s.Frsize, s.Bsize)) }

// fileSystemID returns the id that the file system was made with. Others than these
// make theirs of the device, which may be another after a reboot.
func fileSystemID(s unix.Statfs_t) string {
	if s.Type != unix.EXT4_SUPER_MAGIC && s.Type != unix.BTRFS_SUPER_MAGIC {
		return ""
	}
	return fmt.Sprintf("%08x%08x", uint32(s.Fsid.Val[0]), uint32(s.Fsid.Val[1]))
}

// isReadOnly covers the file system and its mount.
func isReadOnly(s unix.Statfs_t) bool { return s.Flags&unix.ST_RDONLY != 0 }

// isMountPoint reports whether something is mounted on the folder, or on the file
// itself, as a container is given a single file; STATX_ATTR_MOUNT_ROOT, since
// Linux 5.8.
func isMountPoint(path string) bool {
	var s unix.Statx_t
	err := unix.Statx(unix.AT_FDCWD, path, unix.AT_STATX_DONT_SYNC|unix.AT_SYMLINK_NOFOLLOW, 0, &s)
	return err == nil && s.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0
}
