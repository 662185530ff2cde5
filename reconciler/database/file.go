package database

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/stigmer/stigmer-local/reconciler/plainfile"
)

const (
	// fileMode and folderMode are the modes of what is made here.
	fileMode   = 0o600
	folderMode = 0o700
	// chunk is how many bytes are copied before the context is asked again.
	chunk = 16 << 20
	// spare is how many bytes a copy leaves free: a full disk stops every
	// Temporal that writes to it.
	spare = 16 << 20
)

// openRegular opens a plain file. It never blocks on a pipe or a device. flags
// may ask not to follow a symbolic link.
func openRegular(path string, flags int) (*os.File, error) {
	f, err := os.OpenFile(path, flags|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &plainfile.NotRegularError{Path: path, Mode: info.Mode()}
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// copyFile makes the file target with the content of source, sharing its blocks
// where the file system can. It is not synced. A target that was begun is left
// to the caller.
func copyFile(ctx context.Context, source *os.File, target string) error {
	if clone(source, target) {
		return nil
	}
	info, err := source.Stat()
	if err != nil {
		return err
	}
	if err := requireRoom(filepath.Dir(target), info.Size()); err != nil {
		return err
	}
	f, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return err
	}
	return errors.Join(pour(ctx, f, source), f.Close())
}

// pour copies from the beginning of source to its end.
func pour(ctx context.Context, target, source *os.File) error {
	if _, err := source.Seek(0, io.SeekStart); err != nil {
		return err
	}
	for ctx.Err() == nil {
		_, err := io.CopyN(target, source, chunk)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

// requireRoom returns a *NoRoomError when the folder's disk has no room for size
// bytes.
func requireRoom(folder string, size int64) error {
	var disk unix.Statfs_t
	if err := unix.Statfs(folder, &disk); err != nil {
		return fmt.Errorf("cannot ask how much is free in %s: %w", folder, err)
	}
	need, free := uint64(size)+spare, uint64(disk.Bavail)*uint64(disk.Bsize)
	if free < need {
		return &NoRoomError{Folder: folder, Need: need, Free: free}
	}
	return nil
}

// syncPath makes a file, or the names in a folder, last.
func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
