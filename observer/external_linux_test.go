package observer

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stigmer/stigmer-local/observer/observed"
	"golang.org/x/sys/unix"
)

// A Temporal started by hand: known by its command line, asked, and reported.
func TestExternal(t *testing.T) {
	i := newInstance(t)
	folder := t.TempDir()
	i.Namespaces, i.CheckWrite, i.CountRunning = []string{"default"}, true, true
	c := start(t, "health SERVING 127.0.0.1:0", in(folder), withArgs("server", "start-dev", "-f", "mine/temporal.db"))
	i.frontend(c.address())
	o := newObserver(t)
	s := o.Observe(t.Context(), i.Target)
	e := s.External.Value
	if !s.External.IsKnown() || e.Process.PID != c.pid() || e.Address != c.address() || e.Health.Status != observed.HealthServing {
		t.Fatalf("external = %+v", s.External)
	}
	if want := filepath.Join(folder, "mine/temporal.db"); e.Database != want {
		t.Errorf("database = %q, want %q", e.Database, want)
	}
	if e.Process.WorkingDir != folder || e.Process.Parent != ourselves(t) {
		t.Errorf("process = %+v", e.Process)
	}
	// The child serves nothing but health: it was asked, which is a problem.
	if got := checkWord(s.Server.Store); !strings.HasPrefix(got, "problem GetClusterInfo: unknown service") {
		t.Errorf("store = %s", got)
	}
	if !s.Server.Write.IsUnknown() || !s.Server.Running.IsUnknown() || !s.Server.UI.IsUnknown() || len(s.Server.Namespaces) != 0 {
		t.Errorf("server = %+v", s.Server)
	}
	if !s.Health.IsUnknown() || !strings.Contains(s.Health.Reason, "not ours") {
		t.Errorf("health = %+v", s.Health)
	}
	ours, theirs := sessionKey{instance: i.LockPath}, sessionKey{instance: i.LockPath, external: true}
	if o.sessions.byKey[ours] != nil || o.sessions.byKey[theirs] == nil {
		t.Errorf("connections = %+v", o.sessions.byKey)
	}
	end(c.Cmd)
	if s := o.Observe(t.Context(), i.Target); !s.External.IsAbsent() || !s.Server.Store.IsUnknown() || len(o.sessions.byKey) != 0 {
		t.Errorf("after its end: %+v, %d connections", s.External, len(o.sessions.byKey))
	}
}

// One that does not answer is reported with that.
func TestExternalThatHangs(t *testing.T) {
	i := newInstance(t)
	i.HealthTimeout = shortly
	c := start(t, "listen tcp4 127.0.0.1:0", withArgs("start-dev"))
	i.frontend(c.address())
	s := look1(t, i.Target)
	if e := s.External.Value; e.Health.Status != observed.HealthTimeout || e.Database != "" {
		t.Errorf("external = %+v", s.External)
	}
	if got := checkWord(s.Server.Store); got != "unknown "+notServing {
		t.Errorf("store = %s", got)
	}
}

// Nobody who does not look like Temporal is connected to.
func TestOthersAreNotConnectedTo(t *testing.T) {
	i := newInstance(t)
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	i.frontend(mustAddrPort(l.Addr().String()))
	i.Ports = append(i.Ports, PortTarget{Name: observed.UI, Port: i.Ports[0].Port})
	s := look1(t, i.Target)
	if !s.External.IsAbsent() || !strings.Contains(s.External.Reason, "does not look like Temporal") {
		t.Errorf("external = %+v", s.External)
	}
	raw, err := l.(*net.TCPListener).SyscallConn()
	must(t, err)
	var accepted error
	must(t, raw.Control(func(fd uintptr) {
		_, _, accepted = unix.Accept4(int(fd), unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
	}))
	if !errors.Is(accepted, unix.EAGAIN) {
		t.Errorf("somebody connected: %v", accepted)
	}
}

// Ours is not external, even when it is not in the list or the list is unknown.
func TestOursIsNotExternal(t *testing.T) {
	temporal := observed.Process{Identity: observed.Identity{PID: os.Getpid()}, Args: []string{"server", "start-dev"}}
	viewWith := func(owner observed.Fact[observed.Process]) portView {
		v := viewOf([]uint16{7233}, 7233)
		v.ports[0].Listener = observed.Is(observed.Listener{Owner: owner})
		v.found = v.sockets
		return v
	}
	marked := temporal
	marked.Evidence.CarriesMark = observed.Known
	opens := temporal
	opens.Evidence.OpensDatabase = observed.Known
	none := observed.Is([]observed.Process{})
	cases := map[string]struct {
		view      portView
		processes observed.Fact[[]observed.Process]
		want      observed.Knowledge
	}{
		"a stranger":                   {viewWith(observed.Is(temporal)), none, observed.Known},
		"a stranger with our database": {viewWith(observed.Is(opens)), observed.Is([]observed.Process{opens}), observed.Known},
		"a leftover of ours":           {viewWith(observed.Is(marked)), none, observed.Absent},
		"who knows":                    {viewWith(observed.Is(temporal)), observed.Unsure[[]observed.Process]("no"), observed.Unknown},
		"hidden":                       {viewWith(observed.Unsure[observed.Process]("hidden")), none, observed.Absent},
		"no sockets":                   {viewOf([]uint16{7233}), none, observed.Unknown},
		"no frontend":                  {portView{}, none, observed.Absent},
	}
	l := newObserver(t).newLook(Target{})
	for name, c := range cases {
		ours := len(c.view.ports) > 0 && ownedBy(c.view.ports[0].Listener, c.processes.Value)
		if got := l.external(c.view, c.view.index(observed.Frontend), ours, c.processes); got.Knowledge != c.want {
			t.Errorf("%s: external = %+v, want %s", name, got, c.want)
		}
	}
}

func TestLooksLikeTemporal(t *testing.T) {
	for name, c := range map[string]struct {
		executable string
		args       []string
		want       bool
	}{
		"by its name":         {"/opt/temporal", []string{"x"}, true},
		"another server":      {"/usr/bin/temporal-server", nil, true},
		"renamed":             {"/usr/bin/t", []string{"t", "server", "start-dev"}, true},
		"an interpreter":      {"/usr/bin/python3", []string{"python3", "temporal.py"}, false},
		"in a folder":         {"/opt/temporal/nc", []string{"nc", "-l", "7233"}, false},
		"part of an argument": {"/bin/nc", []string{"nc", "start-dev-x"}, false},
		"nothing known":       {"", nil, false},
	} {
		if got := looksLikeTemporal(observed.Process{Executable: c.executable, Args: c.args}); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestDatabaseOf(t *testing.T) {
	for want, p := range map[string]observed.Process{
		"":        {Args: []string{"start-dev"}, WorkingDir: "/w"},
		"/a":      {Args: []string{"start-dev", "-f", "/a"}, WorkingDir: "/w"},
		"/w/a/b":  {Args: []string{"start-dev", "--db-filename=a/b"}, WorkingDir: "/w"},
		"c":       {Args: []string{"start-dev", "-f", "c"}},
		"/second": {Args: []string{"start-dev", "-f", "/first", "-f", "/second"}, WorkingDir: "/w"},
	} {
		if got := databaseOf(p); got != want {
			t.Errorf("database of %q = %q, want %q", p.Args, got, want)
		}
	}
}

// Where connections to the address lead to somebody else, nobody is asked.
func TestConnectionsThatLeadAstray(t *testing.T) {
	i := newInstance(t)
	c := i.handOver(t, "health SERVING 127.0.0.1:0")
	i.frontend(c.address())
	l := newObserver(t).newLook(i.Target)
	processes := l.search()
	v := l.ports(processes.Value)
	v.sockets = []socket{{address: c.address(), inode: 1}}
	a := l.ask(t.Context(), v, processes)
	if !a.health.IsUnknown() || !strings.Contains(a.health.Reason, "another listener") || len(l.sessions.byKey) != 0 {
		t.Errorf("health = %+v", a.health)
	}
}
