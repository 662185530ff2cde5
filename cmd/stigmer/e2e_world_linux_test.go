package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	// patience bounds each wait of a test; it is many times what is awaited.
	patience = 30 * time.Second
	// look is how often a test looks while it waits.
	look = 20 * time.Millisecond
)

// world is one home and the commands that are run on it.
type world struct {
	testing.TB
	home string
	port int
	// env of every command.
	env []string
}

// newWorld returns an empty home, and checks afterwards that nothing is left.
func newWorld(t testing.TB) *world {
	t.Helper()
	temporal, err := realTemporal()
	if err != nil {
		t.Fatal(err)
	}
	// The folder of a user who has nothing, the home of stigmer in it.
	user := t.TempDir()
	w := &world{TB: t, home: filepath.Join(user, ".stigmer"), port: freePorts(t)}
	w.env = []string{
		roleVariable + "=" + roleStigmer,
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + user,
		"STIGMER_TEMPORAL=" + temporal,
		// A program with the race detector otherwise rests a second at its end.
		"GORACE=atexit_sleep_ms=0",
	}
	t.Cleanup(w.clean)
	return w
}

// result is how a command ended.
type result struct {
	code           int
	stdout, stderr string
}

func (r result) String() string {
	return fmt.Sprintf("exit code %d\nstdout: %s\nstderr: %s", r.code, r.stdout, r.stderr)
}

// command returns "stigmer args..." on this home, ready to run. A command that
// leaves its output to another process does not end well.
func (w *world) command(args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	w.Cleanup(cancel)
	c := exec.CommandContext(ctx, self(w), append(args, "--home", w.home)...)
	c.Env = w.env
	c.WaitDelay = 2 * time.Second
	return c
}

// run runs "stigmer args..." to its end.
func (w *world) run(args ...string) result {
	w.Helper()
	r, err := w.finish(w.command(args...))
	if err != nil {
		w.Fatal(err)
	}
	return r
}

// finish runs the command. Its error is about running it, not its exit code.
func (w *world) finish(c *exec.Cmd) (result, error) {
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	err := c.Run()
	r := result{code: c.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String()}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && r.code < 0:
		return r, fmt.Errorf("%q ended by a signal, or took too long: %w\n%s", c.Args[1:], err, r)
	case err != nil && exit == nil:
		return r, fmt.Errorf("cannot run %q, or another process kept its output: %w\n%s", c.Args[1:], err, r)
	}
	return r, faultsIn(r.stderr)
}

// expect runs a command that has to end with the exit code.
func (w *world) expect(code int, args ...string) result {
	w.Helper()
	r := w.run(args...)
	if r.code != code {
		w.Fatalf("'stigmer %s': want exit code %d, got %s", strings.Join(args, " "), code, r)
	}
	return r
}

// up runs "stigmer local args...", which has to succeed.
func (w *world) up(args ...string) result {
	w.Helper()
	return w.expect(0, append([]string{"local"}, args...)...)
}

// await looks until done says so; done also says what it saw instead.
func (w *world) await(what string, done func() (bool, string)) {
	w.Helper()
	w.awaitFor(patience, what, done)
}

// awaitFor is await with another patience.
func (w *world) awaitFor(limit time.Duration, what string, done func() (bool, string)) {
	w.Helper()
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		ok, saw := done()
		if ok {
			return
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			w.Fatalf("waited %s until %s; last seen: %s", limit, what, saw)
		}
	}
}

// faultsIn returns an error when a program's output tells of a mistake in it.
func faultsIn(output string) error {
	for _, fault := range []string{"DATA RACE", "panic:", "fatal error:"} {
		if strings.Contains(output, fault) {
			return fmt.Errorf("%s:\n%s", fault, output)
		}
	}
	return nil
}

// file returns a path in the home.
func (w *world) file(elements ...string) string {
	return filepath.Join(append([]string{w.home}, elements...)...)
}

// read returns the content of a file in the home.
func (w *world) read(elements ...string) string {
	w.Helper()
	data, err := os.ReadFile(w.file(elements...))
	if err != nil {
		w.Fatal(err)
	}
	return string(data)
}
