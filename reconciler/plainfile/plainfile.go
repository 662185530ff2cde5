package plainfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// NotRegularError means that there is something else than a plain file where
// one of ours belongs. It was neither opened for use nor changed.
type NotRegularError struct {
	// Path of the thing.
	Path string
	// Mode says what it is.
	Mode fs.FileMode
}

// Error says what stands there instead.
func (e *NotRegularError) Error() string {
	return fmt.Sprintf("%s is %s, not a regular file", e.Path, kindOf(e.Mode))
}

// kindOf names a file type as a person would.
func kindOf(mode fs.FileMode) string {
	switch mode.Type() {
	case fs.ModeDir:
		return "a folder"
	case fs.ModeSymlink:
		return "a symbolic link"
	case fs.ModeNamedPipe:
		return "a named pipe"
	case fs.ModeSocket:
		return "a socket"
	}
	return "a device"
}

// Require returns a *NotRegularError when there is something else than a plain
// file at path, and fs.ErrNotExist when there is nothing.
func Require(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return &NotRegularError{Path: path, Mode: info.Mode()}
	}
	return nil
}

// Exists reports whether there is a plain file at path. The error is a
// *NotRegularError for anything else.
func Exists(path string) (bool, error) {
	err := Require(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
