package observer

import (
	"strings"
	"testing"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// Ours is on one localhost, a stranger on the other.
func TestShadowOfAStranger(t *testing.T) {
	for ours, theirs := range map[string]string{
		"tcp4 127.0.0.1": "tcp6 [::]", "tcp4 0.0.0.0": "tcp6 [::1]", "tcp6 [::1]": "tcp4 0.0.0.0",
	} {
		t.Run(ours, func(t *testing.T) {
			i := newInstance(t)
			c := i.handOver(t, "listen "+ours+":0", marked(i.Mark))
			i.IP = c.address().Addr()
			i.Ports = []PortTarget{{Name: observed.UI, Port: c.address().Port()}}
			if got := look1(t, i.Target).Ports[0].Shadow; !got.IsAbsent() {
				t.Errorf("alone: shadow = %+v", got)
			}
			_, port, _ := strings.Cut(c.report, "]")
			if port == "" {
				_, port, _ = strings.Cut(c.report, ":")
				port = ":" + port
			}
			stranger := start(t, "listen "+theirs+port)
			p := look1(t, i.Target).Ports[0]
			if got := p.Shadow; got.Value.Address != stranger.address() || got.Value.Owner.Value.PID != stranger.pid() {
				t.Errorf("shadow = %+v", got)
			}
			if p.Listener.Value.Owner.Value.PID != c.pid() {
				t.Errorf("listener = %+v", p.Listener)
			}
		})
	}
}
