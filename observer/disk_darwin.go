package observer

import "golang.org/x/sys/unix"

// blockSize is the unit of the counts of statfs, in bytes.
func blockSize(s unix.Statfs_t) uint64 { return uint64(s.Bsize) }

// fileSystemID: it is made from the device, which may be another after a reboot.
func fileSystemID(unix.Statfs_t) string { return "" }

func isReadOnly(s unix.Statfs_t) bool { return s.Flags&unix.MNT_RDONLY != 0 }

// isMountPoint: only folders are, and those are told by their devices.
func isMountPoint(string) bool { return false }
