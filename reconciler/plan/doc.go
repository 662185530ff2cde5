// Package plan is the judgement of the reconciler: from what should be, what
// is, and what happened lately, it computes what to do now and when to look
// again.
//
// It is pure. It has no clock, no I/O, no log, no goroutine and no error: the
// time is a value in the Input, a fact that could not be read is a value of
// that fact, and every Input has a Plan.
package plan
