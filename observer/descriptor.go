package observer

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// descriptor is an open file, read without the runtime's poller: the files
// here are small ones of the kernel or of our own folder, and half of their
// cost would be to find out that they cannot be polled.
type descriptor int

// open opens a file for reading. It creates nothing, waits for nobody and is
// not inherited by a process that is started meanwhile.
func open(path string, flags int) (descriptor, error) {
	for {
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK|unix.O_NOCTTY|flags, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return -1, &fs.PathError{Op: "open", Path: path, Err: err}
		}
		return descriptor(fd), nil
	}
}

// openRegular opens a regular file, and refuses everything else, a symbolic
// link included, before anything could happen by opening it.
func openRegular(path string) (descriptor, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return -1, err
	}
	if !info.Mode().IsRegular() {
		return -1, fmt.Errorf("%s is %s, not a regular file", path, kindOf(info.Mode()))
	}
	fd, err := open(path, unix.O_NOFOLLOW)
	if err == nil && !fd.same(info) {
		fd.close()
		return -1, fmt.Errorf("%s was replaced while it was being opened", path)
	}
	return fd, err
}

// readLimited reads a whole file of at most limit bytes.
func readLimited(path string, limit int64) ([]byte, error) {
	fd, err := open(path, 0)
	if err != nil {
		return nil, err
	}
	defer fd.close()
	return fd.readAll(path, limit)
}

// readAll reads what is left of the file, and fails when that is over limit bytes.
func (d descriptor) readAll(path string, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(d, limit+1))
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: path, Err: err}
	}
	if int64(len(data)) > limit {
		return nil, &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("over %d bytes", limit)}
	}
	return data, nil
}

// Read implements io.Reader.
func (d descriptor) Read(buffer []byte) (int, error) {
	for {
		n, err := unix.Read(int(d), buffer)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return 0, err
		case n == 0 && len(buffer) > 0:
			return 0, io.EOF
		}
		return n, nil
	}
}

// close releases the descriptor. Nothing was written, so there is nothing
// that could be lost, or done, when it fails.
func (d descriptor) close() { _ = unix.Close(int(d)) }

// same reports whether the open file is the one that info describes.
func (d descriptor) same(info fs.FileInfo) bool {
	var stat unix.Stat_t
	if err := unix.Fstat(int(d), &stat); err != nil {
		return false
	}
	device, inode, ok := fileID(info)
	return ok && uint64(stat.Dev) == device && stat.Ino == inode
}

// flock is flock(2).
func (d descriptor) flock(how int) error {
	for {
		if err := unix.Flock(int(d), how); err != unix.EINTR {
			return err
		}
	}
}

// exhausted reports whether an error means that we, or the machine, ran out of
// descriptors or memory.
func exhausted(err error) bool {
	return errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) || errors.Is(err, unix.ENOMEM)
}

// linksOf returns how many names the file has; 0 where that is not told.
func linksOf(info fs.FileInfo) uint64 {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0
	}
	return uint64(stat.Nlink)
}

// fileID returns the device and the inode number of a file.
func fileID(info fs.FileInfo) (device, inode uint64, ok bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return uint64(stat.Dev), stat.Ino, true
}
