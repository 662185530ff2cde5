package database

import (
	"fmt"
	"io/fs"
)

// NotRegularError means that there is something else than a plain file where
// one belongs. It was neither opened for use nor changed.
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

// UnusableError means that a file is no database that Temporal can work with.
type UnusableError struct {
	// Path of the file.
	Path string
	// Problem is what is wrong with it.
	Problem string
}

// Error says what is wrong with which file.
func (e *UnusableError) Error() string {
	return fmt.Sprintf("%s cannot be used: %s", e.Path, e.Problem)
}

// BusyError means that the database was being written to all the time.
type BusyError struct {
	// Path of the database.
	Path string
}

// Error names the database.
func (e *BusyError) Error() string {
	return fmt.Sprintf("%s was being written to all the time", e.Path)
}

// ChangedError means that a database which nobody should have open was changed
// while it was copied.
type ChangedError struct {
	// Path of the database.
	Path string
}

// Error names the database.
func (e *ChangedError) Error() string {
	return fmt.Sprintf("%s was changed while it was copied", e.Path)
}

// NoRoomError means that a copy would not leave enough free on the disk. None
// was made.
type NoRoomError struct {
	// Folder of the copy.
	Folder string
	// Need and Free are bytes: those of the copy with what must stay free, and
	// those that are free.
	Need, Free uint64
}

// Error gives both figures.
func (e *NoRoomError) Error() string {
	return fmt.Sprintf("no room for a copy in %s: %d bytes are needed, %d are free", e.Folder, e.Need, e.Free)
}
