package observer

import (
	"bufio"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

// roleVariable makes the test binary play a role instead of running tests.
const roleVariable = "OBSERVER_TEST_ROLE"

// patience bounds every wait of a test.
const patience = 20 * time.Second

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		os.Exit(play(strings.Fields(role)))
	}
	goleak.VerifyTestMain(m)
}

// takeLock opens the file and takes a flock, as the actuator does.
func takeLock(path string, how int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	return f, unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
}

// child is a running child and what it reported.
type child struct {
	*exec.Cmd
	report string
}

// option changes a child before it starts.
type option func(*exec.Cmd)

// start runs the test binary in a role and waits until it reports.
func start(t testing.TB, role string, options ...option) child {
	t.Helper()
	executable, err := os.Executable()
	must(t, err)
	cmd := exec.Command(executable)
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	for _, change := range options {
		change(cmd)
	}
	stdin, err := cmd.StdinPipe()
	must(t, err)
	out, in, err := os.Pipe()
	must(t, err)
	defer out.Close()
	cmd.Stdout, cmd.Stderr = in, os.Stderr
	must(t, cmd.Start())
	t.Cleanup(func() { stdin.Close(); end(cmd) })
	in.Close()
	must(t, out.SetReadDeadline(time.Now().Add(patience)))
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "ready") {
		t.Fatalf("child %q said %q, %v", role, line, err)
	}
	return child{Cmd: cmd, report: strings.TrimSpace(strings.TrimPrefix(line, "ready"))}
}

// end kills a child and waits for it; a child that has ended is left alone.
func end(cmd *exec.Cmd) {
	if cmd.ProcessState == nil {
		cmd.Process.Kill()
		cmd.Wait()
	}
}

func (c child) pid() int { return c.Process.Pid }

func (c child) address() netip.AddrPort { return netip.MustParseAddrPort(c.report) }

// marked gives the child the mark, and more variables.
func marked(mark string, more ...string) option {
	return func(cmd *exec.Cmd) {
		cmd.Env = append(append(cmd.Env, observed.MarkVariable+"="+mark), more...)
	}
}

// inheriting hands the files to the child, from descriptor 3 on.
func inheriting(files ...*os.File) option {
	return func(cmd *exec.Cmd) { cmd.ExtraFiles = files }
}

// withArgs gives the child arguments, which it ignores.
func withArgs(args ...string) option {
	return func(cmd *exec.Cmd) { cmd.Args = append(cmd.Args, args...) }
}

// instance is a home folder for one instance, and the target that names it.
type instance struct {
	folder string
	Target
}

func newInstance(t testing.TB) instance {
	folder := t.TempDir()
	return instance{folder: folder, Target: Target{
		LockPath:      filepath.Join(folder, "temporal.lock"),
		RecordPath:    filepath.Join(folder, "temporal.pid"),
		DatabasePath:  filepath.Join(folder, "temporal-data", "temporal.db"),
		Mark:          filepath.Join(folder, "temporal"),
		IP:            netip.MustParseAddr("127.0.0.1"),
		HealthTimeout: patience,
	}}
}

// frontend sets the only port.
func (i *instance) frontend(address netip.AddrPort) {
	i.Ports = []PortTarget{{Name: observed.Frontend, Port: address.Port()}}
}

// handOver starts a child that holds the instance's lock as Temporal does.
func (i instance) handOver(t testing.TB, role string, options ...option) child {
	t.Helper()
	f, err := takeLock(i.LockPath, unix.LOCK_EX)
	must(t, err)
	defer f.Close()
	return start(t, role, append(options, inheriting(f))...)
}

// newObserver returns an Observer that is closed after the test.
func newObserver(t testing.TB) *Observer {
	o := New(Options{})
	t.Cleanup(func() { must(t, o.Close()) })
	return o
}

func look1(t testing.TB, target Target) observed.State {
	t.Helper()
	return newObserver(t).Observe(t.Context(), target)
}

// hint is the identity of a child, as an earlier look would have given it.
func hint(t testing.TB, c child) []observed.Identity {
	t.Helper()
	identity, err := New(Options{}).Identify(c.pid())
	must(t, err)
	return []observed.Identity{identity}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// pidsOf lists the pids of a Known list of processes.
func pidsOf(t testing.TB, s observed.State) []int {
	t.Helper()
	if !s.Processes.IsKnown() {
		t.Fatalf("processes are %s: %s", s.Processes.Knowledge, s.Processes.Reason)
	}
	pids := []int{}
	for _, p := range s.Processes.Value {
		pids = append(pids, p.PID)
	}
	return pids
}

func mustAddrPort(address string) netip.AddrPort { return netip.MustParseAddrPort(address) }
