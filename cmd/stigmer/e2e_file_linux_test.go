package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// handmade is a file as a person writes it: comments in odd places, fields in
// an order of their own, flow style, blank lines, a trailing space.
const handmade = `# mine
kind: Temporal # first
apiVersion: local.stigmer.ai/v1alpha1

spec:
    # four spaces
    logLevel:   warn
    binary: {path: PROGRAM} # flow

    env:
      E2E_ROLE: "stub"
    port: PORT   # the one
    enabled: true # wanted
metadata:
    annotations:
        local.stigmer.ai/restarted-at: "2020-01-01T00:00:00Z" # long ago
        team: payments
    name: temporal 
# the end
`

func TestCommandsKeepTheUsersFile(t *testing.T) {
	t.Parallel()
	for _, linked := range []bool{false, true} {
		t.Run(fmt.Sprintf("linked=%t", linked), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			text := strings.NewReplacer("PROGRAM", self(t), "PORT", fmt.Sprint(w.port)).Replace(handmade)
			path := w.file("desired", "temporal.yaml")
			w.write("", "desired", ".keep")
			if linked {
				target := filepath.Join(t.TempDir(), "dotfile.yaml")
				if err := os.Symlink(target, path); err != nil {
					t.Fatal(err)
				}
				path = target
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			w.keepsTheFile(path)
			if info, err := os.Lstat(w.file("desired", "temporal.yaml")); err != nil || linked != (info.Mode()&os.ModeSymlink != 0) {
				t.Errorf("the file is %v now, %v", info, err)
			}
		})
	}
}

func (w *world) keepsTheFile(path string) {
	w.Helper()
	before := lines(w, path)
	w.up()
	w.changed(path, before, nil)

	old := fmt.Sprint(w.port)
	w.port = freePorts(w)
	w.up("--port", fmt.Sprint(w.port))
	w.changed(path, before, map[string]string{"    port: " + old + "   # the one": fmt.Sprintf("    port: %d   # the one", w.port)})

	before = lines(w, path)
	w.expect(0, "local", "stop")
	w.changed(path, before, map[string]string{"    enabled: true # wanted": "    enabled: false # wanted"})

	before = lines(w, path)
	w.expect(0, "local", "restart")
	w.changed(path, before, map[string]string{
		"    enabled: false # wanted": "    enabled: true # wanted",
		`        local.stigmer.ai/restarted-at: "2020-01-01T00:00:00Z" # long ago`: `        local.stigmer.ai/restarted-at: `,
	})
}

func lines(w *world, path string) []string {
	w.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		w.Fatal(err)
	}
	return strings.SplitAfter(string(data), "\n")
}

// changed checks that the file is as before but for these lines, each of which
// must now begin as said and end with the same comment.
func (w *world) changed(path string, before []string, want map[string]string) {
	w.Helper()
	after := lines(w, path)
	if len(after) != len(before) {
		w.Fatalf("there were %d lines and are %d:\n%s", len(before), len(after), strings.Join(after, ""))
	}
	for i, line := range before {
		begin, change := want[strings.TrimSuffix(line, "\n")]
		_, comment, _ := strings.Cut(line, " # ")
		switch {
		case !change && after[i] != line:
			w.Errorf("line %d was %q and is %q", i+1, line, after[i])
		case change && (!strings.HasPrefix(after[i], begin) || !strings.HasSuffix(after[i], " # "+comment) || after[i] == line):
			w.Errorf("line %d was %q and is %q, want it to begin with %q", i+1, line, after[i], begin)
		}
	}
}
