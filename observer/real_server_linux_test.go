package observer

import (
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
	"go.temporal.io/api/workflowservice/v1"
	"golang.org/x/sys/unix"
)

// real is a running Temporal, with the Observer that has seen it serve.
type real struct {
	instance
	*Observer
	*exec.Cmd
}

// realServer starts the real server for a new instance, as ours: with the
// lock and the mark.
func realServer(t testing.TB) real {
	t.Helper()
	r := real{instance: newInstance(t), Observer: newObserver(t)}
	must(t, os.Mkdir(filepath.Dir(r.DatabasePath), 0o700))
	lock, err := takeLock(r.LockPath, unix.LOCK_EX)
	must(t, err)
	defer lock.Close()
	r.run(t, inheriting(lock), marked(r.Mark))
	r.Hints = hint(t, child{Cmd: r.Cmd})
	r.untilServing(t, func(s observed.State) bool {
		return s.Health.Value.Status == observed.HealthServing && passed(s.Server.Store) && passed(s.Server.Visibility) && passed(s.Server.UI)
	})
	return r
}

// run starts the real server on free ports.
func (r *real) run(t testing.TB, options ...option) {
	t.Helper()
	temporal := os.Getenv("STIGMER_TEMPORAL")
	if temporal == "" {
		t.Skip("STIGMER_TEMPORAL does not name a Temporal to run")
	}
	// Without the timeout a commit that meets the test at the file can lock it for good.
	args := []string{"server", "start-dev", "--db-filename", r.DatabasePath, "--env-file", "/nonexistent", "--log-level", "never",
		"--sqlite-pragma", "busy_timeout=10000"}
	r.IP, r.Ports = netip.MustParseAddr("127.0.0.1"), nil
	for flag, name := range map[string]observed.PortName{
		"--port": observed.Frontend, "--ui-port": observed.UI, "--http-port": observed.HTTP, "--metrics-port": observed.Metrics,
	} {
		port := unusedPort(t)
		args = append(args, flag, strconv.Itoa(int(port)))
		r.Ports = append(r.Ports, PortTarget{Name: name, Port: port})
	}
	r.Cmd = exec.Command(temporal, args...)
	r.Cmd.Env = os.Environ()
	for _, change := range options {
		change(r.Cmd)
	}
	must(t, r.Start())
	t.Cleanup(func() { end(r.Cmd) })
}

func unusedPort(t testing.TB) uint16 {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	return mustAddrPort(l.Addr().String()).Port()
}

// untilServing looks until the state is as it should be; each look takes as
// long as the server makes it wait.
func (r real) untilServing(t testing.TB, serves func(observed.State) bool) observed.State {
	t.Helper()
	var s observed.State
	for began := time.Now(); time.Since(began) < patience; {
		if s = r.look(t); serves(s) {
			return s
		}
	}
	t.Fatalf("the server does not serve: %+v", s)
	return s
}

// look looks once.
func (r real) look(t testing.TB) observed.State { return r.Observe(t.Context(), r.Target) }

// session is the connection to the server that is ours.
func (r real) session() *session { return r.sessions.byKey[sessionKey{instance: r.LockPath}] }

// flow is a client of the server, over the Observer's own connection.
func (r real) flow() workflowservice.WorkflowServiceClient {
	return workflowservice.NewWorkflowServiceClient(r.session().conn)
}
