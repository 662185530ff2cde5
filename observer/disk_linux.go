package observer

import (
	"cmp"

	"golang.org/x/sys/unix"
)

// blockSize is the unit of the counts of statfs, in bytes: the fragment size
// where the file system has one. The other field is the best size to read,
// which some file systems of FUSE make a megabyte.
func blockSize(s unix.Statfs_t) uint64 { return uint64(cmp.Or(s.Frsize, s.Bsize)) }

// isReadOnly covers the file system and its mount.
func isReadOnly(s unix.Statfs_t) bool { return s.Flags&unix.ST_RDONLY != 0 }
