package observer

import (
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc/health/grpc_health_v1"
)

// healthOf looks at a child that is ours and listens on the frontend's port.
func healthOf(t *testing.T, role string, timeout time.Duration) observed.Fact[observed.Health] {
	t.Helper()
	i := newInstance(t)
	c := i.handOver(t, role, marked(i.Mark))
	i.Hints = hint(t, c)
	i.frontend(c.address())
	i.HealthTimeout = timeout
	return look1(t, i.Target).Health
}

func TestHealth(t *testing.T) {
	cases := map[string]struct {
		role    string
		timeout time.Duration
		want    observed.HealthStatus
		message string
	}{
		"serving":         {"health SERVING 127.0.0.1:0", patience, observed.HealthServing, ""},
		"not serving":     {"health NOT_SERVING 127.0.0.1:0", patience, observed.HealthNotServing, "NOT_SERVING"},
		"IPv4 wildcard":   {"health SERVING 0.0.0.0:0", patience, observed.HealthServing, ""},
		"not gRPC":        {"http 127.0.0.1:0", patience, observed.HealthError, ""},
		"never answers":   {"listen tcp4 127.0.0.1:0", shortly, observed.HealthTimeout, "no answer within 50ms"},
		"another service": {"health SERVICE_UNKNOWN 127.0.0.1:0", patience, observed.HealthNotServing, "SERVICE_UNKNOWN"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			h := healthOf(t, c.role, c.timeout)
			if !h.IsKnown() || h.Value.Status != c.want || !strings.Contains(h.Value.Message, c.message) {
				t.Errorf("health = %+v, want %s %q", h, c.want, c.message)
			}
			if (h.Value.Message == "") != (c.want == observed.HealthServing) {
				t.Errorf("message = %q", h.Value.Message)
			}
		})
	}
}

// A spec that asks for a wildcard address is asked over loopback.
func TestHealthOfAWildcard(t *testing.T) {
	i := newInstance(t)
	c := i.handOver(t, "health SERVING [::]:0")
	for ip, address := range map[string]string{"0.0.0.0": "0.0.0.0:1", "::": "[::]:1"} {
		i.IP = mustAddrPort(address).Addr()
		i.frontend(c.address())
		if h := look1(t, i.Target).Health; h.Value.Status != observed.HealthServing {
			t.Errorf("%s: health = %+v", ip, h)
		}
	}
}

func TestHealthIsNotAsked(t *testing.T) {
	i := newInstance(t)
	if h := look1(t, i.Target).Health; !h.IsUnknown() || !strings.Contains(h.Reason, "no frontend port") {
		t.Errorf("without a port: %+v", h)
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	must(t, err)
	i.frontend(mustAddrPort(l.Addr().String()))
	if h := look1(t, i.Target).Health; !h.IsUnknown() || !strings.Contains(h.Reason, "not ours") {
		t.Errorf("with a stranger's: %+v", h)
	}
	must(t, l.Close())
	if h := look1(t, i.Target).Health; !h.IsUnknown() || !strings.Contains(h.Reason, "nobody listens") {
		t.Errorf("with no listener: %+v", h)
	}
}

func TestHealthOfAStoppedServer(t *testing.T) {
	i := newInstance(t)
	o := newObserver(t)
	c := i.handOver(t, "health SERVING 127.0.0.1:0", marked(i.Mark))
	i.frontend(c.address())
	serving := func(want observed.HealthStatus) {
		t.Helper()
		if h := o.Observe(t.Context(), i.Target).Health; h.Value.Status != want {
			t.Errorf("health = %+v, want %s", h, want)
		}
	}
	serving(observed.HealthServing)
	must(t, c.Process.Signal(syscall.SIGSTOP))
	var info unix.Siginfo
	must(t, unix.Waitid(unix.P_PID, c.pid(), &info, unix.WSTOPPED|unix.WNOWAIT, nil))
	i.HealthTimeout = shortly
	serving(observed.HealthTimeout)
	must(t, c.Process.Signal(syscall.SIGCONT))
	i.HealthTimeout = patience
	serving(observed.HealthServing)
}

// A server that takes the place of another one is asked at once, over a new
// connection, without gRPC's backoff of a second.
func TestHealthOfAReplacedServer(t *testing.T) {
	i := newInstance(t)
	o := newObserver(t)
	address := "127.0.0.1:0"
	for round := range 5 {
		c := i.handOver(t, "health SERVING "+address)
		address = c.report
		i.frontend(c.address())
		began := time.Now()
		h := o.Observe(t.Context(), i.Target).Health
		if h.Value.Status != observed.HealthServing {
			t.Fatalf("round %d: health = %+v", round, h)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("round %d took %s", round, took)
		}
		end(c.Cmd)
		if h := o.Observe(t.Context(), i.Target).Health; !h.IsUnknown() {
			t.Errorf("round %d: health = %+v after the end", round, h)
		}
		if len(o.sessions.byKey) != 0 {
			t.Error("the connection to a server that ended is kept")
		}
	}
}

// A connection is used again as long as its listener is the same.
func TestHealthReusesTheConnection(t *testing.T) {
	i := newInstance(t)
	o := newObserver(t)
	c := i.handOver(t, "health SERVING 127.0.0.1:0")
	i.frontend(c.address())
	o.Observe(t.Context(), i.Target)
	first := o.sessions.byKey[sessionKey{instance: i.LockPath}]
	o.Observe(t.Context(), i.Target)
	if second := o.sessions.byKey[sessionKey{instance: i.LockPath}]; first == nil || second != first {
		t.Errorf("sessions %p, %p", first, second)
	}
}

// The proxy of the environment is for the outside world.
func TestHealthIgnoresProxies(t *testing.T) {
	for _, name := range []string{"HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "grpc_proxy"} {
		t.Setenv(name, "http://127.0.0.1:1")
	}
	t.Setenv("NO_PROXY", "")
	if h := healthOf(t, "health SERVING 127.0.0.1:0", patience); h.Value.Status != observed.HealthServing {
		t.Errorf("health = %+v", h)
	}
}

func TestHealthUnreachableAtOnce(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	must(t, err)
	address := mustAddrPort(l.Addr().String())
	must(t, l.Close())
	o := newObserver(t)
	for range 3 {
		s, err := newSession(address, socket{})
		must(t, err)
		h := s.check(t.Context(), patience)
		if h.Status != observed.HealthUnreachable || !strings.Contains(h.Message, "refused") {
			t.Errorf("health = %+v", h)
		}
		must(t, s.conn.Close())
	}
	must(t, o.Close())
}

// The listener is another one after the check: the answer says nothing.
func TestListenerChangedDuringTheCheck(t *testing.T) {
	i := newInstance(t)
	o := newObserver(t)
	c := i.handOver(t, "health SERVING 127.0.0.1:0")
	i.frontend(c.address())
	i.Namespaces = []string{"default"}
	l := o.newLook(i.Target)
	processes := l.search()
	v := l.ports(processes.Value)
	key := sessionKey{instance: i.LockPath}
	s := v.subject(0, key, l.questions(v, processes.Value))
	if health, _ := l.interview(t.Context(), s); health.Value.Status != observed.HealthServing {
		t.Fatalf("health = %+v", health)
	}
	before := socket{address: c.address(), inode: 1}
	s.ui = observed.Is(door{address: c.address(), listener: before, reached: before})
	if health, server := l.interview(t.Context(), s); !health.IsKnown() || server.UI.Reason != listenerChanged {
		t.Errorf("health = %+v, UI = %+v", health, server.UI)
	}
	s.listener, s.reached = before, before
	health, server := l.interview(t.Context(), s)
	for name, reason := range map[string]string{
		"health": health.Reason, "store": server.Store.Reason, "cluster": server.Cluster.Reason, "write": server.Write.Reason,
		"visibility": server.Visibility.Reason, "UI": server.UI.Reason, "namespace": server.Namespaces["default"].Reason,
		"running": server.Running.Reason,
	} {
		if reason != listenerChanged {
			t.Errorf("%s: reason = %q", name, reason)
		}
	}
	if o.sessions.byKey[key] != nil {
		t.Error("the connection is kept")
	}
}

func TestCloseLeavesNothingRunning(t *testing.T) {
	i := newInstance(t)
	c := i.handOver(t, "health SERVING 127.0.0.1:0")
	i.frontend(c.address())
	running := goleak.IgnoreCurrent()
	o := New(Options{})
	for range 2 {
		if h := o.Observe(t.Context(), i.Target).Health; h.Value.Status != observed.HealthServing {
			t.Errorf("health = %+v", h)
		}
		must(t, o.Close())
		goleak.VerifyNone(t, running)
	}
	must(t, o.Close())
}

// Health under the test's own control: the status changes between looks.
func TestHealthIsAskedEachTime(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	must(t, err)
	ended := make(chan error, 1)
	go func() { ended <- serveHealth(l, grpc_health_v1.HealthCheckResponse_SERVING) }()
	s, err := newSession(mustAddrPort(l.Addr().String()), socket{})
	must(t, err)
	if h := s.check(t.Context(), patience); h.Status != observed.HealthServing {
		t.Errorf("health = %+v", h)
	}
	must(t, l.Close())
	<-ended
	must(t, s.conn.Close())
}

// The listener is part of what a connection is kept for, the address alone
// does not tell one server from the next.
func TestSessionBelongsToItsListener(t *testing.T) {
	all := newSessions()
	address := mustAddrPort("127.0.0.1:1")
	a, b, stranger := sessionKey{instance: "a"}, sessionKey{instance: "b"}, sessionKey{instance: "a", external: true}
	first, err := all.get(a, address, socket{inode: 1})
	must(t, err)
	if s, err := all.get(stranger, address, socket{inode: 1}); err != nil || s == first {
		t.Errorf("a stranger has our connection, %v", err)
	}
	for listener, same := range map[socket]bool{{inode: 1}: true, {inode: 2}: false} {
		s, err := all.get(b, address, socket{inode: 1})
		must(t, err)
		again, err := all.get(b, address, listener)
		must(t, err)
		if (s == again) != same || again == first {
			t.Errorf("inode %d: the same connection: %v", listener.inode, s == again)
		}
	}
	all.drop(b)
	all.drop(b)
	if len(all.byKey) != 2 {
		t.Errorf("%d connections are left, want those of the other instance", len(all.byKey))
	}
	must(t, all.close())
}
