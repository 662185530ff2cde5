// Package reconciler keeps Temporal dev servers in their desired state.
//
// It is level-triggered. A pass looks at everything that matters (the desired
// file, the processes, the lock, the ports, the server's health), computes
// what to do from that look alone, does it, and accounts for it in the status
// file. A file change, the exit of a process and the interval only say "look
// now"; a lost wake-up costs at most one interval, and a failed pass leaves a
// difference that the next one sees.
//
// Who does what: package observer looks, package plan judges, package
// actuator acts, package status accounts. This package owns the loop, the
// home folder's layout, the desired files and the status files.
//
// A program that embeds it gives New its Options and calls Run, which returns
// when its context is done and everything that it started has returned.
// Temporal is left running: that is the point. The package never logs below
// the logger it is given, never exits the process and installs no signal
// handler.
package reconciler
