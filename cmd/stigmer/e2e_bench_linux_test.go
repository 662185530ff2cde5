package main

import (
	"fmt"
	"testing"
)

// BenchmarkLocalAgain is what a person waits for when all is well already.
// "floor" is the same program doing nothing: the difference is ours.
func BenchmarkLocalAgain(b *testing.B) {
	w := newWorld(b)
	w.up("--port", fmt.Sprint(w.port))
	for name, args := range map[string][]string{"floor": {"version"}, "local": {"local"}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				w.expect(0, args...)
			}
		})
	}
}
