package stubtemporal

import (
	"bufio"
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// TestMain makes the test binary the stub itself when a test asks for it, so
// that the tests see it as a daemon would: as a process.
func TestMain(m *testing.M) {
	if os.Getenv("STUB_TEST_MAIN") != "" {
		os.Exit(Main(os.Args[1:], os.Getenv))
	}
	goleak.VerifyTestMain(m)
}

// stub is a child that the test runs.
type stub struct {
	*exec.Cmd
	address string
	stdout  *bufio.Scanner
	stderr  *strings.Builder
}

// launch starts a stub on a port of the kernel's choice.
func launch(t *testing.T, variables []string, flags ...string) *stub {
	t.Helper()
	return launchWith(t, nil, variables, flags...)
}

// launchWith starts a stub that has files as its descriptors from 3 on.
func launchWith(t *testing.T, files []*os.File, variables []string, flags ...string) *stub {
	t.Helper()
	s := &stub{stderr: &strings.Builder{}}
	s.Cmd = command(append([]string{"--ip", "127.0.0.1", "--port", "0", "--headless"}, flags...), variables)
	s.Stderr, s.ExtraFiles = s.stderr, files
	out, err := s.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.stdout = bufio.NewScanner(out)
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.Process.Kill()
		_ = s.Wait()
	})
	return s
}

func command(flags, variables []string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], append([]string{"server", "start-dev"}, flags...)...)
	// Without the option every exit of a race-enabled child takes a second.
	cmd.Env = append(append(os.Environ(), "STUB_TEST_MAIN=1", "GORACE=atexit_sleep_ms=0"), variables...)
	return cmd
}

// awaitStart returns when the stub has printed its banner, that is, serves.
func (s *stub) awaitStart(t *testing.T) *stub {
	t.Helper()
	for s.stdout.Scan() {
		if address, ok := strings.CutPrefix(s.stdout.Text(), "Server:  "); ok {
			s.address = address
			return s
		}
	}
	t.Fatalf("the stub ended with %d before it served: %s", s.exitCode(), s.stderr)
	return nil
}

func (s *stub) signal(t *testing.T, number syscall.Signal) {
	t.Helper()
	if err := s.Process.Signal(number); err != nil {
		t.Fatal(err)
	}
}

// exitCode waits for the stub to end.
func (s *stub) exitCode() int {
	_ = s.Wait()
	return s.ProcessState.ExitCode()
}

// dial returns a connection to the frontend that ends with the test.
func (s *stub) dial(t *testing.T) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(s.address,
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// health asks for the state of service; an answer that does not come within
// 150 ms is codes.DeadlineExceeded.
func (s *stub) health(t *testing.T, service string) (string, codes.Code) {
	t.Helper()
	conn := s.dial(t)
	ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
	defer cancel()
	answer, err := grpc_health_v1.NewHealthClient(conn).Check(ctx,
		&grpc_health_v1.HealthCheckRequest{Service: service})
	return answer.GetStatus().String(), status.Code(err)
}

// signalPipe makes the fifo for STUB_SIGNALS; its lines arrive on the scanner.
func signalPipe(t *testing.T) (string, *bufio.Scanner) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "signals")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	pipe, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pipe.Close() })
	return path, bufio.NewScanner(pipe)
}

// freePort finds a port below those that the kernel gives out by itself, so
// that no other connection of the machine takes it in the meantime.
func freePort(t *testing.T) string {
	t.Helper()
	for range 100 {
		port := strconv.Itoa(20000 + rand.IntN(10000))
		if listener, err := net.Listen("tcp4", "127.0.0.1:"+port); err == nil {
			defer listener.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return ""
}

func getStatus(t *testing.T, port string) int {
	t.Helper()
	return getStatusWithin(t, port, 20*time.Second)
}

// getStatusWithin returns 0 when no answer comes in time.
func getStatusWithin(t *testing.T, port string, limit time.Duration) int {
	t.Helper()
	answer, err := (&http.Client{Timeout: limit}).Get("http://127.0.0.1:" + port)
	if late, ok := errors.AsType[net.Error](err); ok && late.Timeout() {
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	return answer.StatusCode
}
