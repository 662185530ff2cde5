package encoding

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// maxValueRunes keeps a fault on one readable line.
const maxValueRunes = 80

// Fault is one thing that is wrong with a file.
type Fault struct {
	// Line counts from 1; 0 means the file as a whole.
	Line int
	// Field is the path as in the YAML, such as spec.ui.port or
	// spec.env[HOME]; empty when the file cannot be read as YAML at all.
	Field string
	// Value is what stands there, shortened; empty when it must not be shown.
	Value string
	// Problem says what is wrong.
	Problem string
	// Remedy says what to do about it; may be empty.
	Remedy string
}

// String returns "field: problem (remedy)".
func (f Fault) String() string {
	var b strings.Builder
	if f.Field != "" {
		b.WriteString(printable(f.Field) + ": ")
	}
	b.WriteString(printable(f.Problem))
	if f.Remedy != "" {
		fmt.Fprintf(&b, " (%s)", printable(f.Remedy))
	}
	return b.String()
}

// InvalidError is what Decode and DecodeStatus return for a file that cannot
// be used. It holds every fault, in the order of the file.
type InvalidError struct {
	// File as it was given.
	File   string
	Faults []Fault
}

// Error returns one line per fault: "file:line: field: problem (remedy)".
func (e *InvalidError) Error() string {
	lines := make([]string, 0, len(e.Faults))
	for _, f := range e.Faults {
		where := printable(e.File)
		if f.Line > 0 {
			where += ":" + strconv.Itoa(f.Line)
		}
		lines = append(lines, where+": "+f.String())
	}
	return strings.Join(lines, "\n")
}

// invalid returns an InvalidError, or nil when there is no fault.
func invalid(file string, faults []Fault) error {
	if len(faults) == 0 {
		return nil
	}
	sorted := slices.Clone(faults)
	slices.SortStableFunc(sorted, func(a, b Fault) int { return a.Line - b.Line })
	return &InvalidError{File: file, Faults: sorted}
}

// printable keeps a hostile key or file name from forging lines.
func printable(s string) string {
	if !strings.ContainsFunc(s, unprintable) {
		return s
	}
	quoted := strconv.Quote(s)
	return quoted[1 : len(quoted)-1]
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

// quoteValue returns s in quotes and shortened.
func quoteValue(s string) string {
	runes := []rune(s)
	if len(runes) > maxValueRunes {
		s = string(runes[:maxValueRunes]) + "…"
	}
	return strconv.Quote(s)
}
