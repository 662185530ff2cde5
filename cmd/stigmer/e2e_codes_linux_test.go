package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

func TestUsageErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, args := range [][]string{
		{"--nope"},
		{"bogus"},
		{"local", "bogus"},
		{"local", "--port", "abc"},
		{"local", "--port", "70000"},
		{"local", "--memory", "--db-filename", "x.db"},
		{"local", "--name", "Not_A_Label"},
		{"local", "--timeout", "soon"},
		{"local", "status", "-o", "xml"},
		{"local", "stop", "extra"},
		{"local", "daemon", "--log-format", "xml"},
	} {
		r := w.run(args...)
		if r.code != 2 || r.stdout != "" || !strings.HasPrefix(r.stderr, "stigmer: ") {
			t.Errorf("%q: want exit code 2 and only an error, got %s", args, r)
		}
	}
	if list := processesOf(w.home); len(list) > 0 {
		t.Errorf("a mistake started something:\n%s", describe(list))
	}
}

func TestInvalidFileIsNamedWithItsLine(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ lines, at string }{
		"syntax":    {"ui: [", ":7"},
		"unknown":   {"prot: 1", ":7"},
		"duplicate": {"port: 1", ":7"},
		"value":     {"interval: fast", ":7"},
		"range":     {"httpPort: 70000", ":7"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.wish(test.lines)
			before := w.read("desired", "temporal.yaml")
			for _, command := range [][]string{{"local"}, {"local", "stop"}, {"local", "restart"}} {
				r := w.expect(2, command...)
				if !strings.Contains(r.stderr, w.file("desired", "temporal.yaml")+test.at) {
					t.Errorf("%q: file and line are not named: %s", command, r)
				}
			}
			if w.read("desired", "temporal.yaml") != before {
				t.Error("the file was changed")
			}
			w.wish("enabled: false")
		})
	}
}

func TestTimeoutSaysWhatIsAwaited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wishStub([]string{"STUB_HEALTH=never"})
	r := w.expect(3, "local", "--timeout", "1s")
	for _, want := range []string{"is not ready after 1s", "NOT_SERVING", "the daemon goes on"} {
		if !strings.Contains(r.stderr, want) {
			t.Errorf("%q is not said: %s", want, r)
		}
	}
	w.temporal()
	if r := w.expect(0, "local", "--no-wait"); !strings.Contains(r.stdout, "is wanted") {
		t.Errorf("--no-wait printed %q", r.stdout)
	}
}

func TestCtrlCWhileWaiting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wishStub([]string{"STUB_HEALTH=never"})
	c := w.command("local")
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	w.awaitStatus("has a process that does not serve", func(o object) bool { return o.is("ProcessRunning") && !o.is("Serving") })
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	r := result{c.ProcessState.ExitCode(), stdout.String(), stderr.String()}
	if r.code != 1 || !strings.Contains(r.stderr, "the desired state stays as written") || faultsIn(r.stderr) != nil {
		t.Errorf("want exit code 1 and that the desired state stays, got %s", r)
	}
	if text := w.read("desired", "temporal.yaml"); !strings.Contains(text, "\n  enabled: true\n") {
		t.Errorf("the desired state did not stay:\n%s", text)
	}
	w.temporal()
	w.daemon()
}

func TestNoTemporalAnywhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish("binary: {path: /nonexistent/temporal}")
	r := w.expect(4, "local")
	if !strings.Contains(r.stderr, "/nonexistent/temporal") {
		t.Errorf("what is missing is not said: %s", r)
	}
}
