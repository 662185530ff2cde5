// Package encoding turns bytes into a v1alpha1.Temporal and back, and edits
// the user's file without disturbing what the user wrote.
//
// Decode is strict: what it does not understand is an error with file and
// line, and all faults are told at once. DecodeStatus reads the daemon's own
// files and forgives fields that a newer version added. Edit changes single
// values in the text itself; it verifies its result and would rather fail
// than guess. ReadFile and WriteFile, and their variants, are all that touches a disk.
//
// The package never prints a value of spec.env, starts nothing, and knows no
// folder but those it is given. YAML is read by go.yaml.in/yaml/v3 alone, for
// its line numbers, so that Decode and Edit cannot read a file differently.
package encoding
