package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// exposed has negative polarity.
func (v view) exposed() Verdict {
	name, spec := v1alpha1.ConditionExposed, v.in.Desired.Object.Spec
	if v.loopback() {
		return fails(name, "Loopback", "only programs on this machine can connect", "")
	}
	var open []string
	for _, p := range v.in.Observed.Ports {
		open = append(open, fmt.Sprintf("%s %d", p.Name, p.Address.Port()))
	}
	slices.Sort(open)
	return holds(name, "NotLoopback", fmt.Sprintf("with spec.ip %s everyone who can reach it may use, without a password: %s, and Temporal's internal ports",
		spec.IP, strings.Join(open, ", ")))
}

func (v view) loopback() bool {
	return !slices.ContainsFunc(v.in.Observed.Ports, func(p observed.Port) bool { return !p.Address.Addr().IsLoopback() })
}

// shadowed has negative polarity.
func (v view) shadowed() Verdict {
	name, port := v1alpha1.ConditionShadowed, v.port(observed.Frontend)
	shadow, there := port.Shadow.Get()
	switch {
	case there:
		return holds(name, "ForeignListener", fmt.Sprintf("%s also listens on %s: clients of localhost may reach it; let them use %s",
			holder(shadow), shadow.Address, port.Address))
	case port.Shadow.IsUnknown():
		return unsure(name, port.Shadow.Reason)
	}
	return fails(name, "Alone", "nobody else listens on that port of localhost", "")
}
