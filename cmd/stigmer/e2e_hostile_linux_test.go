package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// hostileSettings are what a user may have in ~/.config/temporalio/temporal.yaml,
// with four ports.
func hostileSettings() map[string]string {
	return map[string]string{
		"other values": "env:\n  default:\n    port: %[1]d\n    ui-port: %[2]d\n    http-port: %[3]d\n    metrics-port: %[4]d\n    db-filename: /nonexistent/x.db\n    namespace: hostile\n    log-format: json\n",
		"malformed":    "env: [%[1]d %[2]d %[3]d %[4]d\n\t- {",
	}
}

// The real CLI reads defaults of its flags from a file of the user's and from
// the environment. Neither reaches the server.
func TestUsersOwnTemporalSettingsHaveNoEffect(t *testing.T) {
	t.Parallel()
	for name, settings := range hostileSettings() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			var other []any
			for _, port := range quadruple(freePorts(t)) {
				other = append(other, port)
			}
			w.userFile(fmt.Sprintf(settings, other...), ".config", "temporalio", "temporal.yaml")
			w.userFile("[profile.default]\naddress = \"nowhere:1\"\n", ".config", "temporalio", "temporal.toml")
			w.env = append(w.env, "TEMPORAL_ADDRESS=nowhere:1", "TEMPORAL_ENV=hostile", "TEMPORAL_NAMESPACE=hostile")
			w.up("--port", fmt.Sprint(w.port))
			for i, port := range quadruple(w.port) {
				if !accepts(port) || accepts(other[i].(int)) {
					t.Errorf("port %d accepts %t, port %d accepts %t", port, accepts(port), other[i], accepts(other[i].(int)))
				}
			}
			for _, variable := range w.temporal().env {
				if strings.HasPrefix(variable, "TEMPORAL_") {
					t.Errorf("Temporal has %s", variable)
				}
			}
			w.startWorkflow("here")
		})
	}
}

// userFile writes a file in the folder of the user that the commands run as.
func (w *world) userFile(text string, elements ...string) {
	w.Helper()
	path := filepath.Join(append([]string{filepath.Dir(w.home)}, elements...)...)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		w.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
}
