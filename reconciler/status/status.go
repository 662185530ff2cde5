package status

import (
	"net/netip"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// Pass is one pass of the loop, as far as it came.
type Pass struct {
	// Input of the decision, with the history after the actions.
	Input plan.Input
	Plan  plan.Plan
	// Failure is the first action that failed, nil for none.
	Failure error
	// DesiredProblem says why the desired file could not be read; empty when
	// it is what Input.Desired says.
	DesiredProblem string
}

// Compute returns the status after a pass. Times of conditions that did not
// change are those of previous.
func Compute(previous v1alpha1.TemporalStatus, pass Pass) v1alpha1.TemporalStatus {
	in := pass.Input
	next := v1alpha1.TemporalStatus{
		ObservedGeneration: previous.ObservedGeneration,
		Situation:          string(pass.Plan.Situation),
		Message:            message(pass),
		Process:            process(pass.Plan.Main),
		RestartCount:       in.History.RestartCount,
		LastExit:           lastExit(in.History.LastExit),
		History:            in.History.Keep(),
		Lock:               lock(in),
		Binary:             binary(in.Observed.Executable),
		Storage:            storage(in),
		Conflict:           conflict(pass.Plan.Conflict),
		Conditions:         append([]metav1.Condition(nil), previous.Conditions...),
	}
	if pass.Failure == nil {
		next.ObservedGeneration = in.Desired.Object.Generation
	}
	if !in.Observed.Processes.IsKnown() {
		// The next daemon has to know what it should find.
		next.Process = previous.Process
	}
	if in.Observed.Executable.IsUnknown() {
		next.Binary = previous.Binary
	}
	next.Endpoints = endpoints(pass)
	for _, condition := range conditions(pass) {
		condition.ObservedGeneration = in.Desired.Object.Generation
		// The look's time, not the clock, so that a status can be computed again.
		condition.LastTransitionTime = metav1.NewTime(in.Observed.Time)
		meta.SetStatusCondition(&next.Conditions, condition)
	}
	return next
}

// message is the plan's sentence, its remedy, and what went wrong.
func message(pass Pass) string {
	text := pass.Plan.Message
	if pass.Failure != nil {
		text += "; " + pass.Failure.Error()
	}
	if pass.Plan.Remedy != "" {
		text += "; " + pass.Plan.Remedy
	}
	return text
}

func process(main *observed.Process) *v1alpha1.ProcessStatus {
	if main == nil {
		return nil
	}
	return &v1alpha1.ProcessStatus{
		PID:        int32(main.PID),
		StartTime:  metav1.NewTime(main.Started),
		Executable: main.Executable,
	}
}

func lastExit(exit *plan.Exit) *v1alpha1.ExitStatus {
	if exit == nil {
		return nil
	}
	return &v1alpha1.ExitStatus{
		PID:      int32(exit.Identity.PID),
		ExitCode: exit.Code,
		Signal:   exit.Signal,
		Time:     metav1.NewTime(exit.Time),
	}
}

func lock(in plan.Input) *v1alpha1.LockStatus {
	status := &v1alpha1.LockStatus{Path: in.Desired.Files.Lock}
	held, known := in.Observed.Lock.Get()
	if !known {
		return status
	}
	status.Holder = "unknown"
	if holder, seen := held.Holder.Get(); seen {
		status.Holder = plan.Describe(holder)
	}
	return status
}

func binary(found observed.Fact[observed.Executable]) *v1alpha1.BinaryStatus {
	executable, known := found.Get()
	if !known {
		return nil
	}
	return &v1alpha1.BinaryStatus{Path: executable.Path, Source: executable.Source}
}

func storage(in plan.Input) *v1alpha1.StorageStatus {
	spec, meta := in.Desired.Object.Spec.Storage, in.Observed.Database.Meta.Value
	return &v1alpha1.StorageStatus{
		Type: spec.Type, Path: spec.Path,
		ClusterID: meta.ClusterID, CreatedBy: meta.CreatedBy, LastServedBy: meta.LastServedBy,
	}
}

func conflict(c *plan.Conflict) *v1alpha1.ConflictStatus {
	if c == nil {
		return nil
	}
	p := c.Process
	status := &v1alpha1.ConflictStatus{
		PID: int32(p.PID), User: p.User, Executable: p.Executable, Command: c.CommandLine(),
		WorkingDir: p.WorkingDir, Parent: p.Parent, Has: c.Has, Temporal: c.Temporal,
	}
	if !p.Started.IsZero() {
		since := metav1.NewTime(p.Started)
		status.Since = &since
	}
	return status
}

// endpoints are the addresses that the server listens on, as a client on this
// machine can use them: one that listens on every interface is reached through
// loopback. It is nil when there is none.
func endpoints(pass Pass) *v1alpha1.EndpointsStatus {
	status := v1alpha1.EndpointsStatus{}
	if external := pass.Plan.External; external != nil {
		status.Frontend = reachable(external.Address).String()
	}
	for _, port := range pass.Input.Observed.Ports {
		if owned, _ := pass.Plan.Owns(port); owned != observed.Known || !pass.Plan.StartedWith(port) {
			continue
		}
		address := reachable(port.Address).String()
		switch port.Name {
		case observed.Frontend:
			status.Frontend = address
		case observed.UI:
			status.UI = "http://" + address
		case observed.HTTP:
			status.HTTP = "http://" + address
		case observed.Metrics:
			status.Metrics = "http://" + address + "/metrics"
		}
	}
	if status == (v1alpha1.EndpointsStatus{}) {
		return nil
	}
	return &status
}

func reachable(address netip.AddrPort) netip.AddrPort {
	switch address.Addr() {
	case netip.IPv4Unspecified():
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), address.Port())
	case netip.IPv6Unspecified():
		return netip.AddrPortFrom(netip.IPv6Loopback(), address.Port())
	}
	return address
}
