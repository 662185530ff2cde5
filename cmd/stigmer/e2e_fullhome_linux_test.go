package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestStopOnAFullDisk: nothing can be written, and what is said instead works.
func TestStopOnAFullDisk(t *testing.T) {
	t.Parallel()
	disk := mountSmall(t)
	w := newWorld(t)
	w.home = filepath.Join(disk, ".stigmer")
	w.wishStub(nil, often)
	w.up()
	server, file := w.temporal().pid, w.file("desired", "temporal.yaml")
	ballast := filepath.Join(disk, "ballast")
	fill(t, ballast)
	r := w.expect(4, "local", "stop")
	if want := "free some space, or remove the file " + file + ": a file that stays removed for two seconds means stop\n"; !strings.HasSuffix(r.stderr, want) {
		t.Errorf("want %q, got %s", want, r)
	}
	if now := w.temporal().pid; now != server {
		t.Errorf("pid was %d and is %d", server, now)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	w.awaitGone(server)
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	w.expect(0, "local", "stop")
}
