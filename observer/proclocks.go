package observer

import (
	"bufio"
	"bytes"
	"strconv"
	"strings"
)

// heldLock is one lock as the kernel prints it, in /proc/locks and after
// "lock:" in /proc/<pid>/fdinfo/<fd>; see proc_locks(5).
type heldLock struct {
	// kind is FLOCK, POSIX, OFDLCK or LEASE; mode is READ or WRITE.
	kind, mode string
	// taker is the process that took the lock, 0 when it is not of our pid
	// namespace.
	taker int
	// device and inode of the file. The device is that of the superblock,
	// which on btrfs and overlayfs is not what stat(2) says.
	major, minor uint32
	inode        uint64
}

// exclusiveFlock reports whether this is the kind of lock that we hand over.
func (l heldLock) exclusiveFlock() bool { return l.kind == "FLOCK" && l.mode == "WRITE" }

// parseFdinfo returns the locks that a descriptor's fdinfo lists.
func parseFdinfo(data []byte) []heldLock {
	var locks []heldLock
	for line := range bytes.Lines(data) {
		if rest, found := bytes.CutPrefix(line, []byte("lock:")); found {
			if l, ok := parseLock(string(rest)); ok {
				locks = append(locks, l)
			}
		}
	}
	return locks
}

// parseLocks returns the locks that /proc/locks lists, without those that
// somebody still waits for.
func parseLocks(data []byte) []heldLock {
	var locks []heldLock
	for scanner := bufio.NewScanner(bytes.NewReader(data)); scanner.Scan(); {
		if l, ok := parseLock(scanner.Text()); ok {
			locks = append(locks, l)
		}
	}
	return locks
}

// parseLock reads "1: FLOCK  ADVISORY  WRITE 1234 08:01:131 0 EOF", where the
// device is in hexadecimal digits. A waiting lock has "->" after the number
// and is no lock yet.
func parseLock(line string) (heldLock, bool) {
	fields := strings.Fields(line)
	if len(fields) < 6 || fields[1] == "->" {
		return heldLock{}, false
	}
	taker, err := strconv.Atoi(fields[4])
	if err != nil {
		return heldLock{}, false
	}
	l := heldLock{kind: fields[1], mode: fields[3], taker: taker}
	return l, l.setFile(fields[5])
}

// setFile reads "08:01:131".
func (l *heldLock) setFile(file string) bool {
	parts := strings.Split(file, ":")
	if len(parts) != 3 {
		return false
	}
	major, err1 := strconv.ParseUint(parts[0], 16, 32)
	minor, err2 := strconv.ParseUint(parts[1], 16, 32)
	inode, err3 := strconv.ParseUint(parts[2], 10, 64)
	l.major, l.minor, l.inode = uint32(major), uint32(minor), inode
	return err1 == nil && err2 == nil && err3 == nil
}
