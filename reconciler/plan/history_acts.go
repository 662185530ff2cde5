package plan

import (
	"maps"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// What was done, and what ended, enters the history here; what was seen, in See.

// Exited returns the history after the process id ended. An exit that is
// noticed before the look that misses the process, or after it, counts once.
func (h History) Exited(exit Exit) History {
	if exit.Identity == h.Main || (h.LastExit != nil && h.LastExit.Identity == exit.Identity) {
		h.LastExit = &exit
	}
	return h
}

// Did returns the history after an action was carried out: problem is why it
// failed, empty when it did not, and started the identity of the process that a
// Start made.
func (h History) Did(desired Desired, action Action, problem string, started observed.Identity, now time.Time) History {
	failed := problem != ""
	switch {
	case failed && action.Verb == StageBackup:
		return h.notRestored(action, problem, now)
	case failed && action.Verb == RestoreBackup:
		return h.notRestored(action, problem, now).notStarted(desired, problem, now)
	case failed && prepares(action.Verb):
		return h.notStarted(desired, problem, now)
	case action.Verb == Start:
		if h.Unplanned {
			h.RestartCount++
		}
		h = h.follow(started)
		h.Unplanned, h.StartedFor = false, h.Generation
	case failed:
	case action.Verb == StageBackup:
		h.Restore.Begun = now
	case action.Verb == RestoreBackup:
		h.Restore.Done = h.Restore.Value == action.Database.Meta.Restored
	case action.Verb == Terminate:
		return h.retire(desired, action, now)
	case action.Verb == Kill:
		h = h.retire(desired, action, now)
		r := h.Retirements[action.Target.Identity]
		r.Killed = now
		h.Retirements[action.Target.Identity] = r
	}
	return h
}

// notRestored notes why a restore failed, if it is still the one that is wished.
// Unless the swap has begun, what was there before is as good as it was, and may
// start.
func (h History) notRestored(action Action, problem string, now time.Time) History {
	h.Restore.Begun = time.Time{}
	if action.Database.Meta.Restored == h.Restore.Value {
		h.Restore.Problem, h.Restore.FailedAt = problem, now
	}
	return h
}

// prepares reports whether no server runs without this action: when it
// failed, the next attempt waits.
func prepares(verb Verb) bool {
	switch verb {
	case Start, Quarantine, Backup, RestoreBackup:
		return true
	}
	return false
}

// notStarted counts an attempt that came to no server.
func (h History) notStarted(desired Desired, problem string, now time.Time) History {
	h.StartProblem = problem
	return h.fail(desired, now)
}

// retire notes that the target was asked to stop. A server that is replaced
// because it failed counts as a failure, once.
func (h History) retire(desired Desired, action Action, now time.Time) History {
	id := action.Target.Identity
	h.Retirements = maps.Clone(h.Retirements)
	if h.Retirements == nil {
		h.Retirements = map[observed.Identity]Retirement{}
	}
	if _, found := h.Retirements[id]; !found {
		h.Retirements[id] = Retirement{Reason: action.Reason, Asked: now, Age: now.Sub(action.Target.Started) - h.Slept}
		// A server that we started for this very desired state and that does
		// not match it is our fault. Counting it keeps that from becoming a
		// loop without a pause.
		if isFailure(action.Reason) || id == h.Main && Situation(action.Reason) == Drifted && h.StartedFor == h.Generation {
			h = h.fail(desired, now)
		}
	}
	return h
}

// isFailure reports whether a process that is retired for this reason failed.
func isFailure(reason string) bool {
	switch Situation(reason) {
	case Frozen, Unresponsive, StartTimedOut:
		return true
	}
	return false
}

// DidBeside takes in that an action was carried out beside the passes. A copy
// that is not there afterwards all the same is to be made again.
func (h History) DidBeside(action Action) History {
	if action.Verb == StageBackup {
		h.Restore.Begun = time.Time{}
	}
	return h
}
