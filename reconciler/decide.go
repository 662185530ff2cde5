package reconciler

import (
	"context"
	"time"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// The half of a pass that changes nothing: look, take what is seen into the
// history, and compute what to do.

// thoroughEvery is how often the whole machine is searched for processes of
// an instance whose server is well. Such a search costs milliseconds, a look
// without it microseconds.
const thoroughEvery = time.Minute

// decide looks and computes what to do. Before a server that works is given
// up, the whole machine is searched: a usual look does not see the stranger
// who would keep its successor from starting.
func (i *instance) decide(ctx context.Context, desired plan.Desired) (plan.Input, plan.Plan) {
	look := i.lookAt(desired, i.hints)
	look.Thorough = i.clock.Since(i.thoroughAt) >= thoroughEvery
	look.CheckWrite = i.history.WriteDue(i.clock.Now())
	for {
		state := i.eyes.Observe(ctx, look)
		if ctx.Err() != nil {
			return plan.Input{}, plan.Plan{}
		}
		input := i.see(desired, state)
		decision := plan.Compute(input)
		if look.Thorough && state.Processes.IsKnown() {
			i.thoroughAt = i.clock.Now()
			i.proven = input.History.Main
		}
		blind := (decision.GivesUpServer() || i.unproven(decision)) && !look.Thorough
		// A server that does not serve cannot count either.
		uncounted := decision.EndsServer() && decision.Serving.Value && desired.Object.Spec.Storage.Type == v1alpha1.StorageMemory && !look.CountRunning
		if !blind && !uncounted {
			return input, decision
		}
		look.CountRunning = look.CountRunning || uncounted
		// What is asked once more is not what changes something.
		look.Thorough, look.CheckWrite = true, false
	}
}

// unproven reports whether the plan finds a server well that no search of the
// whole machine has seen: two that were started in the same instant on one
// file, by two names of it, do not hinder each other.
func (i *instance) unproven(decision plan.Plan) bool {
	return decision.Main != nil && decision.Main.Identity != i.proven && decision.Serving.Value && len(decision.Actions) == 0
}

// see takes the look into the history and returns what to decide from.
func (i *instance) see(desired plan.Desired, state observed.State) plan.Input {
	now := i.clock.Now()
	before, exits := i.history, i.takeExits()
	for _, exit := range exits {
		i.history = i.history.Exited(exit)
	}
	i.history = i.history.See(desired, state, now)
	i.recordEnds(before, exits, now)
	i.hints = nil
	for _, p := range state.Processes.Value {
		i.hints = append(i.hints, p.Identity)
	}
	return plan.Input{Desired: desired, Observed: state, History: i.history, Now: now}
}
