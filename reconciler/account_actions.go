package reconciler

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stigmer/stigmer-local/reconciler/actuator"
	"github.com/stigmer/stigmer-local/reconciler/events"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// recordAction tells what was done, or failed, and what caused it. What was done
// for another cause is no repetition: a restart that was asked for is never
// counted together with one after a failure.
func (i *instance) recordAction(decision plan.Plan, outcome actuator.Outcome, now time.Time) {
	action, cause := outcome.Action, causeOf(outcome.Action, decision)
	e := events.Event{
		Type: events.Action, Reason: action.Reason, Situation: string(decision.Situation),
		Verb: string(action.Verb), PID: action.Target.PID, StartedPID: outcome.Started.PID,
		Message: whatOf(outcome) + "; because " + cause,
	}
	if outcome.Err != nil {
		e.Error = outcome.Err.Error()
	}
	e.Key = strings.Join([]string{e.Verb, e.Situation, subjectOf(outcome), mask(cause), mask(e.Error)}, "|")
	i.record(e, now)
}

// whatOf says what was done, or failed.
func whatOf(outcome actuator.Outcome) string {
	what := fmt.Sprintf("%s %s", outcome.Action.Verb, objectOf(outcome.Action))
	switch {
	case outcome.Err != nil:
		what += " failed: " + outcome.Err.Error()
	case outcome.Started.PID != 0:
		what += fmt.Sprintf(" as pid %d", outcome.Started.PID)
	case outcome.Gone:
		what += ", which had ended already"
	case outcome.Action.Verb == plan.StageBackup || outcome.Action.Verb == plan.LearnSchema:
		// It goes on beside the passes; that it failed is told when it has.
		what += " has begun"
	}
	return what + whereIsTheOld(outcome)
}

// whereIsTheOld says where the database is that a restore replaced. Whether
// there was one, and how far a restore came that failed, is not known here; that
// an earlier attempt moved it, the plan says.
func whereIsTheOld(outcome actuator.Outcome) string {
	work := outcome.Action.Database
	var held *actuator.LockHeldError
	switch {
	case outcome.Action.Verb != plan.RestoreBackup, errors.As(outcome.Err, &held):
		return "" // nothing was moved
	case outcome.Err != nil:
		return fmt.Sprintf("; what was at %s is still there, or at %s", work.Path, work.Aside)
	}
	return fmt.Sprintf("; what was at %s, if anything, is now %s", work.Path, work.Aside)
}

// objectOf returns what the action is about, as the plan prints it.
func objectOf(action plan.Action) string {
	reason := fmt.Sprintf(" (%s: %s)", action.Reason, action.Message)
	return strings.TrimPrefix(strings.TrimSuffix(action.String(), reason), string(action.Verb)+" ")
}

// subjectOf returns what tells one action from another that is not its
// repetition. Each start and each stop is about another process, each backup makes
// another file, and each attempt at a restore would keep the old one by another name.
func subjectOf(outcome actuator.Outcome) string {
	action := outcome.Action
	switch {
	case slices.Contains([]plan.Verb{plan.Start, plan.Terminate, plan.Kill, plan.WriteRecord}, action.Verb):
		return ""
	case action.Verb == plan.Backup, action.Verb == plan.RestoreBackup && outcome.Err != nil:
		return mask(objectOf(action))
	}
	return objectOf(action)
}

// causeOf says why: the action's own reason, and what is going on if that
// says more.
func causeOf(action plan.Action, decision plan.Plan) string {
	switch {
	case strings.Contains(decision.Message, action.Message):
		return decision.Message
	case decision.Message == "":
		return action.Message
	}
	return fmt.Sprintf("%s (%s)", action.Message, decision.Message)
}
