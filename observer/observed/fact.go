package observed

import "fmt"

// Knowledge says how much is known of something. As the type of a piece of
// evidence (see Evidence) it reads as yes, no and "could not be told".
type Knowledge uint8

const (
	// Unknown means that the question could not be answered. It is the zero value.
	Unknown Knowledge = iota
	// Absent means that the question was answered, and the answer is "there is none".
	Absent
	// Known means that the question was answered with a value.
	Known
)

// String returns "Unknown", "Absent" or "Known".
func (k Knowledge) String() string {
	switch k {
	case Unknown:
		return "Unknown"
	case Absent:
		return "Absent"
	case Known:
		return "Known"
	}
	return fmt.Sprintf("Knowledge(%d)", uint8(k))
}

// Fact is one answer about the machine. Value means something only when
// Knowledge is Known. Reason says why a fact is Unknown or Absent, in words
// that can stand in a status message.
type Fact[T any] struct {
	Knowledge Knowledge
	Value     T
	Reason    string
}

// Is returns the fact that value was seen.
func Is[T any](value T) Fact[T] {
	return Fact[T]{Knowledge: Known, Value: value}
}

// None returns the fact that there is no such thing; reason may be empty.
func None[T any](reason string) Fact[T] {
	return Fact[T]{Knowledge: Absent, Reason: reason}
}

// Unsure returns the fact that it could not be told, and why.
func Unsure[T any](reason string) Fact[T] {
	return Fact[T]{Knowledge: Unknown, Reason: reason}
}

// Get returns the value, and whether it is Known.
func (f Fact[T]) Get() (T, bool) { return f.Value, f.Knowledge == Known }

// IsKnown reports whether the fact has a value.
func (f Fact[T]) IsKnown() bool { return f.Knowledge == Known }

// IsAbsent reports whether the thing was looked for and is not there.
func (f Fact[T]) IsAbsent() bool { return f.Knowledge == Absent }

// IsUnknown reports whether the question could not be answered.
func (f Fact[T]) IsUnknown() bool { return f.Knowledge == Unknown }
