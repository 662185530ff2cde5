// Package local is the command line of stigmer: one file for each command.
//
// A command writes the desired state, makes sure that a daemon runs, and
// waits by looking at the machine itself; it never starts, stops or signals a
// Temporal. Results go to standard output, diagnostics to standard error, and
// every error says what to do next. The exit codes are in exit.go.
package local
