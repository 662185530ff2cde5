package encoding

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// ReadFile returns the content of a regular file of at most MaxFileSize bytes,
// or of the one that a symlink leads to. It never blocks: a fifo, device,
// socket or folder is an error that says so. A missing file is fs.ErrNotExist
// to errors.Is.
func ReadFile(path string) ([]byte, error) { return ReadFileInspecting(path, nil) }

// ReadFileInspecting is ReadFile; inspect, unless nil, gets the open file and its
// content before it is closed, because path may name another file by then.
func ReadFileInspecting(path string, inspect func(file *os.File, data []byte) error) ([]byte, error) {
	// Opening a socket fails and opening a device may have effects; the check
	// on the descriptor below is the one that holds.
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read file: %w", err)
	}
	if err := checkRegular(path, info); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot read file: %w", err)
	}
	data, err := readOpen(path, file)
	if err == nil && inspect != nil {
		err = inspect(file, data)
	}
	return data, errors.Join(err, file.Close())
}

func readOpen(path string, file *os.File) ([]byte, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("cannot read file: %w", err)
	}
	if err := checkRegular(path, info); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(file, MaxFileSize+1))
	if err != nil {
		return nil, fmt.Errorf("cannot read file: %w", err)
	}
	if len(data) > MaxFileSize {
		return nil, fmt.Errorf("cannot read %s: larger than 1 MiB (is it the right file?)", path)
	}
	return data, nil
}

func checkRegular(path string, info fs.FileInfo) error {
	if info.Mode().IsRegular() {
		return nil
	}
	return fmt.Errorf("cannot use %s: it is %s, not a regular file (move it away)", path, fileKind(info.Mode()))
}

func fileKind(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeNamedPipe != 0:
		return "a fifo"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	}
	return "a special file"
}
