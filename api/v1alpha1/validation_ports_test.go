package v1alpha1_test

import (
	"testing"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

type ports struct{ port, ui, http, metrics int32 }

func (p ports) set(t *v1alpha1.Temporal) {
	t.Spec.Port, t.Spec.UI.Port, t.Spec.HTTPPort, t.Spec.MetricsPort = p.port, p.ui, p.http, p.metrics
}

func (p ports) withoutUI(t *v1alpha1.Temporal) {
	no := false
	p.set(t)
	t.Spec.UI.Enabled = &no
}

func TestValidatePorts(t *testing.T) {
	check(t, []row{
		{name: "lowest", mutate: ports{1, 2, 3, 4}.set},
		{name: "highest", mutate: ports{65535, 65534, 65533, 65532}.set},
		{"negative", ports{port: -5}.set, "spec.port", "1 to 65535"},
		{"too high", ports{port: 65536}.set, "spec.port", "1 to 65535"},
		{"UI too high", ports{port: 1, ui: 65536}.set, "spec.ui.port", "choose one"},
		{"HTTP negative", ports{port: 1, http: -1}.set, "spec.httpPort", "choose one"},
		{"metrics too high", ports{port: 1, metrics: 65536}.set, "spec.metricsPort", "choose one"},
	})
}

func TestValidateDerivedPorts(t *testing.T) {
	check(t, []row{
		{
			"metrics leaves the range", ports{port: 64000}.set, "spec.metricsPort",
			"spec.metricsPort: Invalid value: 66000: derived from spec.port + 2000; set spec.metricsPort",
		},
		{
			"UI leaves the range", ports{port: 65000, metrics: 1}.set, "spec.ui.port",
			"spec.ui.port: Invalid value: 66000: derived from spec.port + 1000; set spec.ui.port",
		},
		{"HTTP leaves the range", ports{65530, 1, 0, 2}.set, "spec.httpPort", "derived from spec.port + 10; set spec.httpPort"},
		{"a wrong base is told once", ports{port: 70000}.set, "spec.port", "70000"},
		{name: "no UI, none derived", mutate: ports{65000, 0, 1, 2}.withoutUI},
	})
}

func TestValidatePortsAreDistinct(t *testing.T) {
	check(t, []row{
		{"both set", ports{7000, 0, 7000, 0}.set, "spec.httpPort", "the same port as spec.port; set spec.httpPort to another one"},
		{"set on a derived one", ports{7000, 9000, 0, 0}.set, "spec.ui.port", "the same port as spec.metricsPort, which is derived from spec.port + 2000"},
		{"HTTP on metrics", ports{7000, 0, 9000, 0}.set, "spec.metricsPort", "derived from spec.port + 2000, the same port as spec.httpPort"},
		{"UI on HTTP", ports{7000, 1, 1, 0}.set, "spec.ui.port", "the same port as spec.httpPort"},
		{name: "a UI that is off clashes with nothing", mutate: ports{7000, 7000, 0, 0}.withoutUI},
		{"but must be a port", ports{7000, 70000, 0, 0}.withoutUI, "spec.ui.port", "not a port"},
	})
}

func TestValidateEveryClashIsTold(t *testing.T) {
	written := valid()
	ports{7000, 7000, 7000, 7000}.set(written)
	// Each of three ports clashes with all before it.
	if faults := validate(written); len(faults) != 6 {
		t.Errorf("got %d faults: %v", len(faults), faults.ToAggregate())
	}
}

func TestValidatePortConflict(t *testing.T) {
	answer := func(value string) func(*v1alpha1.Temporal) {
		return spec(func(s *v1alpha1.TemporalSpec) { s.PortConflict = v1alpha1.PortConflict(value) })
	}
	check(t, []row{
		{name: "wait", mutate: answer("Wait")},
		{name: "reuse", mutate: answer("Reuse")},
		{name: "unset", mutate: answer("")},
		{"case", answer("reuse"), "spec.portConflict", "write Reuse"},
		{"unknown", answer("Kill"), "spec.portConflict", `supported values: "Wait", "Reuse"`},
	})
}
