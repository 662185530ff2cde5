package actuator

import "golang.org/x/sys/unix"

// flockIsApart reports whether flock and the record locks of fcntl do not meet
// on the file, which has to be there. Linux keeps them apart on its own file systems; those of a
// network, or of another kernel, may make the one of the other (flock(2), NFS
// and CIFS details), and SQLite could then not lock its own file.
func flockIsApart(path string) bool {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return false
	}
	switch uint32(s.Type) {
	case unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.F2FS_SUPER_MAGIC,
		unix.TMPFS_MAGIC, unix.RAMFS_MAGIC, unix.OVERLAYFS_SUPER_MAGIC, zfsMagic, bcachefsMagic:
		return true
	}
	return false
}

// Two file systems that x/sys/unix does not name: ZFS_SUPER_MAGIC of OpenZFS,
// and BCACHEFS_STATFS_MAGIC of bcachefs.
const (
	zfsMagic      = 0x2fc12fc1
	bcachefsMagic = 0xca451a4e
)
