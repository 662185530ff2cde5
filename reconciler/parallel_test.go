package reconciler

import (
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

// lent is how many blocks of four ports were given to parallel tests.
//
//nolint:gochecknoglobals // One counter for all tests of the process.
var lent atomic.Int32

// parallel lets the test run beside others of its kind.
func parallel(t *testing.T) {
	t.Helper()
	t.Parallel()
}

// newQuickWorld is newWorld for a parallel test: its ports are its own.
func newQuickWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.port = lentPort(t)
	return w
}

// lentPort returns the first of four free ports that no other test gets.
func lentPort(t *testing.T) int {
	t.Helper()
	for {
		port := 12000 + os.Getpid()%100*40 + int(lent.Add(1))*4
		if port > 19000 {
			t.Fatal("no four free ports in a row")
		}
		if allFree(port, port+1, port+2, port+3) {
			return port
		}
	}
}

// patient returns a desired file whose instance is looked at once an hour
// when nothing wakes the loop, and whose server may take a minute to stop.
func (w *world) patient(name string, port int, extra ...string) string {
	text := w.desired(name, port, extra...)
	text = strings.Replace(text, "interval: 500ms", "interval: 1h", 1)
	return strings.Replace(text, "terminationGracePeriod: 1s", "terminationGracePeriod: 1m", 1)
}

// since returns what was logged after the first n lines.
func (l *logs) since(n int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines[n:], "\n")
}

// adopted starts a daemon beside the server that runs, and returns once the
// daemon is content with it and waits.
func (w *world) adopted(name string) *v1alpha1.Temporal {
	w.t.Helper()
	lines := w.logs.len()
	w.run()
	w.await("the next daemon is content", func() bool { return strings.Contains(w.logs.since(lines), `"Converged"`) })
	return w.ready(name)
}
