package reconciler

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/actuator"
	"github.com/stigmer/stigmer-local/reconciler/database"
	"github.com/stigmer/stigmer-local/reconciler/plan"
	"github.com/stigmer/stigmer-local/reconciler/status"
)

// reconcile does one pass and returns when the next one is due; zero means
// that the instance is no more.
func (r *Reconciler) reconcile(ctx context.Context, name string) (time.Duration, error) {
	if err := r.lock.check(); err != nil {
		r.end(err)
		return 0, err
	}
	i := r.instance(name)
	after, over, err := i.pass(ctx)
	if over {
		return 0, r.forget(i)
	}
	return after, err
}

// pass looks, decides, acts and gives account, once. It returns when the next
// one is due, and whether the instance is no more.
func (i *instance) pass(ctx context.Context) (after time.Duration, over bool, err error) {
	now := i.clock.Now()
	desired, problem := i.wishes.read(now)
	if desired.Object == nil && !desired.Missing && problem == "" {
		// Somebody may still be writing the first file that this daemon reads.
		return i.wishes.settling(now), false, nil
	}
	i.logProblem(problem)
	i.recordDesired(desired, problem, now)
	if desired.Object == nil || desired.Removed && !i.known(desired) {
		switch {
		case problem != "":
			return i.within(RetryWithin, now), false, i.reportUnreadable(problem, now)
		case i.lost && !desired.Removed:
			return i.wishes.settling(now), false, nil
		case !i.lost:
			// A late wake-up for an instance that is no more.
			return 0, true, nil
		}
	}
	i.noteFailures(desired)
	input, decision := i.decide(ctx, desired)
	if ctx.Err() != nil {
		return 0, false, ctx.Err()
	}
	// Before the actions, so that no exit that they cause is missed, and before
	// anybody can know of them.
	gone := i.watch(decision)
	i.logDecision(decision)
	failure := i.act(ctx, desired, decision)
	i.logFailure(failure)
	decision.Remedy = cmp.Or(decision.Remedy, remedyFor(failure, decision, desired))

	input.History = i.history
	err = i.account(status.Pass{Input: input, Plan: decision, Failure: failure, DesiredProblem: problem})
	i.logUnwritten(err)
	if desired.Removed && decision.Situation == plan.Stopped && failure == nil {
		i.recordForgotten(i.clock.Now())
		i.log.Info("forgotten: the desired file is gone and nothing runs; the data stays")
		return 0, true, nil
	}
	after = decision.RequeueAfter
	if gone {
		after = retryFirst
	}
	if err := errors.Join(failure, err); err != nil {
		return i.wishes.settling(now), false, err
	}
	return i.within(after, now), false, nil
}

// within returns when the next pass is due: after that time, or earlier when the
// desired file has to be looked at then.
func (i *instance) within(after time.Duration, now time.Time) time.Duration {
	if settling := i.wishes.settling(now); settling > 0 {
		return min(after, settling)
	}
	return after
}

// known reports whether the object is one that somebody wrote once.
func (i *instance) known(desired plan.Desired) bool { return desired.Object.Generation > 0 }

// noteFailures takes into the history what failed beside the passes. What
// succeeded there is seen, or else is to be done again.
func (i *instance) noteFailures(desired plan.Desired) {
	for _, e := range i.takeDone() {
		if e.err == nil {
			i.history = i.history.DidBeside(e.action)
			continue
		}
		i.log.Error(e.err, "action failed", "verb", e.action.Verb)
		i.recordAction(plan.Plan{Situation: plan.Situation(e.action.Reason), Message: e.action.Message}, actuator.Outcome{Action: e.action, Err: e.err}, i.clock.Now())
		i.history = i.history.Did(desired, e.action, e.err.Error(), observed.Identity{}, i.clock.Now())
	}
}

// act carries out the actions in order and stops at the first failure.
func (i *instance) act(ctx context.Context, desired plan.Desired, decision plan.Plan) error {
	for _, action := range decision.Actions {
		outcome := i.hands.Do(ctx, action)
		i.recordAction(decision, outcome, i.clock.Now())
		var busy *actuator.LockHeldError
		if errors.As(outcome.Err, &busy) {
			// Another server has it, or a reader for a moment. No server has
			// failed, so the next start need not wait.
			return fmt.Errorf("%s failed: %w", action.Verb, outcome.Err)
		}
		i.history = i.history.Did(desired, action, problemOf(outcome.Err), outcome.Started, i.clock.Now())
		if outcome.Err != nil {
			return fmt.Errorf("%s failed: %w", action.Verb, outcome.Err)
		}
		if outcome.Warning != nil {
			i.log.Info("acted, but not all went well", "verb", action.Verb, "warning", outcome.Warning.Error())
		}
		i.log.Info("acted", "verb", action.Verb, "target", action.Target.PID,
			"started", outcome.Started.PID, "reason", action.Reason, "message", action.Message)
		if !outcome.Started.IsZero() {
			i.hints = append(i.hints, outcome.Started)
		}
	}
	return nil
}

// problemOf returns what an error says; empty for none.
func problemOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// remedyFor says what the user can do about a failure that does not go away by
// itself.
func remedyFor(failure error, decision plan.Plan, desired plan.Desired) string {
	var held *actuator.LockHeldError
	var unusable *database.UnusableError
	var full *database.NoRoomError
	switch {
	case errors.As(failure, &held) && held.Path == desired.Files.Lock:
		// Shared: the plan, which tries the same, judges an exclusive one.
		return "find who has it with 'fuser " + held.Path + "' and end that program; Temporal then starts by itself"
	case errors.As(failure, &held) && decision.Situation == plan.RestorePending:
		return "find who has it with 'fuser " + held.Path + "' and end that program; the restore then goes on by itself"
	case errors.As(failure, &held):
		return "find who has it with 'fuser " + held.Path + "' and end that program, or choose another database"
	case errors.As(failure, &full):
		return "free some space on the disk of " + full.Folder
	case errors.As(failure, &unusable):
		return "move it away, and a new one is made; or put a backup in its place: '" + plan.Command(desired.Object.Name, "backups") + "'"
	}
	return ""
}

// watch asks to be woken when a process of the instance ends, and reports
// whether one has ended since the look.
func (i *instance) watch(decision plan.Plan) (gone bool) {
	watched := decision.Unit
	if stranger := decision.Stranger(); stranger != nil {
		// Its end is what the instance waits for.
		watched = append(watched[:len(watched):len(watched)], *stranger)
	}
	for _, action := range decision.Actions {
		if action.Verb == plan.Terminate || action.Verb == plan.Kill {
			watched = append(watched[:len(watched):len(watched)], action.Target)
		}
	}
	for _, p := range watched {
		err := i.hands.Watch(p.Identity)
		var ended *actuator.GoneError
		switch {
		case errors.As(err, &ended):
			gone = true
		case err != nil:
			// It is seen at the next look.
			i.log.V(1).Info("cannot watch", "process", p.PID, "cause", err.Error())
		}
	}
	return gone
}

// account computes the status and writes it when it changed.
func (i *instance) account(pass status.Pass) error {
	before := i.status
	i.status = status.Compute(before, pass)
	i.recordPass(before, pass, i.clock.Now())
	object := pass.Input.Desired.Object.DeepCopy()
	object.Status = i.status
	return i.accounts.write(object)
}

// reportUnreadable writes a status for an instance that never had a good file.
func (i *instance) reportUnreadable(problem string, now time.Time) error {
	object, before := status.Unreadable(i.name, problem, i.status, now), i.status
	i.status = object.Status
	i.recordConditions(before.Conditions, now)
	return i.accounts.write(object)
}

// logDecision logs a new situation at V(0), and each pass at V(1).
func (i *instance) logDecision(decision plan.Plan) {
	if decision.Situation != i.situation {
		i.log.Info("situation", "situation", decision.Situation, "before", i.situation, "message", decision.Message)
		i.situation = decision.Situation
		return
	}
	i.log.V(1).Info("pass", "situation", decision.Situation, "message", decision.Message, "requeueAfter", decision.RequeueAfter)
}

// logFailure logs a new failure of an action; one that repeats itself is in
// the status.
func (i *instance) logFailure(failure error) {
	text := ""
	if failure != nil {
		text = failure.Error()
	}
	if text != "" && text != i.failure {
		i.log.Error(failure, "action failed")
	}
	i.failure = text
}

// logUnwritten logs that the status could not be written, once.
func (i *instance) logUnwritten(err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	if text != "" && text != i.unwritten {
		i.log.Error(err, "cannot write the status; commands see an old one")
	}
	i.unwritten = text
}

// logProblem logs a new problem of the desired file.
func (i *instance) logProblem(problem string) {
	if problem == i.problem {
		return
	}
	i.problem = problem
	if problem == "" {
		i.log.Info("the desired file is valid again")
		return
	}
	i.log.Info("the desired file cannot be used; the last good one stays in force", "problem", problem)
}
