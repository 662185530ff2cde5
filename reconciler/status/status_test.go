package status

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

func testTime() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

// healthyPass is a pass in a world in which all is well.
func healthyPass() Pass {
	written := &v1alpha1.Temporal{ObjectMeta: metav1.ObjectMeta{Name: "temporal", Generation: 3}}
	server := observed.Process{
		Identity: observed.Identity{PID: 100}, Started: testTime().Add(-time.Minute),
		Executable: "/opt/temporal", State: observed.StateRunning, User: "ada",
		Evidence: observed.Evidence{HoldsLock: observed.Known},
	}
	pass := Pass{
		Input: plan.Input{
			Desired: plan.Desired{
				Object: v1alpha1.Complete(written, "/home/ada/.stigmer"),
				Files:  plan.Files{Lock: "/home/ada/.stigmer/temporal.lock"},
			},
			Observed: observed.State{
				Time:       testTime(),
				Lock:       observed.Is(observed.Lock{Holder: observed.Is(server)}),
				Processes:  observed.Is([]observed.Process{server}),
				Executable: observed.Is(observed.Executable{Path: "/opt/temporal", Source: "PATH"}),
			},
			Now: testTime(),
		},
		Plan: plan.Plan{
			Situation: plan.Converged, Message: "serves",
			Findings: plan.Findings{
				Main: &server, Unit: []observed.Process{server}, Serving: observed.Is(true),
				Verdicts: verdicts(observed.Known, observed.Absent),
			},
		},
	}
	for _, p := range []struct {
		name   observed.PortName
		number uint16
	}{{observed.Frontend, 7233}, {observed.HTTP, 7243}, {observed.Metrics, 9233}, {observed.UI, 8233}} {
		pass.Input.Observed.Ports = append(pass.Input.Observed.Ports, observed.Port{
			Name: p.name, Address: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), p.number),
			Listener: observed.Is(observed.Listener{Owner: observed.Is(server)}),
		})
	}
	return pass
}

// verdicts returns all verdicts: those of positive polarity first.
func verdicts(positive, negative observed.Knowledge) []plan.Verdict {
	var list []plan.Verdict
	for _, name := range []string{
		"DatabaseFile", "StoreReadable", "StoreWritable", "VisibilityReadable", "UIServing", "NamespacesReady", "SearchAttributesReady",
	} {
		list = append(list, plan.Verdict{Type: name, Holds: positive, Reason: "Judged", Message: "judged"})
	}
	for _, name := range []string{"Exposed", "Shadowed", "VersionSkew"} {
		list = append(list, plan.Verdict{Type: name, Holds: negative, Reason: "Judged", Message: "judged"})
	}
	return list
}

// noProcess is the same world without the server.
func noProcess(p *Pass) {
	p.Plan = plan.Plan{
		Situation: plan.NotRunning, Message: "not running",
		Findings: plan.Findings{
			Serving: observed.None[bool]("no server"), Verdicts: verdicts(observed.Known, observed.Absent),
		},
	}
	p.Input.Observed.Processes = observed.Is([]observed.Process{})
	p.Input.Observed.Lock = observed.None[observed.Lock]("")
}

// short returns the conditions as "Type=Status" where they differ from a
// healthy instance's.
func short(status v1alpha1.TemporalStatus) map[string]string {
	calm := map[string]metav1.ConditionStatus{
		v1alpha1.ConditionReconciling: "False", v1alpha1.ConditionStalled: "False",
		v1alpha1.ConditionExposed: "False", v1alpha1.ConditionShadowed: "False", v1alpha1.ConditionVersionSkew: "False",
	}
	differ := map[string]string{}
	for _, c := range status.Conditions {
		want, negative := calm[c.Type]
		if !negative {
			want = "True"
		}
		if c.Status != want {
			differ[c.Type] = string(c.Status) + " " + c.Reason
		}
	}
	return differ
}

func TestConditions(t *testing.T) {
	stranger := observed.Process{Identity: observed.Identity{PID: 7}, Executable: "/usr/bin/python3"}
	cases := []struct {
		name   string
		change func(*Pass)
		want   map[string]string
	}{
		{"all is well", func(*Pass) {}, map[string]string{}},
		{"no process", noProcess, map[string]string{
			"Ready": "False NoProcess", "ProcessRunning": "False NoProcess", "LockHeld": "False Free",
			"PortsOwned": "False NoProcess", "Serving": "False NoProcess", "Reconciling": "True NotRunning",
		}},
		{"invalid file", func(p *Pass) { p.DesiredProblem = "temporal.yaml:3: spec: bad" }, map[string]string{
			"DesiredStateValid": "False Invalid",
		}},
		{"health unknown", func(p *Pass) {
			p.Plan.Situation, p.Plan.Serving = plan.HealthUnknown, observed.Unsure[bool]("the listener changed")
		}, map[string]string{"Ready": "Unknown NotObserved", "Serving": "Unknown NotObserved", "Reconciling": "True HealthUnknown"}},
		{"not serving", func(p *Pass) {
			p.Plan.Situation = plan.Failing
			p.Plan.Serving = observed.Fact[bool]{Knowledge: observed.Known, Reason: "Timeout"}
		}, map[string]string{"Ready": "False NotServing", "Serving": "False NotServing", "Reconciling": "True Failing"}},
		{"one port is a stranger's", func(p *Pass) {
			p.Input.Observed.Ports[3].Listener.Value.Owner = observed.Is(stranger)
		}, map[string]string{"Ready": "False NotOwned", "PortsOwned": "False NotOwned"}},
		{"one port could not be read", func(p *Pass) {
			p.Input.Observed.Ports[3].Listener = observed.Unsure[observed.Listener]("no netlink")
		}, map[string]string{"Ready": "Unknown NotObserved", "PortsOwned": "Unknown NotObserved"}},
		{"frozen", func(p *Pass) {
			p.Plan.Main.State = observed.StateStopped
			p.Plan.Situation = plan.Failing
		}, map[string]string{"Ready": "False Frozen", "ProcessRunning": "False Frozen", "Reconciling": "True Failing"}},
		{"serves, but is being replaced", func(p *Pass) { p.Plan.Situation = plan.Drifted }, map[string]string{
			"Ready": "False Drifted", "Reconciling": "True Drifted",
		}},
		{"serves, and cannot be replaced", func(p *Pass) {
			p.Plan.Situation, p.Plan.Remedy = plan.ReplacementBlocked, "end pid 7"
		}, map[string]string{"Ready": "False ReplacementBlocked", "Stalled": "True ReplacementBlocked"}},
		{"lock file deleted", func(p *Pass) {
			p.Plan.Situation = plan.LockLost
			p.Plan.Main.Evidence.HoldsLock = observed.Absent
			p.Input.Observed.Lock = observed.None[observed.Lock]("no such file")
		}, map[string]string{"LockHeld": "False Free"}},
		{"record outdated", func(p *Pass) { p.Plan.Situation = plan.RecordOutdated }, map[string]string{
			"Reconciling": "True RecordOutdated",
		}},
		{"a stranger has the lock", func(p *Pass) {
			noProcess(p)
			p.Plan.Situation, p.Plan.Remedy = plan.LockHeldByStranger, "end it"
			p.Input.Observed.Lock = observed.Is(observed.Lock{Holder: observed.Is(stranger)})
		}, map[string]string{
			"Ready": "False NoProcess", "ProcessRunning": "False NoProcess", "LockHeld": "False HeldByAnother",
			"PortsOwned": "False NoProcess", "Serving": "False NoProcess", "Stalled": "True LockHeldByStranger",
		}},
		{"processes unknown", func(p *Pass) {
			noProcess(p)
			p.Plan.Situation = plan.ObservationFailed
			p.Input.Observed.Processes = observed.Unsure[[]observed.Process]("no /proc")
			p.Input.Observed.Lock = observed.Unsure[observed.Lock]("no /proc")
			p.Plan.Serving = observed.Unsure[bool]("no /proc")
		}, map[string]string{
			"Ready": "Unknown NotObserved", "ProcessRunning": "Unknown NotObserved", "LockHeld": "Unknown NotObserved",
			"PortsOwned": "Unknown NotObserved", "Serving": "Unknown NotObserved", "Reconciling": "True ObservationFailed",
		}},
		{"disabled and stopped", func(p *Pass) {
			noProcess(p)
			no := false
			p.Input.Desired.Object.Spec.Enabled = &no
			p.Plan.Situation = plan.Stopped
		}, map[string]string{
			"Ready": "False NotWanted", "ProcessRunning": "False NoProcess", "LockHeld": "False Free",
			"PortsOwned": "False NoProcess", "Serving": "False NoProcess",
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			pass := healthyPass()
			c.change(&pass)
			if diff := cmp.Diff(c.want, short(Compute(v1alpha1.TemporalStatus{}, pass))); diff != "" {
				t.Errorf("conditions (-want +got):\n%s", diff)
			}
		})
	}
}

func TestContract(t *testing.T) {
	pass := healthyPass()
	code := int32(3)
	pass.Input.History = plan.History{
		RestartCount: 2,
		LastExit:     &plan.Exit{Identity: observed.Identity{PID: 99}, Code: &code, Time: testTime()},
	}
	status := Compute(v1alpha1.TemporalStatus{}, pass)
	for _, name := range []string{"Ready", "DesiredStateValid", "ProcessRunning", "LockHeld", "PortsOwned", "Serving", "Reconciling", "Stalled"} {
		c := meta.FindStatusCondition(status.Conditions, name)
		if c == nil || c.Reason == "" || c.ObservedGeneration != 3 {
			t.Errorf("condition %s: %+v", name, c)
		}
	}
	status.Conditions = nil
	want := v1alpha1.TemporalStatus{
		ObservedGeneration: 3, Situation: "Converged", Message: "serves", RestartCount: 2,
		Process:   &v1alpha1.ProcessStatus{PID: 100, StartTime: metav1.NewTime(testTime().Add(-time.Minute)), Executable: "/opt/temporal"},
		LastExit:  &v1alpha1.ExitStatus{PID: 99, ExitCode: &code, Time: metav1.NewTime(testTime())},
		Endpoints: &v1alpha1.EndpointsStatus{Frontend: "127.0.0.1:7233", UI: "http://127.0.0.1:8233", HTTP: "http://127.0.0.1:7243", Metrics: "http://127.0.0.1:9233/metrics"},
		Lock:      &v1alpha1.LockStatus{Path: "/home/ada/.stigmer/temporal.lock", Holder: "pid 100 (temporal, user ada)"},
		Binary:    &v1alpha1.BinaryStatus{Path: "/opt/temporal", Source: "PATH"},
		Storage:   &v1alpha1.StorageStatus{Type: "File", Path: "/home/ada/.stigmer/temporal-data/temporal.db"},
	}
	if diff := cmp.Diff(want, status); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
}

// TestReadyNeeds goes through the list of what Ready is made of, and the rest.
func TestReadyNeeds(t *testing.T) {
	needed := map[string]bool{
		"DatabaseFile": true, "StoreReadable": true, "StoreWritable": true, "VisibilityReadable": true, "UIServing": true,
		"NamespacesReady": true, "SearchAttributesReady": true, "Exposed": false, "Shadowed": false, "VersionSkew": false,
	}
	for i, verdict := range healthyPass().Plan.Verdicts {
		for _, holds := range []observed.Knowledge{observed.Absent, observed.Unknown} {
			pass := healthyPass()
			if !needed[verdict.Type] && holds == observed.Absent {
				holds = observed.Known // the bad state of negative polarity
			}
			pass.Plan.Verdicts[i] = plan.Verdict{Type: verdict.Type, Holds: holds, Reason: "Broken", Message: "it is broken"}
			ready := meta.FindStatusCondition(Compute(v1alpha1.TemporalStatus{}, pass).Conditions, v1alpha1.ConditionReady)
			if (ready.Status == metav1.ConditionTrue) == needed[verdict.Type] {
				t.Errorf("%s is %s: Ready is %s", verdict.Type, holds, ready.Status)
			}
			if needed[verdict.Type] && (ready.Reason != "Broken" || ready.Message != "it is broken") {
				t.Errorf("%s: Ready does not say why: %+v", verdict.Type, ready)
			}
		}
	}
	pass := healthyPass()
	pass.Plan.Verdicts = pass.Plan.Verdicts[1:]
	if c := meta.FindStatusCondition(Compute(v1alpha1.TemporalStatus{}, pass).Conditions, v1alpha1.ConditionReady); c.Status != metav1.ConditionUnknown {
		t.Errorf("Ready is %s, and DatabaseFile was not looked at", c.Status)
	}
}

// TestExternalIsReady: a Temporal that is not ours is the answer, at its own
// address and with no process of ours.
func TestExternalIsReady(t *testing.T) {
	pass := healthyPass()
	noProcess(&pass)
	pass.Plan.Situation, pass.Plan.Message = plan.External, "it is used"
	pass.Plan.External = &observed.External{Address: netip.MustParseAddrPort("127.0.0.1:7233")}
	for i := range pass.Input.Observed.Ports {
		pass.Input.Observed.Ports[i].Listener = observed.None[observed.Listener]("")
	}
	status := Compute(v1alpha1.TemporalStatus{}, pass)
	ready := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionReady)
	if ready.Status != metav1.ConditionTrue || ready.Reason != "External" || status.Process != nil || status.Endpoints.Frontend != "127.0.0.1:7233" || status.Endpoints.UI != "" {
		t.Errorf("%+v, process %+v, endpoints %+v", ready, status.Process, status.Endpoints)
	}
	if meta.IsStatusConditionTrue(status.Conditions, v1alpha1.ConditionReconciling) || meta.IsStatusConditionTrue(status.Conditions, v1alpha1.ConditionProcessRunning) {
		t.Errorf("conditions %+v", status.Conditions)
	}
}

func TestConflictIsTold(t *testing.T) {
	pass := healthyPass()
	began := testTime().Add(-time.Minute)
	pass.Plan.Conflict = &plan.Conflict{
		Process: observed.Process{
			Identity: observed.Identity{PID: 7}, Executable: "/usr/bin/python3", Args: []string{"python3", "-m", "http.server"},
			User: "ada", WorkingDir: "/home/ada", Parent: "pid 5 (bash)", Started: began,
		},
		Has: "frontend port 127.0.0.1:7233", Temporal: "a Temporal dev server",
	}
	since := metav1.NewTime(began)
	want := &v1alpha1.ConflictStatus{
		PID: 7, User: "ada", Executable: "/usr/bin/python3", Command: "python3 -m http.server", WorkingDir: "/home/ada",
		Since: &since, Parent: "pid 5 (bash)", Has: "frontend port 127.0.0.1:7233", Temporal: "a Temporal dev server",
	}
	if diff := cmp.Diff(want, Compute(v1alpha1.TemporalStatus{}, pass).Conflict); diff != "" {
		t.Errorf("conflict (-want +got):\n%s", diff)
	}
}

func TestStorageIsTold(t *testing.T) {
	pass := healthyPass()
	pass.Input.Observed.Database.Meta = observed.Is(observed.Meta{ClusterID: "c", CreatedBy: "a", LastServedBy: "b"})
	got := Compute(v1alpha1.TemporalStatus{}, pass).Storage
	if got.ClusterID != "c" || got.CreatedBy != "a" || got.LastServedBy != "b" {
		t.Errorf("storage %+v", got)
	}
}

func TestReplacedExecutableIsTold(t *testing.T) {
	pass := healthyPass()
	pass.Plan.Main.ExecutableReplaced = true
	running := meta.FindStatusCondition(Compute(v1alpha1.TemporalStatus{}, pass).Conditions, v1alpha1.ConditionProcessRunning)
	if running.Status != metav1.ConditionTrue || !strings.Contains(running.Message, "restart uses the new one") {
		t.Errorf("condition %+v", running)
	}
}

func TestTransitionTimes(t *testing.T) {
	pass := healthyPass()
	first := Compute(v1alpha1.TemporalStatus{}, pass)
	pass.Input.Observed.Time = testTime().Add(time.Hour)
	if diff := cmp.Diff(first, Compute(first, pass)); diff != "" {
		t.Errorf("the same facts an hour later change the status:\n%s", diff)
	}
	pass.Plan.Serving = observed.Fact[bool]{Knowledge: observed.Known, Reason: "Timeout"}
	serving := meta.FindStatusCondition(Compute(first, pass).Conditions, v1alpha1.ConditionServing)
	if !serving.LastTransitionTime.Time.Equal(pass.Input.Observed.Time) {
		t.Errorf("the transition is dated %s", serving.LastTransitionTime)
	}
	if first.Conditions[0].Status != metav1.ConditionTrue {
		t.Error("Compute changed the previous status")
	}
}

func TestFailureIsTold(t *testing.T) {
	pass := healthyPass()
	pass.Input.Desired.Object.Generation = 4
	pass.Failure = errors.New("Start failed: cannot start temporal: no such file")
	pass.Plan.Remedy = "mend it"
	status := Compute(v1alpha1.TemporalStatus{ObservedGeneration: 3}, pass)
	if status.ObservedGeneration != 3 {
		t.Errorf("observed generation %d after a failure, want the old one", status.ObservedGeneration)
	}
	if want := "serves; " + pass.Failure.Error() + "; mend it"; status.Message != want {
		t.Errorf("message %q, want %q", status.Message, want)
	}
}

func TestEndpointsOfWildcards(t *testing.T) {
	for ip, want := range map[string]string{
		"0.0.0.0": "127.0.0.1:7233", "::": "[::1]:7233", "192.0.2.1": "192.0.2.1:7233", "::1": "[::1]:7233",
	} {
		pass := healthyPass()
		pass.Input.Observed.Ports = pass.Input.Observed.Ports[:1]
		frontend := &pass.Input.Observed.Ports[0]
		frontend.Address = netip.AddrPortFrom(netip.MustParseAddr(ip), 7233)
		got := Compute(v1alpha1.TemporalStatus{}, pass).Endpoints
		if got.Frontend != want || got.UI != "" {
			t.Errorf("ip %s: %+v, want frontend %s and no UI", ip, got, want)
		}
	}
}

func TestUnreadable(t *testing.T) {
	object := Unreadable("temporal", "temporal.yaml:1: bad", v1alpha1.TemporalStatus{}, testTime())
	want := map[string]string{"DesiredStateValid": "False Invalid", "Ready": "Unknown Invalid", "Stalled": "True Invalid"}
	if diff := cmp.Diff(want, short(object.Status)); diff != "" {
		t.Errorf("conditions (-want +got):\n%s", diff)
	}
}
