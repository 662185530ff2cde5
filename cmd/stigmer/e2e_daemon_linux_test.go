package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// foreground starts "stigmer local daemon args..." and returns it, and what it
// logs, once it reconciles.
func (w *world) foreground(args ...string) (*exec.Cmd, func() string) {
	w.Helper()
	path := filepath.Join(w.TempDir(), "log")
	log, err := os.Create(path)
	if err != nil {
		w.Fatal(err)
	}
	defer log.Close()
	c := w.command(append([]string{"local", "daemon"}, args...)...)
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		w.Fatal(err)
	}
	read := func() string {
		text, err := os.ReadFile(path)
		if err != nil {
			w.Error(err)
		}
		return string(text)
	}
	w.Cleanup(func() {
		if c.ProcessState == nil {
			_ = c.Process.Kill()
			_ = c.Wait()
		}
		if err := faultsIn(read()); err != nil {
			w.Error(err)
		}
	})
	w.await("the daemon reconciles", func() (bool, string) { text := read(); return strings.Contains(text, "reconciling"), text })
	return c, read
}

func TestDaemonInTheForeground(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish()
	daemon, log := w.foreground("--log-format", "json")
	if r := w.up(); !strings.Contains(r.stdout, "Temporal is ready") {
		t.Errorf("local printed %q", r.stdout)
	}
	if now := w.daemon().pid; now != daemon.Process.Pid {
		t.Errorf("pid %d runs beside the daemon %d", now, daemon.Process.Pid)
	}
	server := w.temporal().pid
	r := w.expect(1, "local", "daemon")
	if who := fmt.Sprintf("pid %d", daemon.Process.Pid); !strings.Contains(r.stderr, who) {
		t.Errorf("a second daemon does not say that %s runs: %s", who, r)
	}
	signalProcess(t, daemon.Process.Pid, syscall.SIGTERM)
	if err := daemon.Wait(); err != nil {
		t.Errorf("SIGTERM: the daemon ended with %v, want exit code 0", err)
	}
	if now := w.temporal().pid; now != server {
		t.Errorf("Temporal was %d and is %d", server, now)
	}
	isJSONLines(t, log())
}

// isJSONLines checks each line and that the log tells of the start.
func isJSONLines(t testing.TB, text string) {
	t.Helper()
	acted := false
	for line := range strings.Lines(text) {
		var entry struct{ Msg, Verb, Instance string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Errorf("not JSON: %v: %s", err, line)
		}
		acted = acted || entry.Msg == "acted" && entry.Verb == "Start" && entry.Instance == "temporal"
	}
	if !acted {
		t.Errorf("the log does not tell that Temporal was started:\n%s", text)
	}
}

func TestStopLeavesADaemonThatNoCommandStarted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wishStub(nil)
	daemon, _ := w.foreground()
	w.up()
	w.expect(0, "local", "stop")
	if now := w.daemon().pid; now != daemon.Process.Pid {
		t.Errorf("the daemon was %d and is %d", daemon.Process.Pid, now)
	}
	signalProcess(t, daemon.Process.Pid, syscall.SIGINT)
	if err := daemon.Wait(); err != nil {
		t.Errorf("SIGINT: the daemon ended with %v, want exit code 0", err)
	}
}
