package main

import (
	"context"
	"os/exec"
	"strings"
)

// temporalCLI runs the real CLI against the port, untouched by what the user
// of this machine has configured.
func (w *world) temporalCLI(port int, args ...string) (string, error) {
	w.Helper()
	program, err := realTemporal()
	if err != nil {
		w.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c := exec.CommandContext(ctx, program, append(args,
		"--address", loopback(port), "--env-file", "/nonexistent/e2e", "--disable-config-file", "--command-timeout", "10s")...)
	c.Env = []string{"HOME=/nonexistent"}
	out, err := c.CombinedOutput()
	return string(out), err
}

// startWorkflow leaves a workflow that no worker will ever take.
func (w *world) startWorkflow(id string) {
	w.Helper()
	out, err := w.temporalCLI(w.port, "workflow", "start", "--workflow-id", id, "--type", "X", "--task-queue", "q")
	if err != nil {
		w.Fatalf("cannot start a workflow: %v\n%s", err, out)
	}
	w.listsWorkflow(id)
}

// listsWorkflow waits until the server lists the workflow.
func (w *world) listsWorkflow(id string) {
	w.Helper()
	w.await("workflow "+id+" is listed", func() (bool, string) {
		out, err := w.temporalCLI(w.port, "workflow", "list", "-o", "json")
		return err == nil && strings.Contains(out, `"`+id+`"`), out
	})
}
