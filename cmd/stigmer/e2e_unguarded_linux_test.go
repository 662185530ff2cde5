package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// TestFirstBootKilledWithoutUs shows what the guard is for: Temporal alone,
// killed in its first boot, leaves a file that lacks tables or indexes, and
// serves on it for ever after.
func TestFirstBootKilledWithoutUs(t *testing.T) {
	t.Parallel()
	undisturbed, size := undisturbedSchema(t)
	folder, port := t.TempDir(), freePorts(t)
	for i := range 40 {
		path := filepath.Join(folder, fmt.Sprintf("%d.db", i))
		bare := bareTemporal(t, port, path)
		awaitSize(t, path, size*int64(60+i%8*5)/100)
		_ = bare.Process.Kill()
		_ = bare.Wait()
		left := schemaOf(t, copyDatabase(t, path))
		if left == undisturbed {
			continue
		}
		again := bareTemporal(t, port, path)
		serves := endsOrServes(t, again, port)
		_ = again.Process.Kill()
		_ = again.Wait()
		t.Logf("killed at %d bytes it leaves %q, whole is %q; then it serves: %t", size*int64(60+i%8*5)/100, left, undisturbed, serves)
		if after := schemaOf(t, copyDatabase(t, path)); after == undisturbed {
			t.Error("Temporal mends the file by itself: the guard is not needed")
		}
		if serves {
			return
		}
	}
	t.Error("no kill left a file that lacks something and is served")
}

// bareTemporal starts the real server without us.
func bareTemporal(t *testing.T, port int, path string, more ...string) *exec.Cmd {
	t.Helper()
	program, err := realTemporal()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	args := []string{"server", "start-dev", "--env-file", "/nonexistent/e2e", "--output", "none", "--log-level", "never",
		"--port", strconv.Itoa(port), "--ui-port", strconv.Itoa(port + 1000), "--http-port", strconv.Itoa(port + 10), "--metrics-port", strconv.Itoa(port + 2000)}
	if path != "" {
		args = append(args, "--db-filename", path)
	}
	c := exec.CommandContext(ctx, program, append(args, more...)...)
	c.Env = []string{"HOME=" + t.TempDir()}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if c.ProcessState == nil {
			_ = c.Process.Kill()
			_ = c.Wait()
		}
	})
	return c
}

// awaitSize waits until the file is that large, in bytes.
func awaitSize(t *testing.T, path string, size int64) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond / 2)
	defer tick.Stop()
	deadline := time.After(patience)
	for {
		if info, err := os.Stat(path); err == nil && info.Size() >= size {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s stays smaller than %d bytes", path, size)
		}
	}
}

// endsOrServes waits until the server has ended, or its port is open.
func endsOrServes(t *testing.T, c *exec.Cmd, port int) (serves bool) {
	t.Helper()
	tick := time.NewTicker(look)
	defer tick.Stop()
	deadline := time.After(patience)
	for {
		if _, alive := readProcess(c.Process.Pid); !alive {
			return false
		}
		if isOpen(port) {
			return true
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("the server neither serves nor ends")
		}
	}
}
