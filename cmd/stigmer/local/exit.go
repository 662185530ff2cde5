package local

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"
)

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

// flagError says in one line what is wrong with a flag, and what to write. The
// parser's own words are those of Go's library.
func flagError(c *cobra.Command, err error) error {
	flag, found := flagOf(err, c.Flags().Lookup)
	if !found {
		return usageError("%w; see '%s --help'", err, c.CommandPath())
	}
	var given interface {
		error
		GetValue() string
	}
	if !errors.As(err, &given) {
		return usageError("--%s needs a value: %s", flag.Name, remedyOf(flag.Value.Type(), "", nil))
	}
	value, between := given.GetValue(), " "
	if flag.NoOptDefVal != "" {
		// Its value is what stands behind the equals sign.
		between = "="
	}
	return usageError("--%s%s%s: %s", flag.Name, between, quoted(value), remedyOf(flag.Value.Type(), value, errors.Unwrap(given)))
}

// flagOf returns the flag that an error of the parser is about. Its type, F, is
// one of a package that only cobra imports.
func flagOf[F any](err error, _ func(string) F) (flag F, found bool) {
	var about interface {
		error
		GetFlag() F
	}
	if found = errors.As(err, &about); found {
		flag = about.GetFlag()
	}
	return flag, found
}

// remedyOf says what to give to a flag of that type instead of the value.
func remedyOf(kind, value string, cause error) string {
	switch {
	case errors.Is(cause, strconv.ErrRange):
		return "give a number with fewer digits"
	case kind == "int":
		return "give a whole number"
	case kind == "bool":
		return "give true or false"
	case kind != "duration":
		return "give one behind it"
	}
	if d, err := time.ParseDuration(value + "s"); err == nil && d > 0 {
		return "give a unit, such as " + value + "s or 2m"
	}
	return "give a time, such as 30s or 2m"
}

// quoted puts what does not stand for itself on a command line in quotes.
func quoted(value string) string {
	if value == "" || strings.ContainsFunc(value, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }) {
		return strconv.Quote(value)
	}
	return value
}
