package status

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// conditions returns all conditions of a pass.
func conditions(pass Pass) []metav1.Condition {
	list := []metav1.Condition{
		desiredStateValid(pass),
		processRunning(pass),
		lockHeld(pass),
		portsOwned(pass),
		serving(pass),
	}
	for _, verdict := range pass.Plan.Verdicts {
		list = append(list, judged(verdict))
	}
	list = append(list, reconciling(pass), stalled(pass))
	return append([]metav1.Condition{ready(pass, list)}, list...)
}

// condition builds one. The message of a condition that is as it should be
// is short; it is there to be read when it is not.
func condition(name string, status metav1.ConditionStatus, reason, message string) metav1.Condition {
	return metav1.Condition{Type: name, Status: status, Reason: reason, Message: message}
}

// judged turns a verdict of the plan into a condition.
func judged(verdict plan.Verdict) metav1.Condition {
	status := map[observed.Knowledge]metav1.ConditionStatus{
		observed.Known: metav1.ConditionTrue, observed.Absent: metav1.ConditionFalse, observed.Unknown: metav1.ConditionUnknown,
	}[verdict.Holds]
	return condition(verdict.Type, status, verdict.Reason, verdict.Message)
}

func desiredStateValid(pass Pass) metav1.Condition {
	if pass.DesiredProblem != "" {
		return condition(v1alpha1.ConditionDesiredStateValid, metav1.ConditionFalse, "Invalid",
			pass.DesiredProblem+"; the last valid one stays in force")
	}
	if pass.Input.Desired.Removed {
		return condition(v1alpha1.ConditionDesiredStateValid, metav1.ConditionTrue, "Removed", "the file was removed: stop")
	}
	return condition(v1alpha1.ConditionDesiredStateValid, metav1.ConditionTrue, "Valid", "the file is valid")
}

func processRunning(pass Pass) metav1.Condition {
	name, main := v1alpha1.ConditionProcessRunning, pass.Plan.Main
	switch {
	case !pass.Input.Observed.Processes.IsKnown():
		return condition(name, metav1.ConditionUnknown, "NotObserved", pass.Input.Observed.Processes.Reason)
	case main == nil:
		return condition(name, metav1.ConditionFalse, "NoProcess", "no server of this instance runs")
	case main.State == observed.StateStopped:
		return condition(name, metav1.ConditionFalse, "Frozen", plan.Describe(*main)+" is stopped by a signal or a debugger")
	}
	message := plan.Describe(*main)
	if main.ExecutableReplaced {
		message += "; the file that it was started from was replaced since, and a restart uses the new one"
	}
	return condition(name, metav1.ConditionTrue, "Running", message)
}

func lockHeld(pass Pass) metav1.Condition {
	name, main, lock := v1alpha1.ConditionLockHeld, pass.Plan.Main, pass.Input.Observed.Lock
	holder := lock.Value.Holder
	switch {
	case main != nil && main.Evidence.HoldsLock == observed.Known:
		return condition(name, metav1.ConditionTrue, "HeldByServer", plan.Describe(*main)+" holds it")
	case lock.IsUnknown():
		return condition(name, metav1.ConditionUnknown, "NotObserved", lock.Reason)
	case lock.IsAbsent():
		return condition(name, metav1.ConditionFalse, "Free", "no server holds it")
	case !holder.IsKnown():
		return condition(name, metav1.ConditionUnknown, "HolderUnknown", "held by a process that cannot be seen")
	}
	return condition(name, metav1.ConditionFalse, "HeldByAnother", plan.Describe(holder.Value)+" holds it")
}

func portsOwned(pass Pass) metav1.Condition {
	name, main := v1alpha1.ConditionPortsOwned, pass.Plan.Main
	if processes := pass.Input.Observed.Processes; !processes.IsKnown() {
		return condition(name, metav1.ConditionUnknown, "NotObserved", processes.Reason)
	}
	if main == nil {
		return condition(name, metav1.ConditionFalse, "NoProcess", "no server of this instance runs")
	}
	unknown := ""
	for _, port := range pass.Input.Observed.Ports {
		switch owned, why := pass.Plan.Owns(port); owned {
		case observed.Absent:
			return condition(name, metav1.ConditionFalse, "NotOwned", string(port.Name)+" port: "+why)
		case observed.Unknown:
			unknown = string(port.Name) + " port: " + why
		}
	}
	if unknown != "" {
		return condition(name, metav1.ConditionUnknown, "NotObserved", unknown)
	}
	return condition(name, metav1.ConditionTrue, "Owned", "the server listens on every port of the spec")
}

func serving(pass Pass) metav1.Condition {
	name := v1alpha1.ConditionServing
	answer, known := pass.Plan.Serving.Get()
	switch {
	case answer:
		return condition(name, metav1.ConditionTrue, "Serving", "the WorkflowService answers SERVING")
	case known:
		return condition(name, metav1.ConditionFalse, "NotServing", pass.Plan.Serving.Reason)
	case pass.Plan.Serving.IsAbsent():
		return condition(name, metav1.ConditionFalse, "NoProcess", pass.Plan.Serving.Reason)
	}
	return condition(name, metav1.ConditionUnknown, "NotObserved", pass.Plan.Serving.Reason)
}

// reconciling is True while the daemon has something left to do by itself.
func reconciling(pass Pass) metav1.Condition {
	name := v1alpha1.ConditionReconciling
	if settled(pass.Plan.Situation) || pass.Plan.Remedy != "" {
		return condition(name, metav1.ConditionFalse, string(pass.Plan.Situation), pass.Plan.Message)
	}
	return condition(name, metav1.ConditionTrue, string(pass.Plan.Situation), pass.Plan.Message)
}

// settled reports whether nothing is left to do in this situation.
func settled(s plan.Situation) bool {
	return slices.Contains([]plan.Situation{plan.Converged, plan.Stopped, plan.LockLost, plan.External, plan.SchemaUnknown}, s)
}

func stalled(pass Pass) metav1.Condition {
	name := v1alpha1.ConditionStalled
	if pass.Plan.Remedy != "" {
		return condition(name, metav1.ConditionTrue, string(pass.Plan.Situation), message(pass))
	}
	return condition(name, metav1.ConditionFalse, "NotStalled", "nothing is asked of the user")
}

// neededForReady are the conditions that have to be True for Ready, in the
// order in which the first that is not is told. All have positive polarity. A
// condition that is not in the list, such as LockHeld, DesiredStateValid or
// VersionSkew, does not make a working server unready.
func neededForReady() []string {
	return []string{
		v1alpha1.ConditionProcessRunning, v1alpha1.ConditionPortsOwned, v1alpha1.ConditionServing,
		v1alpha1.ConditionDatabaseFile, v1alpha1.ConditionStoreReadable, v1alpha1.ConditionStoreWritable,
		v1alpha1.ConditionVisibilityReadable, v1alpha1.ConditionUIServing,
		v1alpha1.ConditionNamespacesReady, v1alpha1.ConditionSearchAttributesReady,
	}
}

// ready summarises the conditions of the list.
func ready(pass Pass, list []metav1.Condition) metav1.Condition {
	name := v1alpha1.ConditionReady
	switch {
	case !pass.Input.Desired.Wanted():
		return condition(name, metav1.ConditionFalse, "NotWanted", pass.Plan.Message)
	case pass.Plan.Situation == plan.External:
		return condition(name, metav1.ConditionTrue, "External", pass.Plan.Message)
	}
	for _, needed := range neededForReady() {
		i := slices.IndexFunc(list, func(c metav1.Condition) bool { return c.Type == needed })
		if i < 0 {
			return condition(name, metav1.ConditionUnknown, "NotObserved", needed+" was not looked at")
		}
		if c := list[i]; c.Status != metav1.ConditionTrue {
			return condition(name, c.Status, c.Reason, c.Message)
		}
	}
	switch pass.Plan.Situation {
	case plan.Converged, plan.RecordOutdated, plan.LockLost, plan.BackupUnwanted, plan.SchemaUnknown:
		return condition(name, metav1.ConditionTrue, "Serving", pass.Plan.Message)
	}
	// It serves, and it is not what the spec asks for, or is on its way out.
	return condition(name, metav1.ConditionFalse, string(pass.Plan.Situation), pass.Plan.Message)
}
