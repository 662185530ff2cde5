package stubtemporal

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
)

func TestHealthDeviates(t *testing.T) {
	t.Parallel()
	tests := []struct {
		health, want string
		code         codes.Code
	}{
		{"never", "NOT_SERVING", codes.OK},
		{"lost", "NOT_SERVING", codes.OK},
		{"mute", "UNKNOWN", codes.DeadlineExceeded},
	}
	for _, test := range tests {
		t.Run(test.health, func(t *testing.T) {
			t.Parallel()
			s := launch(t, []string{"STUB_HEALTH=" + test.health}).awaitStart(t)
			if got, code := s.health(t, WorkflowService); got != test.want || code != test.code {
				t.Errorf("health is %s (%s), want %s (%s)", got, code, test.want, test.code)
			}
		})
	}
}

func TestControlFileIsReadAgainOnSIGUSR1(t *testing.T) {
	t.Parallel()
	control := filepath.Join(t.TempDir(), "control")
	s := launch(t, []string{"STUB_CONTROL=" + control}).awaitStart(t)
	if err := os.WriteFile(control, []byte("STUB_EXIT=7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.signal(t, syscall.SIGUSR1)
	if got := s.exitCode(); got != 7 {
		t.Errorf("exit code is %d, want 7: %s", got, s.stderr)
	}
}

func TestIgnoresAndRecordsSignals(t *testing.T) {
	t.Parallel()
	path, signals := signalPipe(t)
	s := launch(t, []string{"STUB_IGNORE_TERM=1", "STUB_SIGNALS=" + path}).awaitStart(t)
	for _, number := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		s.signal(t, number)
		signals.Scan()
		if got, want := signals.Text(), map[syscall.Signal]string{
			syscall.SIGTERM: "SIGTERM", syscall.SIGINT: "SIGINT", syscall.SIGHUP: "SIGHUP",
		}[number]; got != want {
			t.Errorf("recorded %q, want %q", got, want)
		}
	}
	if got := s.exitCode(); got != exitHangup {
		t.Errorf("exit code after SIGHUP is %d, want %d", got, exitHangup)
	}
}

func TestExitsAfterStart(t *testing.T) {
	t.Parallel()
	s := launch(t, []string{"STUB_EXIT=3", "STUB_START_DELAY=10ms", "STUB_EXIT_AFTER=10ms"})
	begin := time.Now()
	if got := s.exitCode(); got != 3 {
		t.Errorf("exit code is %d, want 3", got)
	}
	if took := time.Since(begin); took < 20*time.Millisecond {
		t.Errorf("exited after %s, want at least the two delays, 20ms", took)
	}
}

func TestStopsWhileItStarts(t *testing.T) {
	t.Parallel()
	path, signals := signalPipe(t)
	s := launch(t, []string{"STUB_START_DELAY=1h", "STUB_STOP_DELAY=1ms", "STUB_SIGNALS=" + path})
	recorded := make(chan bool, 1)
	go func() { recorded <- signals.Scan() }()
	// Before its handlers are set the process dies of SIGTERM (the real server
	// does too); SIGWINCH is harmless and its record says that they are set.
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	for set := false; !set; {
		select {
		case <-again.C:
			s.signal(t, syscall.SIGWINCH)
		case set = <-recorded:
		}
	}
	s.signal(t, syscall.SIGTERM)
	if got := s.exitCode(); got != 0 {
		t.Errorf("exit code is %d, want 0", got)
	}
}

func TestGrandchildKeepsTheLock(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"group", "setsid"} {
		folder := t.TempDir()
		pidFile, lock := filepath.Join(folder, "pid"), filepath.Join(folder, "lock")
		s := launchWithLock(t, lock, "STUB_GRANDCHILD="+where+",fd3", "STUB_GRANDCHILD_FILE="+pidFile)
		pid := readPid(t, pidFile)
		group, err := syscall.Getpgid(pid)
		if err != nil {
			t.Fatal(err)
		}
		if detached := group == pid; detached != (where == "setsid") {
			t.Errorf("%s: the grandchild %d is in group %d", where, pid, group)
		}
		_ = s.Process.Kill()
		s.exitCode()
		if err := flock(t, lock, syscall.LOCK_EX|syscall.LOCK_NB); err != syscall.EWOULDBLOCK {
			t.Errorf("%s: lock after the stub's death: %v, want it held", where, err)
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if err := flock(t, lock, syscall.LOCK_EX); err != nil {
			t.Errorf("%s: lock after the grandchild's death: %v", where, err)
		}
	}
}

// launchWithLock starts a stub that has the locked file as descriptor 3.
func launchWithLock(t *testing.T, path string, variables ...string) *stub {
	t.Helper()
	lock, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	return launchWith(t, []*os.File{lock}, variables).awaitStart(t)
}

func readPid(t *testing.T, path string) int {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func flock(t *testing.T, path string, how int) error {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	return syscall.Flock(int(file.Fd()), how)
}
