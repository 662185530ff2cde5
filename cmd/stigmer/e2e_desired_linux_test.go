package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// desired returns a file for an instance: its port, and more lines of spec.
func desired(name string, port int, lines ...string) string {
	head := fmt.Sprintf("apiVersion: local.stigmer.ai/v1alpha1\nkind: Temporal\nmetadata:\n  name: %s\nspec:\n  port: %d\n", name, port)
	for _, line := range lines {
		head += "  " + strings.ReplaceAll(line, "\n", "\n  ") + "\n"
	}
	return head
}

// quick makes the loop look often, for tests of what only time reveals.
const quick = "interval: 500ms\nhealth: {startupTimeout: 30s, timeout: 500ms, failureThreshold: 3}"

// wish writes the desired file of the default instance as an editor does that
// writes in place.
func (w *world) wish(lines ...string) {
	w.Helper()
	w.writeDesired(desired("temporal", w.port, lines...))
}

func (w *world) writeDesired(text string) {
	w.Helper()
	w.write(text, "desired", "temporal.yaml")
}

// write writes a file in the home, in place.
func (w *world) write(text string, elements ...string) {
	w.Helper()
	path := w.file(elements...)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		w.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
}

// replaceDesired writes the desired file as an editor does that renames.
func (w *world) replaceDesired(text string) {
	w.Helper()
	w.write(text, "desired", ".temporal.yaml.swp")
	if err := os.Rename(w.file("desired", ".temporal.yaml.swp"), w.file("desired", "temporal.yaml")); err != nil {
		w.Fatal(err)
	}
}

// wishStub wants the stub instead of the real server, with these STUB_ variables.
func (w *world) wishStub(variables []string, lines ...string) {
	w.Helper()
	env := "env: {" + roleVariable + ": " + roleStub
	for _, v := range variables {
		name, value, _ := strings.Cut(v, "=")
		env += fmt.Sprintf(", %s: %q", name, value)
	}
	w.wish(append(lines, "binary: {path: "+self(w)+"}", env+"}")...)
}
