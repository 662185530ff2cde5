// Package samples holds YAML files of the kind Temporal: the one that the
// first `stigmer local` writes, and one that sets every field. They are
// documentation, test input and, the first of them, part of the program.
package samples
