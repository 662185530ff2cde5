// Package events keeps the list of what happened to one instance: a file with
// one JSON object a line, for people and programs that ask later why.
//
// The file is only ever appended to, one write(2) for each line. What happens a
// few times is an event each time. What goes on repeating itself is counted into
// the newest of them, which then says when and how it happened last: a line with
// the same id and a higher count replaces the earlier one when the file is read.
// A torn line is skipped by readers, and the writer begins a new one after it.
// From time to time the file is written anew, without what was replaced and what
// is too old.
//
// A Recorder belongs to one daemon, and there is one daemon for each home. Any
// number of programs may read meanwhile. The package has no clock: its callers
// say what time it is. It opens nothing but regular files and never waits for
// somebody else.
package events
