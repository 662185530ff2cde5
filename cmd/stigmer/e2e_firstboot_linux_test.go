package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestFirstBootKilled kills daemon and server at 40 points of a first boot.
// Whatever file that leaves, the next `stigmer local` is Ready on a database
// that has all that an undisturbed one has.
func TestFirstBootKilled(t *testing.T) {
	undisturbed := undisturbedSchema(t)
	const points = 40
	var mu sync.Mutex
	cut := 0
	t.Cleanup(func() {
		t.Logf("%d of %d kills left a file that was moved aside; every one ended with %s", cut, points, undisturbed)
		if cut == 0 {
			t.Error("no kill met a first boot: the test has no bite")
		}
	})
	for i := range points {
		after := time.Duration(i) * 200 * time.Millisecond / (points - 1)
		t.Run(fmt.Sprintf("after %s", after.Round(time.Millisecond)), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.killFirstBoot(after)
			w.up()
			if o := w.status(); !o.is("Ready") || !o.is("DatabaseFile") {
				t.Errorf("not Ready after the kill: %s", o)
			}
			w.kill9(w.daemon().pid)
			w.kill9(w.temporal().pid)
			copied := copyDatabase(t, w.database())
			isWhole(t, copied)
			if got := schemaOf(t, copied); got != undisturbed {
				t.Errorf("the database has %s, an undisturbed one %s", got, undisturbed)
			}
			aside, _ := filepath.Glob(w.database() + ".incomplete-*Z")
			mu.Lock()
			cut += len(aside)
			mu.Unlock()
		})
	}
}

// undisturbedSchema is what a first boot makes that nobody disturbs.
func undisturbedSchema(t *testing.T) string {
	t.Helper()
	w := newWorld(t)
	w.up("--port", strconv.Itoa(w.port))
	w.expect(0, "local", "stop")
	return schemaOf(t, copyDatabase(t, w.database()))
}

// killFirstBoot starts a daemon, and kills it and its Temporal that long after
// Temporal was started.
func (w *world) killFirstBoot(after time.Duration) {
	w.Helper()
	w.wish()
	daemon, _ := w.foreground()
	pid := 0
	w.await("Temporal is started", func() (bool, string) {
		record, err := os.ReadFile(w.file("temporal.pid"))
		if err != nil {
			return false, err.Error()
		}
		first, _, _ := strings.Cut(string(record), "\n")
		pid, err = strconv.Atoi(first)
		return err == nil, string(record)
	})
	p, alive := readProcess(pid)
	<-time.After(after - time.Since(startOf(w, p)))
	_ = daemon.Process.Kill()
	if now, still := readProcess(pid); alive && still && now.stat.ticks == p.stat.ticks {
		signalProcess(w, pid, syscall.SIGKILL)
	}
	_ = daemon.Wait()
	w.awaitGone(pid)
}

// startOf is when the process was started, to a hundredth of a second.
func startOf(w *world, p process) time.Time {
	w.Helper()
	uptime, err := os.ReadFile("/proc/uptime")
	if err != nil {
		w.Fatal(err)
	}
	seconds, err := strconv.ParseFloat(strings.Fields(string(uptime))[0], 64)
	if err != nil {
		w.Fatal(err)
	}
	return time.Now().Add(time.Duration(p.stat.ticks)*10*time.Millisecond - time.Duration(seconds*float64(time.Second)))
}

// TestFirstBootKilledWithoutUs shows what the guard is for: Temporal alone,
// killed in its first boot, leaves a file that lacks tables, and starts on it,
// or refuses it, for ever after.
func TestFirstBootKilledWithoutUs(t *testing.T) {
	t.Parallel()
	undisturbed := undisturbedSchema(t)
	folder, port := t.TempDir(), freePorts(t)
	for i := range 60 {
		path := filepath.Join(folder, fmt.Sprintf("%d.db", i))
		bare := bareTemporal(t, port, path)
		awaitSize(t, path)
		<-time.After(time.Duration(i%10) * 4 * time.Millisecond)
		_ = bare.Process.Kill()
		_ = bare.Wait()
		if got := schemaOf(t, copyDatabase(t, path)); got != undisturbed {
			t.Logf("killed in its first boot it leaves %q, whole is %q", got, undisturbed)
			again := bareTemporal(t, port, path)
			awaitEndOrPort(t, again, port)
			_ = again.Process.Kill()
			_ = again.Wait()
			if after := schemaOf(t, copyDatabase(t, path)); after == undisturbed {
				t.Error("Temporal mends the file by itself: the guard is not needed")
			}
			return
		}
	}
	t.Error("60 kills left no file that lacks tables")
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

// awaitSize waits until the file has something in it.
func awaitSize(t *testing.T, path string) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for {
		if info, err := os.Stat(path); err == nil && info.Size() > 0 {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s stays empty", path)
		}
	}
}

// awaitEndOrPort waits until the server has ended, or its port is open.
func awaitEndOrPort(t *testing.T, c *exec.Cmd, port int) {
	t.Helper()
	tick := time.NewTicker(look)
	defer tick.Stop()
	deadline := time.After(patience)
	for {
		if p, alive := readProcess(c.Process.Pid); !alive || p.stat.state == "Z" || isOpen(port) {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("the server neither serves nor ends")
		}
	}
}
