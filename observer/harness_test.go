package observer

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
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
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
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

// play does what the role says, reports one line, and ends when standard
// input does, so that no child outlives the tests.
func play(role []string) int {
	report, err := roles[role[0]](role[1:])
	if err != nil {
		fmt.Println("failed:", err)
		return 1
	}
	fmt.Println("ready", report)
	io.Copy(io.Discard, os.Stdin)
	return 0
}

// roles are what a child can be; each returns what to report.
var roles = map[string]func(args []string) (string, error){
	"wait":    func([]string) (string, error) { return "", nil },
	"listen":  playListen,
	"health":  playHealth,
	"http":    playHTTP,
	"lock":    playLock,
	"rename":  playRename,
	"observe": playObserve,
	"parent":  playParent,
	"ports":   playPorts,
}

// playListen listens on NETWORK ADDRESS and never accepts.
func playListen(args []string) (string, error) {
	l, err := net.Listen(args[0], args[1])
	if err != nil {
		return "", err
	}
	kept = append(kept, l)
	return l.Addr().String(), nil
}

// kept keeps what a role opened from being collected, and so closed.
var kept []any

// playHealth serves gRPC health with STATUS on ADDRESS.
func playHealth(args []string) (string, error) {
	l, err := net.Listen("tcp", args[1])
	if err != nil {
		return "", err
	}
	go serveHealth(l, grpc_health_v1.HealthCheckResponse_ServingStatus(
		grpc_health_v1.HealthCheckResponse_ServingStatus_value[args[0]]))
	return l.Addr().String(), nil
}

// serveHealth is what a frontend's health service is to the observer.
func serveHealth(l net.Listener, status grpc_health_v1.HealthCheckResponse_ServingStatus) error {
	service := health.NewServer()
	service.SetServingStatus(frontendService, status)
	server := grpc.NewServer()
	grpc_health_v1.RegisterHealthServer(server, service)
	return server.Serve(l)
}

// playHTTP serves ordinary HTTP on ADDRESS.
func playHTTP(args []string) (string, error) {
	l, err := net.Listen("tcp", args[0])
	if err != nil {
		return "", err
	}
	go http.Serve(l, http.NotFoundHandler())
	return l.Addr().String(), nil
}

// playLock takes the lock on PATH itself, at whatever descriptor it gets.
func playLock(args []string) (string, error) {
	f, err := takeLock(args[0], unix.LOCK_EX)
	kept = append(kept, f)
	return "", err
}

// playRename gives the process the name that follows, blanks as underscores.
func playRename(args []string) (string, error) {
	return "", os.WriteFile("/proc/self/comm", []byte(strings.ReplaceAll(args[0], "_", " ")), 0)
}

// playObserve looks for MARK with the lock at PATH and reports the processes.
func playObserve(args []string) (string, error) {
	o := New(Options{})
	state := o.Observe(context.Background(), Target{Mark: args[0], LockPath: args[1]})
	return describe(state), o.Close()
}

// playPorts looks at ADDRESS and reports what it knows of its listener.
func playPorts(args []string) (string, error) {
	address, err := netip.ParseAddrPort(args[0])
	if err != nil {
		return "", err
	}
	o := New(Options{})
	state := o.Observe(context.Background(), Target{
		IP: address.Addr(), Ports: []PortTarget{{Name: observed.UI, Port: address.Port()}},
	})
	l := state.Ports[0].Listener
	return fmt.Sprint(l.Knowledge, " ", l.Value.Owner.Knowledge, " ", l.Value.Owner.Reason), o.Close()
}

// playParent starts a child with the ROLE that follows, and reports for it.
func playParent(args []string) (string, error) {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), roleVariable+"="+strings.Join(args, " "))
	cmd.Stdin = os.Stdin
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	return strings.TrimPrefix(strings.TrimSpace(line), "ready "), err
}

// describe prints the state's processes and lock in one line.
func describe(s observed.State) string {
	line := fmt.Sprintf("lock=%s processes=%s", s.Lock.Knowledge, s.Processes.Knowledge)
	for _, p := range s.Processes.Value {
		line += fmt.Sprintf(" %d:%s,%s,%s,%s", p.PID,
			p.Evidence.HoldsLock, p.Evidence.CarriesMark, p.Evidence.MatchesRecord, p.Evidence.NamesDatabase)
	}
	return line
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
