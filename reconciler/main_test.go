package reconciler

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	"go.uber.org/goleak"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/stigmer/stigmer-local/api/encoding"
	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/hack/stubtemporal"
)

// TestMain makes the test binary its own Temporal: a stub, for speed and for
// misbehaviour. The tests with the real one are in cmd/stigmer.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "server" {
		os.Exit(stubtemporal.Main(os.Args[1:], os.Getenv))
	}
	goleak.VerifyTestMain(m)
}

// patience bounds every wait of a test.
const patience = 20 * time.Second

// world is a home of a test's own.
type world struct {
	t    testing.TB
	home Home
	port int
	logs *logs
	stop func()
}

// logs keeps what a reconciler logs at V(0).
type logs struct {
	mu    sync.Mutex
	lines []string
}

func (l *logs) add(prefix, args string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, prefix+" "+args)
}

func (l *logs) len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.lines)
}

func newWorld(t testing.TB) *world {
	t.Helper()
	home, err := CreateHome(filepath.Join(t.TempDir(), "home"))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, home: home, port: freePort(t), logs: &logs{}}
	t.Cleanup(w.cleanUp)
	return w
}

// freePort returns a port P such that P, P+1, P+2 and P+3 are free. They lie
// below the range from which the kernel takes ports of outgoing connections.
func freePort(t testing.TB) int {
	t.Helper()
	return freePortFrom(t, 20000+os.Getpid()%1000*8)
}

// freePortFrom is freePort for one that is not below another: what was taken a
// moment ago may be free by now.
func freePortFrom(t testing.TB, base int) int {
	t.Helper()
	for ; base < 32000; base += 4 {
		if allFree(base, base+1, base+2, base+3) {
			return base
		}
	}
	t.Fatal("no four free ports in a row")
	return 0
}

func allFree(ports ...int) bool {
	for _, port := range ports {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return false
		}
		l.Close()
	}
	return true
}

// desired returns a desired file for a quick server on the world's ports.
func (w *world) desired(name string, port int, extra ...string) string {
	self, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	lines := []string{
		"apiVersion: local.stigmer.ai/v1alpha1", "kind: Temporal",
		"metadata:", "  name: " + name,
		"spec:",
		"  binary: {path: " + self + "}",
		fmt.Sprintf("  port: %d", port),
		fmt.Sprintf("  ui: {port: %d}", port+1),
		fmt.Sprintf("  httpPort: %d", port+2),
		fmt.Sprintf("  metricsPort: %d", port+3),
		"  interval: 500ms",
		"  health: {timeout: 500ms}",
		"  terminationGracePeriod: 1s",
	}
	return strings.Join(append(lines, extra...), "\n") + "\n"
}

func (w *world) write(name, content string) {
	w.t.Helper()
	if err := encoding.WriteFile(w.home.Desired(name), []byte(content)); err != nil {
		w.t.Fatal(err)
	}
}

// run starts a reconciler, and returns how to stop it, which the end of the
// test does too.
func (w *world) run() (stop func()) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	r := New(Options{Home: w.home, Log: funcr.New(w.logs.add, funcr.Options{}), Env: os.Environ()})
	go func() { done <- r.Run(ctx) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				w.t.Errorf("Run: %v", err)
			}
		case <-time.After(patience):
			w.t.Error("Run did not return")
		}
	})
	return w.stop
}

// eventually waits until the status of the instance satisfies ok.
func (w *world) eventually(name, what string, ok func(*v1alpha1.Temporal) bool) *v1alpha1.Temporal {
	w.t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		object, err := w.home.ReadStatus(name)
		if err == nil && object != nil && ok(object) {
			return object
		}
		select {
		case <-tick.C:
		case <-deadline:
			data, _ := os.ReadFile(w.home.Status(name))
			w.t.Fatalf("%s: not %s within %s (%v); the status says:\n%s\nthe log says:\n%s",
				name, what, patience, err, data, strings.Join(w.logs.lines, "\n"))
		}
	}
}

func ready(o *v1alpha1.Temporal) bool {
	return meta.IsStatusConditionTrue(o.Status.Conditions, v1alpha1.ConditionReady)
}

func stopped(o *v1alpha1.Temporal) bool {
	return o.Status.Situation == "Stopped" && o.Status.Process == nil
}

func (w *world) ready(name string) *v1alpha1.Temporal {
	w.t.Helper()
	return w.eventually(name, "ready", ready)
}

// cleanUp ends what the test started, found by its mark, by pid.
func (w *world) cleanUp() {
	if w.stop != nil {
		w.stop()
	}
	for _, pid := range marked(string(w.home)) {
		process, err := os.FindProcess(pid)
		if err == nil {
			process.Kill()
		}
	}
}

// marked returns the processes whose environment names the home, found
// without the code under test.
func marked(home string) []int {
	paths, _ := filepath.Glob("/proc/[0-9]*/environ")
	var pids []int
	for _, path := range paths {
		data, _ := os.ReadFile(path)
		if strings.Contains(string(data), "STIGMER_INSTANCE="+home+"/") {
			var pid int
			fmt.Sscanf(path, "/proc/%d/environ", &pid)
			pids = append(pids, pid)
		}
	}
	return pids
}
