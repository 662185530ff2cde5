package observer

import (
	"net"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
	"golang.org/x/sys/unix"
)

// The whole, with the real server where it is at hand.
func TestRealServer(t *testing.T) {
	temporal := os.Getenv("STIGMER_TEMPORAL")
	if temporal == "" {
		t.Skip("STIGMER_TEMPORAL does not name a Temporal to run")
	}
	i := newInstance(t)
	must(t, os.Mkdir(i.folder+"/temporal-data", 0o700))
	port, http, metrics := freePort(t), freePort(t), freePort(t)
	f, err := takeLock(i.LockPath, unix.LOCK_EX)
	must(t, err)
	cmd := exec.Command(temporal, "server", "start-dev", "--headless", "--port", port, "--http-port", http,
		"--metrics-port", metrics, "--db-filename", i.DatabasePath, "--env-file", "/nonexistent")
	cmd.ExtraFiles = []*os.File{f}
	cmd.Env = append(os.Environ(), observed.MarkVariable+"="+i.Mark)
	must(t, cmd.Start())
	t.Cleanup(func() { end(cmd) })
	must(t, f.Close())
	i.Ports = []PortTarget{
		{observed.Frontend, mustAddrPort("127.0.0.1:" + port).Port()},
		{observed.HTTP, mustAddrPort("127.0.0.1:" + http).Port()},
		{observed.Metrics, mustAddrPort("127.0.0.1:" + metrics).Port()},
	}
	i.Hints = hint(t, child{Cmd: cmd})
	s := untilServing(t, i)
	for _, p := range s.Ports {
		if p.Listener.Value.Owner.Value.PID != cmd.Process.Pid {
			t.Errorf("port = %+v", p)
		}
	}
	e := s.Processes.Value[0].Evidence
	if e.HoldsLock != observed.Known || e.CarriesMark != observed.Known || e.NamesDatabase != observed.Known || e.OpensDatabase != observed.Known {
		t.Errorf("evidence = %+v", e)
	}
	if d := s.Database; !d.File.IsKnown() || !d.Writable.Value || !d.FirstBoot.IsAbsent() || !d.Meta.IsAbsent() {
		t.Errorf("database = %+v", d)
	}
	must(t, os.Rename(i.DatabasePath, i.DatabasePath+".away"))
	s = look1(t, i.Target)
	if e := s.Processes.Value[0].Evidence; !s.Database.File.IsAbsent() || e.OpensDatabase != observed.Absent {
		t.Errorf("after the database was taken away: file = %+v, evidence = %+v", s.Database.File, e)
	}
}

// untilServing looks until the server serves and listens on every port; each look takes as long as the
// server makes it wait, and the whole is bounded.
func untilServing(t *testing.T, i instance) observed.State {
	t.Helper()
	o := newObserver(t)
	for began := time.Now(); time.Since(began) < patience; {
		s := o.Observe(t.Context(), i.Target)
		silent := func(p observed.Port) bool { return !p.Listener.IsKnown() }
		if s.Health.Value.Status == observed.HealthServing && !slices.ContainsFunc(s.Ports, silent) {
			return s
		}
	}
	t.Fatal("the server does not serve")
	return observed.State{}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	must(t, err)
	return port
}
