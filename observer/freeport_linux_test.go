package observer

import (
	"net/netip"
	"testing"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// It is looked for only while a port is taken by somebody else.
func TestFreePortIsLookedFor(t *testing.T) {
	i := newInstance(t)
	i.IP = netip.MustParseAddr("127.0.0.1")
	i.Ports = []PortTarget{{Name: observed.UI, Port: 1}}
	if got := look1(t, i.Target).FreePort; !got.IsUnknown() || got.Reason == "" {
		t.Errorf("without a frontend: %+v", got)
	}
	ours := i.handOver(t, "listen tcp4 127.0.0.1:0", marked(i.Mark))
	i.frontend(ours.address())
	i.HealthTimeout = shortly
	if got := look1(t, i.Target).FreePort; !got.IsUnknown() || got.Reason != "not looked for: no port is taken" {
		t.Errorf("with our own: %+v", got)
	}
	stranger := start(t, "listen tcp4 127.0.0.1:0")
	i.Ports = append(i.Ports, PortTarget{Name: observed.UI, Port: stranger.address().Port()})
	got := look1(t, i.Target).FreePort
	if !got.IsKnown() || got.Value == ours.address().Port() || (got.Value-ours.address().Port())%10 != 0 && got.Value > ours.address().Port() {
		t.Errorf("with a stranger: %+v", got)
	}
}
