package plan

import (
	"fmt"
	"slices"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// retirement returns whether the process was asked to stop, and when.
func (v view) retirement(p observed.Process) (Retirement, bool) {
	r, found := v.in.History.Retirements[p.Identity]
	return r, found
}

func (v view) overdue(p observed.Process) bool {
	r, asked := v.retirement(p)
	return asked && v.in.Now.Sub(r.Asked) >= v.grace() && !v.mayBeFirstBoot(p)
}

// mayBeFirstBoot reports whether the process may still be creating the schema
// of a new database file, which the marker beside the file that it was started
// on tells. To kill it then leaves a file that no server can use; asking it to
// stop is safe.
func (v view) mayBeFirstBoot(p observed.Process) bool {
	if !contains(v.unit, p.Identity) || !v.startable() {
		return false
	}
	if on, elsewhere := v.startedElsewhere(); elsewhere {
		return on.FirstBoot != observed.Absent
	}
	return v.onFile() && !v.in.Observed.Database.FirstBoot.IsAbsent()
}

// retiring are the processes whose way out is seen through before anything
// else is judged: all of ours while the instance stops or has no server, and
// otherwise the server. A leftover that does not go must not hide the server.
func (v view) retiring() []observed.Process {
	if v.main == nil || unwanted(v) {
		return v.ours
	}
	return v.unit
}

// killDue reports whether an overdue process should be killed now: a process
// that sleeps in the kernel survives a kill, and is not hammered.
func (v view) killDue(p observed.Process) bool {
	r, _ := v.retirement(p)
	return r.Killed.IsZero() || v.in.Now.Sub(r.Killed) >= LookSoon
}

func terminationOverdue(v view) bool {
	for _, p := range v.retiring() {
		if v.overdue(p) {
			return true
		}
	}
	return false
}

func killOverdue(v view) Plan {
	plan := Plan{RequeueAfter: min(LookSoon, v.interval())}
	for _, p := range v.retiring() {
		switch r, _ := v.retirement(p); {
		case !v.overdue(p):
		case v.killDue(p):
			plan.Actions = append(plan.Actions, v.kill(p, r.Reason))
			plan.Message = fmt.Sprintf("%s did not stop within %s and is killed", Describe(p), v.grace())
		case plan.Message == "":
			plan.Message = fmt.Sprintf("%s was killed and has not gone yet", Describe(p))
		}
	}
	plan.Actions = append(plan.Actions, v.stopRestIfUnwanted()...)
	return plan
}

func terminating(v view) bool {
	for _, p := range v.retiring() {
		if _, asked := v.retirement(p); asked {
			return true
		}
	}
	return false
}

func waitForTermination(v view) Plan {
	plan := Plan{RequeueAfter: v.interval()}
	for _, p := range v.retiring() {
		r, asked := v.retirement(p)
		if !asked {
			continue
		}
		left := v.grace() - v.in.Now.Sub(r.Asked)
		if v.mayBeFirstBoot(p) {
			left = max(left, v.in.Desired.Object.Spec.Health.StartupTimeout.Duration-v.age())
		}
		plan.Message = fmt.Sprintf("%s was asked to stop (%s) and has %s left",
			Describe(p), r.Reason, left.Round(time.Second))
		// The exit wakes the loop; this is for the deadline.
		plan.RequeueAfter = min(plan.RequeueAfter, left)
	}
	plan.Actions = v.stopRestIfUnwanted()
	return plan
}

// stopRestIfUnwanted asks the processes that were not asked yet, so that a
// slow leftover does not delay the stop of the server.
func (v view) stopRestIfUnwanted() []Action {
	if v.in.Desired.Wanted() {
		return nil
	}
	return v.terminate(v.ours, Stopping, v.unwantedBecause())
}

// terminate returns the actions that ask those of the processes to stop that
// were not asked before. A process in the group of one that is asked too is
// reached through it.
func (v view) terminate(ps []observed.Process, reason Situation, message string) []Action {
	var actions []Action
	for _, p := range ps {
		leads := func(q observed.Process) bool {
			return q.PID == p.ProcessGroup && q.Session == q.PID && q.PID != p.PID
		}
		if _, asked := v.retirement(p); asked || slices.ContainsFunc(ps, leads) {
			continue
		}
		actions = append(actions, Action{Verb: Terminate, Target: p, Reason: string(reason), Message: message})
	}
	return actions
}

// kill returns the action that ends a process that is overdue.
func (v view) kill(p observed.Process, reason string) Action {
	return Action{
		Verb: Kill, Target: p, Reason: reason,
		Message: fmt.Sprintf("did not stop within %s", v.grace()),
	}
}

func unwanted(v view) bool { return !v.in.Desired.Wanted() }

func unwantedAlive(v view) bool { return unwanted(v) && len(v.ours) > 0 }

func (v view) unwantedBecause() string {
	if v.in.Desired.Removed {
		return "the desired file was removed"
	}
	return "spec.enabled is false"
}

func stopAll(v view) Plan {
	message := v.unwantedBecause() + v.losses()
	return Plan{
		Message: fmt.Sprintf("%s runs, and %s", Describe(v.ours[0]), message),
		Actions: v.terminate(v.ours, Stopping, message),
	}
}

// unwantedUncertain: a lock that is held by a process that cannot be read, or
// that could not be read, may well be a server's.
func unwantedUncertain(v view) bool {
	lock, held := v.in.Observed.Lock.Get()
	return unwanted(v) && (v.in.Observed.Lock.IsUnknown() || held && !lock.Holder.IsKnown())
}

func reportUncertainStop(v view) Plan {
	plan := reportLockUnreadable(v)
	if v.in.Observed.Lock.IsKnown() {
		plan = reportLockUnknown(v)
		plan.Remedy = "find it with 'fuser " + v.in.Desired.Files.Lock + "', as root if need be, and end it"
	}
	return plan
}

func stayStopped(v view) Plan {
	plan := Plan{Message: v.unwantedBecause()}
	if v.in.Observed.Record.IsKnown() {
		plan.Actions = []Action{v.removeRecord()}
	}
	return plan
}

func stopLeftovers(v view) Plan {
	p := v.leftovers[0]
	message := "left behind by an earlier run"
	return Plan{
		Message: Describe(p) + " was " + message + " and is stopped",
		Actions: append(v.terminate(v.leftovers, LeftoverProcess, message), v.killLeftovers()...),
	}
}

// killLeftovers kills those that were asked to stop and did not in time.
func (v view) killLeftovers() []Action {
	var actions []Action
	for _, p := range v.leftovers {
		if v.overdue(p) && v.killDue(p) {
			actions = append(actions, v.kill(p, string(LeftoverProcess)))
		}
	}
	return actions
}
