package main

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// byHand is a program that a person started, beside stigmer. SIGTERM would end
// it, so when it lives nobody has sent one.
type byHand struct {
	w       *world
	command *exec.Cmd
	before  process
	left    bool
}

// temporalByHand starts the real Temporal on the port as a person does who
// knows nothing of stigmer, and waits until it answers.
func (w *world) temporalByHand(port int, args ...string) *byHand {
	w.Helper()
	program, err := realTemporal()
	if err != nil {
		w.Fatal(err)
	}
	c := exec.Command(program, append([]string{
		"server", "start-dev", "--headless", "--log-level", "never", "--ip", "127.0.0.1", "--port", strconv.Itoa(port),
	}, args...)...)
	c.Env = []string{"HOME=" + w.TempDir()}
	h := w.startByHand(c)
	w.await("the Temporal that was started by hand serves", func() (bool, string) {
		out, err := w.temporalCLI(port, "operator", "cluster", "health")
		return err == nil && strings.Contains(out, "SERVING"), out
	})
	return h
}

// startByHand starts the program in a folder of its own. It ends with the test.
func (w *world) startByHand(c *exec.Cmd) *byHand {
	w.Helper()
	c.Dir = w.TempDir()
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		w.Fatal(err)
	}
	h := &byHand{w: w, command: c}
	w.Cleanup(h.leave)
	w.await("the program is its own", func() (bool, string) {
		h.before, _ = readProcess(c.Process.Pid)
		return len(h.before.args) > 0 && h.before.args[0] != self(w), describe([]process{h.before})
	})
	return h
}

func (h *byHand) pid() int     { return h.command.Process.Pid }
func (h *byHand) name() string { return filepath.Base(executableOf(h.w, h.pid())) }

// isUntouched fails the test unless it is the same process, and runs.
func (h *byHand) isUntouched() {
	h.w.Helper()
	now, alive := readProcess(h.pid())
	if !alive || now.stat.ticks != h.before.stat.ticks || now.stat.state == "T" {
		h.w.Errorf("what was started by hand was touched: alive %t, %s", alive, describe([]process{now}))
	}
}

// leave ends it, after a last check. Asked to, a Temporal takes over a second.
func (h *byHand) leave() {
	h.w.Helper()
	if h.left {
		return
	}
	h.left = true
	h.isUntouched()
	_ = h.command.Process.Kill()
	_ = h.command.Wait()
}

func executableOf(t testing.TB, pid int) string {
	t.Helper()
	path, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(pid), "exe"))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// userName is the user that the tests run as.
func userName(t testing.TB) string {
	t.Helper()
	u, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	return u.Username
}
