// Package observed is the vocabulary for what was seen on the machine in one
// look: which process holds an instance's lock, who listens on its ports,
// what the pid record says, whether the server answers.
//
// Every fact is Known, Absent or Unknown. Unknown means that the question
// could not be answered, never that the answer is no; the zero value of every
// fact is Unknown, so a fact that nobody filled in licenses nothing.
//
// The package holds values only. It reads nothing, decides nothing and
// imports only the standard library. Package observer fills a State, package
// plan judges it.
package observed
