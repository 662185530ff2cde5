package observer

import (
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// portAt looks at one port, and returns what was seen there.
func portAt(t *testing.T, i instance, want netip.AddrPort) observed.Fact[observed.Listener] {
	t.Helper()
	i.IP = want.Addr()
	i.Ports = []PortTarget{{Name: observed.UI, Port: want.Port()}}
	ports := look1(t, i.Target).Ports
	if len(ports) != 1 || ports[0].Address != want || ports[0].Name != observed.UI {
		t.Fatalf("ports = %+v", ports)
	}
	return ports[0].Listener
}

func TestListeners(t *testing.T) {
	cases := map[string]struct {
		network, address string
		on4, on6, onAny  bool
	}{
		"IPv4 loopback": {"tcp4", "127.0.0.1:0", true, false, true},
		"IPv4 wildcard": {"tcp4", "0.0.0.0:0", true, false, true},
		"both families": {"tcp", "[::]:0", true, true, true},
		"IPv6 only":     {"tcp6", "[::]:0", false, true, true},
		"IPv6 loopback": {"tcp6", "[::1]:0", false, true, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			i := newInstance(t)
			l := start(t, "listen "+c.network+" "+c.address)
			for ip, listens := range map[string]bool{"127.0.0.1": c.on4, "::1": c.on6, "0.0.0.0": c.onAny} {
				want := netip.AddrPortFrom(netip.MustParseAddr(ip), l.address().Port())
				got := portAt(t, i, want)
				if got.IsKnown() != listens || got.IsUnknown() {
					t.Errorf("%s: listener = %+v, want Known %v", want, got, listens)
				}
				if listens && got.Value.Address != l.address() {
					t.Errorf("%s: bound to %s, want %s", want, got.Value.Address, l.address())
				}
			}
		})
	}
}

func TestStrangerOnThePort(t *testing.T) {
	i := newInstance(t)
	stranger := start(t, "listen tcp4 127.0.0.1:0", withArgs("--flag"))
	i.frontend(stranger.address())
	s := look1(t, i.Target)
	l := s.Ports[0].Listener.Value
	owner := l.Owner.Value
	if owner.PID != stranger.pid() || !slices.Contains(owner.Args, "--flag") || owner.Executable == "" {
		t.Errorf("owner = %+v", l.Owner)
	}
	if owner.Evidence != absentUnless(observed.Evidence{}) {
		t.Errorf("evidence = %+v", owner.Evidence)
	}
	if l.Inode == 0 || l.User == "" {
		t.Errorf("listener = %+v", l)
	}
	if len(pidsOf(t, s)) != 0 {
		t.Errorf("processes = %v, want none", pidsOf(t, s))
	}
	if !s.Health.IsUnknown() || !strings.Contains(s.Health.Reason, "not ours") {
		t.Errorf("health = %+v", s.Health)
	}
}

// A socket that several processes have open belongs to ours first.
func TestSharedListener(t *testing.T) {
	i := newInstance(t)
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	must(t, err)
	f, err := l.(*net.TCPListener).File()
	must(t, err)
	start(t, "wait", inheriting(f))
	ours := start(t, "wait", inheriting(f), marked(i.Mark))
	must(t, f.Close())
	address := netip.MustParseAddrPort(l.Addr().String())
	must(t, l.Close())
	if got := portAt(t, i, address); got.Value.Owner.Value.PID != ours.pid() {
		t.Errorf("owner = %+v, want %d", got.Value.Owner, ours.pid())
	}
}

// What is remembered of a socket is checked: a socket that moved on to
// another process has that one as its owner.
func TestOwnerMemoryIsVerified(t *testing.T) {
	i := newInstance(t)
	o := newObserver(t)
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	must(t, err)
	f, err := l.(*net.TCPListener).File()
	must(t, err)
	i.frontend(netip.MustParseAddrPort(l.Addr().String()))
	owner := func() int {
		return o.Observe(t.Context(), i.Target).Ports[0].Listener.Value.Owner.Value.PID
	}
	if got := owner(); got != os.Getpid() {
		t.Fatalf("owner = %d, want ourselves", got)
	}
	heir := start(t, "wait", inheriting(f))
	must(t, f.Close())
	must(t, l.Close())
	if got := owner(); got != heir.pid() {
		t.Errorf("owner = %d, want the heir %d", got, heir.pid())
	}
	end(heir.Cmd)
	if got := o.Observe(t.Context(), i.Target).Ports[0].Listener; !got.IsAbsent() {
		t.Errorf("listener = %+v after its owner ended", got)
	}
}

func TestOwnerOfAnotherUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can look as another user")
	}
	root := start(t, "listen tcp4 127.0.0.1:0")
	c := start(t, "ports "+root.report, asNobody)
	if want := "Known Unknown no process that can be read has the socket on " + root.report + " open, which belongs to root"; c.report != want {
		t.Errorf("report = %q, want %q", c.report, want)
	}
}

func TestNoAddress(t *testing.T) {
	i := newInstance(t)
	if got := portAt(t, i, netip.AddrPortFrom(netip.Addr{}, 1)); !got.IsUnknown() {
		t.Errorf("listener = %+v", got)
	}
}

func TestOwnerMemoryIsBounded(t *testing.T) {
	m := newOwnerMemory()
	for inode := range uint64(3 * maxPlaces) {
		m.put(inode, place{pid: 1})
	}
	if len(m.places) > maxPlaces {
		t.Errorf("%d places are remembered", len(m.places))
	}
}

// gopsutil is slow and leaves out inode and v6only; what both tell must agree.
func TestFastListenersAgreeWithPortable(t *testing.T) {
	for _, address := range []string{"tcp4 127.0.0.1:0", "tcp4 0.0.0.0:0", "tcp [::]:0", "tcp6 [::1]:0"} {
		start(t, "listen "+address)
	}
	fast, slow := settled(t)
	if !slices.Equal(fast, slow) {
		t.Errorf("listeners\nfast %v\nslow %v", fast, slow)
	}
	if len(fast) < 4 {
		t.Errorf("only %d listeners", len(fast))
	}
}

// settled lists the listeners both ways, at a moment when nobody else on the
// machine started or ended one in between.
func settled(t *testing.T) (fast, slow []string) {
	t.Helper()
	for range 20 {
		before := addresses(t, diagListeners)
		slow = addresses(t, portableListeners)
		if fast = addresses(t, diagListeners); slices.Equal(before, fast) {
			return fast, slow
		}
	}
	t.Skip("the machine's listeners change too often to compare them")
	return nil, nil
}

func addresses(t *testing.T, list func() ([]socket, error)) []string {
	t.Helper()
	sockets, err := list()
	must(t, err)
	var lines []string
	for _, s := range sockets {
		lines = append(lines, s.address.String())
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

// The portable list names owners at once, and has no inodes to look for.
func TestOwnersOfPortableSockets(t *testing.T) {
	l := newObserver(t).newLook(Target{})
	named := socket{address: mustAddrPort("127.0.0.1:1"), pid: os.Getpid()}
	nameless := socket{address: mustAddrPort("127.0.0.1:2"), uid: -1}
	owners := l.findOwners([]socket{named, nameless}, nil)
	if owners[named].pid != os.Getpid() {
		t.Errorf("owner = %+v, want ourselves", owners[named])
	}
	if owner := l.ownerFact(nameless, owners[nameless]); !owner.IsUnknown() || owner.Reason == "" {
		t.Errorf("owner = %+v, want Unknown", owner)
	}
}

// Whoever is named as the owner may be gone when it is read.
func TestOwnerThatIsGone(t *testing.T) {
	l := newObserver(t).newLook(Target{})
	owner := l.ownerFact(socket{address: mustAddrPort("127.0.0.1:1")}, ownerAnswer{pid: 1 << 30})
	if !owner.IsUnknown() || !strings.Contains(owner.Reason, "no such process") {
		t.Errorf("owner = %+v", owner)
	}
}

func TestListenerUnknown(t *testing.T) {
	l := newObserver(t).newLook(Target{})
	got := l.listener(mustAddrPort("127.0.0.1:1"), socket{}, ownerAnswer{}, os.ErrPermission)
	if !got.IsUnknown() || got.Reason == "" {
		t.Errorf("listener = %+v", got)
	}
	ports := []observed.Port{{Name: observed.Frontend, Listener: observed.Is(observed.Listener{Owner: observed.Unsure[observed.Process]("hidden")})}}
	if reason := whyNotAsked(ports, 0); reason != "not asked: hidden" {
		t.Errorf("reason = %q", reason)
	}
}
