package stubtemporal

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"google.golang.org/grpc/codes"
)

func TestServesAndStops(t *testing.T) {
	t.Parallel()
	database := filepath.Join(t.TempDir(), "temporal.db")
	ui := freePort(t)
	s := launch(t, nil, "--headless=false", "--ui-port", ui, "--db-filename", database, "-n", "orders", "--env-file", "/nonexistent",
		"--dynamic-config-value", "a=1", "--sqlite-pragma", "b=2", "--log-level", "warn").awaitStart(t)
	for _, service := range []string{"", WorkflowService} {
		if got, code := s.health(t, service); got != "SERVING" {
			t.Errorf("health of %q is %s (%s), want SERVING", service, got, code)
		}
	}
	if _, code := s.health(t, "another"); code != codes.NotFound {
		t.Errorf("health of an unknown service is %s, want NotFound", code)
	}
	if got := getStatus(t, ui); got != 200 {
		t.Errorf("UI answers %d, want 200", got)
	}
	if _, err := os.Stat(database); err != nil {
		t.Error(err)
	}
	s.signal(t, syscall.SIGTERM)
	if got := s.exitCode(); got != 0 {
		t.Errorf("exit code after SIGTERM is %d, want 0: %s", got, s.stderr)
	}
}

func TestRefusesTakenPortInTheWordsOfTheRealServer(t *testing.T) {
	t.Parallel()
	stranger, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	taken := strconv.Itoa(stranger.Addr().(*net.TCPAddr).Port)
	for flag, name := range map[string]string{
		"--port": "frontend", "--http-port": "frontend HTTP", "--ui-port": "UI", "--metrics-port": "metrics",
	} {
		s := launch(t, nil, "--headless=false", "--ui-port", freePort(t), flag, taken)
		if got := s.exitCode(); got != 1 {
			t.Errorf("%s: exit code %d, want 1", flag, got)
		}
		want := "can't set " + name + " port " + taken + ": listen tcp 127.0.0.1:" + taken + ": bind: address already in use"
		if !strings.Contains(s.stderr.String(), want) {
			t.Errorf("%s: stderr %q, want %q", flag, s.stderr, want)
		}
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, want string }{
		{"--bogus", "Error: unknown flag: --bogus"},
		{"--dynamic-config-value=a", "missing expected '='"},
		{"--output=xml", `invalid argument "xml"`},
		{"extra", `unknown command "extra"`},
		{"--db-filename=/nonexistent/t.db", "failed checking dir for database file: stat /nonexistent"},
	}
	for _, test := range tests {
		s := launch(t, nil, test.name)
		if got := s.exitCode(); got != 1 {
			t.Errorf("%s: exit code %d, want 1", test.name, got)
		}
		if !strings.Contains(s.stderr.String(), test.want) {
			t.Errorf("%s: stderr %q, want %q", test.name, s.stderr, test.want)
		}
	}
}

func TestRefusesVariableItCannotRead(t *testing.T) {
	t.Parallel()
	for _, variable := range []string{"STUB_EXIT=x", "STUB_START_DELAY=1", "STUB_HEALTH=ill"} {
		s := launch(t, []string{variable})
		name, _, _ := strings.Cut(variable, "=")
		if got := s.exitCode(); got != 1 || !strings.Contains(s.stderr.String(), "cannot read "+name) {
			t.Errorf("%s: exit code %d, stderr %q", variable, got, s.stderr)
		}
	}
}
