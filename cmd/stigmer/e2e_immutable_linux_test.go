package main

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// immutableFlag is FS_IMMUTABLE_FL of <linux/fs.h>.
const immutableFlag = 0x10

// immutable makes a folder that nothing can be made in, for root neither, or
// takes that back. A disk cannot be remounted read-only while a server has a
// file on it open.
func immutable(t *testing.T, folder string, on bool) {
	t.Helper()
	if err := setImmutable(folder, on); err != nil {
		t.Skipf("not run: %v", err)
	}
}

// setImmutable says why it cannot be done here.
func setImmutable(folder string, on bool) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer f.Close()
	flags, err := unix.IoctlGetUint32(int(f.Fd()), unix.FS_IOC_GETFLAGS)
	if err != nil {
		return fmt.Errorf("this file system has no immutable folders: %w", err)
	}
	if flags &^= immutableFlag; on {
		flags |= immutableFlag
	}
	if err := unix.IoctlSetPointerInt(int(f.Fd()), unix.FS_IOC_SETFLAGS, int(flags)); err != nil {
		return fmt.Errorf("a folder cannot be made immutable here: %w", err)
	}
	return nil
}
