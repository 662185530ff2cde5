package status

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// mayBeReady says of every situation whether a server that serves is Ready in it.
func mayBeReady() map[plan.Situation]bool {
	ready := map[plan.Situation]bool{
		plan.Converged: true, plan.RecordOutdated: true, plan.LockLost: true, plan.SchemaUnknown: true, plan.BackupUnwanted: true, plan.External: true,
	}
	for _, s := range []plan.Situation{
		plan.ObservationFailed, plan.TerminationOverdue, plan.Terminating, plan.Stopping, plan.StopUncertain,
		plan.Stopped, plan.LockHeldByLeftover, plan.LeftoverProcess, plan.LockHeldByStranger, plan.LockHolderUnknown,
		plan.LockUnknown, plan.ReplacementBlocked, plan.Drifted, plan.RestartRequested, plan.Frozen, plan.Unresponsive,
		plan.StartTimedOut, plan.Starting, plan.Failing, plan.HealthUnknown, plan.PortsIncomplete, plan.DatabaseInUse,
		plan.ExecutableMissing, plan.ExecutableUnusable, plan.EnvFilePresent, plan.PortHeldByStranger, plan.FileMissing, plan.BackingOff,
		plan.RecordStale, plan.NotRunning, plan.OtherCluster, plan.DatabaseLost, plan.DatabaseUnknown, plan.RestoreBlocked, plan.RestoreRequested,
		plan.Completing, plan.Degraded, plan.ChecksUnknown, plan.DatabaseUnsealed, plan.ServerOutdated, plan.AttributeConflict,
		plan.DatabaseUnusable, plan.RestorePending, plan.DatabaseBusy, plan.DatabaseIncomplete, plan.BuildChanged,
	} {
		ready[s] = false
	}
	return ready
}

// declared returns the situations that package plan declares, from its source.
func declared(t *testing.T) []plan.Situation {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../plan/situation.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var list []plan.Situation
	ast.Inspect(file, func(n ast.Node) bool {
		spec, isConst := n.(*ast.ValueSpec)
		if !isConst {
			return true
		}
		text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, plan.Situation(text))
		return true
	})
	return list
}

// TestReadyInEverySituation: a server may serve and still not be what is
// wanted, or be on its way out. Only these situations are Ready.
func TestReadyInEverySituation(t *testing.T) {
	table := mayBeReady()
	all := declared(t)
	for s := range table {
		if !slices.Contains(all, s) {
			t.Errorf("%s is not declared in package plan", s)
		}
	}
	for _, s := range all {
		want, listed := table[s]
		if !listed {
			t.Errorf("%s is missing in this test's list", s)
		}
		pass := healthyPass()
		pass.Plan.Situation, pass.Plan.Message = s, "what the plan says"
		conditions := Compute(v1alpha1.TemporalStatus{}, pass).Conditions
		ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
		if (ready.Status == metav1.ConditionTrue) != want {
			t.Errorf("%s: Ready is %s (%s), want True: %t", s, ready.Status, ready.Reason, want)
		}
		if !want && ready.Reason != string(s) || ready.Message != "what the plan says" {
			t.Errorf("%s: Ready does not say why: %+v", s, ready)
		}
		noProcess(&pass)
		pass.Plan.Situation = s
		without := meta.IsStatusConditionTrue(Compute(v1alpha1.TemporalStatus{}, pass).Conditions, v1alpha1.ConditionReady)
		if without != (s == plan.External) {
			t.Errorf("%s: Ready without a process", s)
		}
	}
}

// TestEndpointsAreTheServersOwn: an address is given out only when a process
// of the unit is known to listen there.
func TestEndpointsAreTheServersOwn(t *testing.T) {
	other := observed.Is(observed.Process{Identity: observed.Identity{PID: 7}, Session: 7})
	all := func(f func() observed.Fact[observed.Listener]) func(*Pass) {
		return func(p *Pass) {
			for i := range p.Input.Observed.Ports {
				p.Input.Observed.Ports[i].Listener = f()
			}
		}
	}
	rest := v1alpha1.EndpointsStatus{HTTP: "http://127.0.0.1:7243", Metrics: "http://127.0.0.1:9233/metrics", UI: "http://127.0.0.1:8233"}
	for name, c := range map[string]struct {
		change func(*Pass)
		want   *v1alpha1.EndpointsStatus
	}{
		"no process": {noProcess, nil},
		"no process, and strangers on the ports": {func(p *Pass) {
			noProcess(p)
			all(func() observed.Fact[observed.Listener] { return observed.Is(observed.Listener{Owner: other}) })(p)
		}, nil},
		"no process, and strangers without a session": {func(p *Pass) {
			noProcess(p)
			all(func() observed.Fact[observed.Listener] {
				return observed.Is(observed.Listener{Owner: observed.Is(observed.Process{})})
			})(p)
		}, nil},
		"a stranger on the new frontend port": {func(p *Pass) {
			p.Plan.Situation, p.Plan.Remedy = plan.ReplacementBlocked, "end pid 7"
			p.Input.Observed.Ports[0].Listener.Value.Owner = other
		}, &rest},
		"its own HTTP port, which is to be the frontend's": {func(p *Pass) {
			p.Plan.Situation, p.Plan.Remedy = plan.ReplacementBlocked, "end pid 7"
			p.Plan.Main.Args = []string{"temporal", "server", "start-dev", "--port", "7223", "--http-port", "7233"}
		}, &v1alpha1.EndpointsStatus{Metrics: rest.Metrics, UI: rest.UI}},
		"nobody on the frontend port": {func(p *Pass) {
			p.Input.Observed.Ports[0].Listener = observed.None[observed.Listener]("")
		}, &rest},
		"somebody unseen on the frontend port": {func(p *Pass) {
			p.Input.Observed.Ports[0].Listener = observed.Is(observed.Listener{User: "root"})
		}, &rest},
		"ports that could not be read": {all(func() observed.Fact[observed.Listener] {
			return observed.Unsure[observed.Listener]("no netlink")
		}), nil},
		"a child in the server's session": {func(p *Pass) {
			p.Plan.Main.Session = 100
			p.Plan.Unit[0].Session = 100
			child := observed.Process{Identity: observed.Identity{PID: 101}, Session: 100}
			p.Input.Observed.Ports[0].Listener.Value.Owner = observed.Is(child)
		}, &v1alpha1.EndpointsStatus{Frontend: "127.0.0.1:7233", HTTP: rest.HTTP, Metrics: rest.Metrics, UI: rest.UI}},
	} {
		t.Run(name, func(t *testing.T) {
			pass := healthyPass()
			c.change(&pass)
			got := Compute(v1alpha1.TemporalStatus{}, pass).Endpoints
			if (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
				t.Errorf("endpoints %+v, want %+v", got, c.want)
			}
		})
	}
}
