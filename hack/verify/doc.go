// Package verify holds the rules of this repository that a machine can check
// and a compiler does not: who may import whom, which packages are pure, who
// may send a signal, which modules we depend on and why, and what is
// documented.
//
// It reads source text and nothing else: no type checking, no build, and so
// the files of every platform at once. Its own test runs every rule on the
// repository, and every rule on a small sample that breaks it.
package verify
