// Package redact hides what looks like a secret: in the environment that a
// spec gives to its server, in the command lines of strangers, and in texts.
// Everything that is kept or shown and that holds one of these goes through
// it. It errs on the side of hiding, and computes only.
package redact
