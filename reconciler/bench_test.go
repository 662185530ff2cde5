package reconciler

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

// BenchmarkCrashToListening is the time from `kill -9` of a server until its
// successor accepts a connection. "floor" is a program that does nothing but
// wait for its child and start it again; the difference to it is what the
// reconciler costs: noticing, looking, deciding, handing over the lock.
func BenchmarkCrashToListening(b *testing.B) {
	b.Run("floor", func(b *testing.B) {
		port := freePort(b)
		server := bareServer(b, port)
		for b.Loop() {
			server.Process.Kill()
			server.Wait()
			server = bareServer(b, port)
		}
		server.Process.Kill()
		server.Wait()
	})
	b.Run("reconciler", func(b *testing.B) {
		w := newWorld(b)
		file := strings.Replace(w.desired("temporal", w.port), "  interval", "  restart: {resetAfter: 100ms}\n  interval", 1)
		w.write("temporal", file)
		w.run()
		pid := int32(0)
		for b.Loop() {
			b.StopTimer()
			pid = w.settled(pid)
			b.StartTimer()
			if err := syscall.Kill(int(pid), syscall.SIGKILL); err != nil {
				b.Fatal(err)
			}
			awaitRefused(w.port)
			awaitListening(b, w.port)
		}
		w.settled(pid)
	})
}

// settled waits until a server other than before is ready, and long enough
// for it to count as stable, so that the next restart is immediate.
func (w *world) settled(before int32) int32 {
	w.t.Helper()
	object := w.eventually("temporal", "ready again", func(o *v1alpha1.Temporal) bool {
		return ready(o) && o.Status.Process.PID != before
	})
	<-time.After(110 * time.Millisecond)
	// A second look at a Ready server, woken by an edit that changes nothing
	// for it, counts it as stable.
	data, err := os.ReadFile(w.home.Desired("temporal"))
	if err != nil {
		w.t.Fatal(err)
	}
	lines := strings.Split(string(data), "\n# ")
	w.write("temporal", fmt.Sprintf("%s\n# %d\n", lines[0], time.Now().UnixNano()))
	<-time.After(20 * time.Millisecond)
	return object.Status.Process.PID
}

// bareServer starts a stub and returns when it listens.
func bareServer(b *testing.B, port int) *exec.Cmd {
	b.Helper()
	args := []string{"server", "start-dev"}
	for i, flag := range []string{"--port", "--ui-port", "--http-port", "--metrics-port"} {
		args = append(args, flag, fmt.Sprint(port+i))
	}
	server := exec.Command(os.Args[0], args...)
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	awaitListening(b, port)
	return server
}

// awaitListening connects until it succeeds.
func awaitListening(b *testing.B, port int) {
	b.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if connection, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			connection.Close()
			return
		}
	}
	b.Fatal("nothing listens")
}

// awaitRefused connects until it fails: the old server's sockets are gone.
func awaitRefused(port int) {
	for {
		connection, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return
		}
		connection.Close()
	}
}

// BenchmarkQuietPass is what a pass costs that finds all well, health check
// included.
func BenchmarkQuietPass(b *testing.B) {
	w := newWorld(b)
	w.write("temporal", w.desired("temporal", w.port))
	stop := w.run()
	w.ready("temporal")
	stop()
	r := New(Options{Home: w.home, Env: os.Environ()})
	defer r.closeAll()
	var err error
	if r.lock, err = lockDaemon(b.Context(), w.home, DaemonInfo{}); err != nil {
		b.Fatal(err)
	}
	defer r.lock.Unlock()
	for b.Loop() {
		if _, err := r.reconcile(b.Context(), "temporal"); err != nil {
			b.Fatal(err)
		}
	}
}
