// Package status is the account that the reconciler gives of a pass: it
// computes the status of an object from what was observed, planned and done.
//
// It is pure. Every condition is what this look saw, or Unknown; no condition
// keeps an older answer, and nothing is True because a plan was made.
package status
