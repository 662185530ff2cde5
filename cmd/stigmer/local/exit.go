package local

import "fmt"

// The exit codes of every command. README.md has the same table.
const (
	exitDone       = 0 // done, or already so
	exitFailed     = 1 // something failed
	exitUsage      = 2 // the command line or a YAML file is wrong
	exitTimeout    = 3 // not reached within the timeout; it is still being worked on
	exitUserAction = 4 // the user must do something first, and the message says what
	exitPending    = 5 // plan --exit-code: there are changes to make
)

// exitError is an error with an exit code.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

func usageError(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}
