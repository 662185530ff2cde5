package database

import (
	"errors"
	"fmt"
)

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

// about returns what an *UnusableError says of a copy as said of the file at
// path, which is the one that a person can mend. Other errors stay as they are.
func about(path string, err error) error {
	if of := (*UnusableError)(nil); errors.As(err, &of) {
		return &UnusableError{Path: path, Problem: of.Problem}
	}
	return err
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
