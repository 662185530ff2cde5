package local

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/reconciler"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

const (
	// waitLookMin and waitLookMax bound how often a waiting command looks: each
	// look adds at most a twentieth to the time that it has waited already. A
	// look at a server asks it half a dozen questions.
	waitLookMin = 25 * time.Millisecond
	waitLookMax = 500 * time.Millisecond
	// blockedFor is how long the same obstacle must be seen before the
	// command gives up on it: some pass by themselves.
	blockedFor = 500 * time.Millisecond
)

// waiter waits for an instance to reach a state.
type waiter struct {
	*session
	timeout time.Duration
	// goal says what is waited for, done whether a look shows it, and lost
	// why it will not come any more; nil means that nothing prevents it.
	goal string
	done func(reconciler.Look) bool
	lost func(reconciler.Look) error
	// then says what becomes of an instance that waits for the user; nil when it
	// stays wished.
	then func(*obstacle, reconciler.Look) string

	// wroteAt is when the command itself checked that the store can be written.
	wroteAt time.Time
}

// wait looks until the goal is reached, the user has to act, or the time is
// up. It returns the last look.
func (w *waiter) wait(ctx context.Context) (reconciler.Look, error) {
	timeout, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	progress := w.progress()
	defer progress.clear()
	began := time.Now()
	next := time.NewTimer(waitLookMin)
	defer next.Stop()
	var met *obstacle
	var since time.Time // when it was seen first
	var last reconciler.Look
	for {
		look, err := w.lookAsNeeded(timeout, last, began)
		switch {
		case timeout.Err() != nil:
			// This look was cut short and tells nothing.
			return last, w.gaveUp(ctx, last, met, since)
		case err != nil:
			return look, err
		case w.done(look):
			return look, nil
		}
		if w.lost != nil {
			if err := w.lost(look); err != nil {
				return look, err
			}
		}
		last = look
		if now := blockedBy(look); now == nil || met == nil || now.what != met.what {
			met, since = now, time.Now()
		} else if time.Since(since) >= now.patience(began) {
			return look, w.stoppedBy(now, look)
		}
		progress.show(w.goal, look)
		if err := w.ensureDaemon(timeout, false); err != nil && timeout.Err() == nil {
			return look, err
		}
		next.Reset(min(max(time.Since(began)/20, waitLookMin), waitLookMax))
		select {
		case <-next.C:
		case <-timeout.Done():
			return look, w.gaveUp(ctx, look, met, since)
		}
	}
}

// stoppedBy is the error of a command that gives up on an obstacle.
func (w *waiter) stoppedBy(o *obstacle, look reconciler.Look) error {
	then := goesOn(look)
	if w.then != nil {
		then = w.then(o, look)
	}
	return &exitError{o.code, fmt.Errorf("%s\n%s", o.message, then)}
}

// goesOn says what becomes of an instance that waits for the user.
func goesOn(look reconciler.Look) string {
	if look.Plan.Main != nil {
		return "the server stays as it is until then"
	}
	return "what you asked for is written, and the daemon goes on as soon as it can"
}

// unaccounted is how long a command waits for the daemon's account before it
// checks by itself that the store can be written.
const unaccounted = 2 * time.Second

// lookAsNeeded looks, and makes the write check that is the daemon's to make
// when its status cannot be read, so that nobody would ever hear of the
// outcome.
func (w *waiter) lookAsNeeded(ctx context.Context, last reconciler.Look, began time.Time) (reconciler.Look, error) {
	due := w.wroteAt.IsZero() || time.Since(w.wroteAt) >= plan.WriteCheckEvery
	unread := last.Reported == nil && last.Plan.Main != nil && time.Since(began) >= unaccounted
	if !due || !unread || !last.Plan.Serving.Value {
		// The first look may be the last, and tells of a second server, which is then
		// not lost sight of.
		shared := last.Plan.Verdict(v1alpha1.ConditionDatabaseFile).Reason == plan.DatabaseShared
		return w.lookWith(ctx, w.name, reconciler.Looker{Thorough: last.Object == nil || shared})
	}
	w.wroteAt = time.Now()
	return w.lookWith(ctx, w.name, reconciler.Looker{CheckWrite: true, Thorough: true})
}

// obstacle is what keeps an instance from its goal until the user acts.
type obstacle struct {
	code int
	// what it is, and how it is told to the user.
	what, message string
	// met is since when the daemon has told of it, to the second, and again how soon
	// it meets it once more; zero when the look itself shows it.
	met   time.Time
	again time.Duration
}

// patience is how long the obstacle must be seen by a command that began then: what
// the daemon told of before that may be gone.
func (o *obstacle) patience(began time.Time) time.Duration {
	if o.met.IsZero() || !o.met.Before(began.Truncate(time.Second)) {
		return blockedFor
	}
	return o.again + blockedFor
}

// blockedBy returns what the user has to do before the instance can go on;
// nil for nothing. Where Temporal is looked for depends on the daemon's
// environment, so there the daemon's word counts, when it is about this
// desired state.
func blockedBy(look reconciler.Look) *obstacle {
	if look.Problem != "" {
		return &obstacle{code: exitUsage, what: look.Problem, message: look.Problem}
	}
	told := toldByDaemon(look)
	if look.Plan.Remedy != "" && !mayHeal(look) && (told == nil || look.Plan.Situation != plan.ExecutableMissing) {
		return &obstacle{code: exitUserAction, what: look.Plan.Message, message: inTheWay(look)}
	}
	return told
}

// toldByDaemon returns the obstacle that only the daemon can tell of.
func toldByDaemon(look reconciler.Look) *obstacle {
	c := look.Told
	if c == nil {
		return nil
	}
	told := &obstacle{code: exitUserAction, what: c.Message, message: c.Message, met: c.LastTransitionTime.Time, again: reconciler.RetryWithin}
	switch plan.Situation(c.Reason) {
	case plan.ExecutableMissing, plan.ExecutableUnusable, plan.ReplacementBlocked, plan.RestoreBlocked:
		// Nothing has failed: it looks again soon.
		told.again = plan.LookSoon
	}
	return told
}

// mayHeal reports whether all that fails is one write check: on a busy machine
// one is late now and then, and the next tells.
func mayHeal(look reconciler.Look) bool {
	return look.Plan.Situation == plan.Degraded && look.Input.History.Write.Failures == 1 &&
		slices.Equal(look.Plan.Failing(), []string{v1alpha1.ConditionStoreWritable})
}

// sameGeneration reports whether the daemon's account is of this object.
func sameGeneration(reported, object *v1alpha1.Temporal) bool {
	return reported.Generation == object.Generation
}

// gaveUp says why waiting ended early: Ctrl-C, or the time was up, be it while an
// obstacle was seen for a while.
func (w *waiter) gaveUp(ctx context.Context, look reconciler.Look, met *obstacle, since time.Time) error {
	last := "there was no time to look"
	if look.Object != nil {
		last = look.Object.Status.Message
	}
	if ctx.Err() != nil {
		return fmt.Errorf("interrupted while waiting for %s to be %s (%s); the desired state stays as written and the daemon goes on: see '%s'", w.name, w.goal, last, w.command("status"))
	}
	if met != nil && time.Since(since) >= blockedFor {
		return w.stoppedBy(met, look)
	}
	if line := w.lastLogLine(); look.Plan.Situation == plan.BackingOff && look.Input.History.StartProblem == "" && line != "" {
		last += fmt.Sprintf("; its log ends with %q", line)
	}
	see := "'" + w.command("status") + "'"
	if logs := "'" + w.command("logs") + "'"; !strings.Contains(last, logs) {
		see += " and " + logs
	}
	return &exitError{exitTimeout, fmt.Errorf("%s is not %s after %s: %s; the daemon goes on: see %s", w.name, w.goal, w.timeout, last, see)}
}

// awaitReady waits until the instance is Ready and returns the look that shows it.
func (s *session) awaitReady(ctx context.Context, timeout time.Duration) (reconciler.Look, error) {
	w := s.readyWaiter(timeout)
	return w.wait(ctx)
}

func (s *session) readyWaiter(timeout time.Duration) waiter {
	return waiter{session: s, timeout: timeout, goal: "ready", done: readiness()}
}

// steadyFor is how long a server must be seen Ready when the daemon cannot
// write down that it has taken note of the desired state. A server that was
// asked to stop does not serve for so long.
const steadyFor = 3 * time.Second

// readiness returns what tells that a server is Ready: the look itself shows
// it, and the daemon has taken note of the desired state, so that the server is
// not one that it has just asked to stop.
func readiness() func(reconciler.Look) bool {
	var since time.Time
	return func(look reconciler.Look) bool {
		switch {
		case !isReady(look):
			since = time.Time{}
			return false
		case look.Reported == nil || sameGeneration(look.Reported, look.Object):
			return true
		case since.IsZero():
			since = time.Now()
		}
		return time.Since(since) >= steadyFor
	}
}

// isReady reports whether the look itself shows a server that is Ready.
func isReady(look reconciler.Look) bool {
	return look.Problem == "" && look.Object != nil &&
		meta.IsStatusConditionTrue(look.Object.Status.Conditions, v1alpha1.ConditionReady)
}
