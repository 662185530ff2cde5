package reconciler

import (
	"cmp"
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer"
	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/plan"
	"github.com/stigmer/stigmer-local/reconciler/status"
)

// Look is what somebody sees who looks at an instance without touching it.
type Look struct {
	// Object is the last good desired object, without the secrets in its
	// environment, with the status as it is now; nil when there never was a
	// good file.
	Object *v1alpha1.Temporal
	// Problem says why the desired file is not what Object says; empty when it is.
	Problem string
	// Missing means that there is no desired file.
	Missing bool
	// Input and Plan are what the loop would decide from and do.
	Input plan.Input
	Plan  plan.Plan
	// Reported is the object that a daemon last wrote; nil for none.
	Reported *v1alpha1.Temporal
	// DaemonRuns says that there is a daemon, which goes on with Reported.
	DaemonRuns bool
	// Told is the daemon's Stalled condition where it tells what this look cannot
	// see: which executable the daemon finds, and what became of the actions that
	// are planned. Nil when it tells nothing.
	Told *metav1.Condition
}

// Looker looks at instances on behalf of a command. It reads only.
type Looker struct {
	Home     Home
	Search   Search
	Observer *observer.Observer
	// Disk is kept by who looks more than once; nil for one of its own.
	Disk *Disk
	// DaemonRuns says that there is a daemon. The executable that it found is taken,
	// because its environment decides, not the command's.
	DaemonRuns bool
	// Thorough searches the whole machine, also for who else has the database open.
	Thorough bool
	// CountRunning asks the server how many workflows run.
	CountRunning bool
	// CheckWrite makes one small write to the store of the server, which the
	// daemon otherwise does.
	CheckWrite bool
}

// Look looks at one instance now. An instance that nobody knows, and of which
// nothing lives, has neither an Object nor a Problem.
func (l Looker) Look(ctx context.Context, name string) (Look, error) {
	// A status file that cannot be read is as good as none: the daemon writes
	// another one.
	reported, _ := l.Home.ReadStatus(name)
	files := newSource(l.Home, name, reported, newClaims(l.Home, cmp.Or(l.Disk, &Disk{}), nil))
	desired, problem, err := files.readSettled(ctx)
	if err != nil {
		return Look{}, err
	}
	// One look cannot tell for how long a file has been missing.
	desired.Removed = desired.Missing
	if info, err := l.Home.ReadDaemonInfo(); err == nil {
		desired.Daemon = info.Identity
	}
	look := Look{Problem: problem, Missing: desired.Missing, Reported: reported, DaemonRuns: l.DaemonRuns}
	known := desired.Object != nil
	switch {
	case !known && problem != "":
		return look, nil
	case !known:
		// Nobody knows the instance; a server of it may live all the same,
		// in a home that was removed under it.
		desired.Object = files.unknown()
	}
	state := l.Observer.Observe(ctx, l.target(desired, reported))
	if ctx.Err() != nil {
		return look, ctx.Err()
	}
	if l.DaemonRuns && state.Executable.IsKnown() && findsNone(reported, desired) {
		state.Executable = observed.None[observed.Executable]("the daemon finds none")
	}
	look.judge(desired, state)
	if !known && look.Plan.Situation == plan.Stopped {
		look.Object = nil
	}
	if l.DaemonRuns && known {
		look.adopt()
	}
	return look, nil
}

// target says what to look at, and for which executable.
func (l Looker) target(desired plan.Desired, reported *v1alpha1.Temporal) observer.Target {
	at := Options{Home: l.Home, Search: l.Search}.lookAt(desired, nil)
	at.CountRunning, at.CheckWrite = l.CountRunning, l.CheckWrite
	// Who else has the database open is looked up now and then only; what the
	// daemon has found is looked at again.
	at.Thorough = at.Thorough || l.Thorough || l.DaemonRuns && saysShared(reported)
	if found := reportedBinary(reported); l.DaemonRuns && found != nil && desired.Object.Spec.Binary.Path == "" {
		at.Executables = []observer.Candidate{*found}
	}
	return at
}

// judge decides from a look, with what the daemon remembered when it last
// wrote the status.
func (l *Look) judge(desired plan.Desired, state observed.State) {
	now := time.Now()
	var history plan.History
	var previous v1alpha1.TemporalStatus
	if l.Reported != nil {
		history, previous = plan.Restore(l.Reported), l.Reported.Status
	}
	l.Input = plan.Input{Desired: desired, Observed: state, History: history.See(desired, state, now), Now: now}
	l.Plan = plan.Compute(l.Input)
	l.Object = concealed(desired.Object).DeepCopy()
	l.Object.Status = status.Compute(previous, status.Pass{Input: l.Input, Plan: l.Plan, DesiredProblem: l.Problem})
}

// adopt takes from the daemon's account what it knows better, if that is of this
// desired object: it knows what became of its actions.
func (l *Look) adopt() {
	if l.Reported == nil || l.Reported.Generation != l.Object.Generation {
		return
	}
	l.Told = told(l.Reported.Status, l.Plan)
	switch l.Plan.Situation {
	case plan.BackingOff, plan.Terminating:
		// The message counts down, and is out of date.
		return
	}
	if l.Reported.Status.Situation != l.Object.Status.Situation {
		return
	}
	l.Object.Status.Message = l.Reported.Status.Message
	if l.Told == nil {
		return
	}
	for _, name := range []string{v1alpha1.ConditionStalled, v1alpha1.ConditionReconciling} {
		if c := meta.FindStatusCondition(l.Reported.Status.Conditions, name); c != nil {
			meta.SetStatusCondition(&l.Object.Status.Conditions, *c)
		}
	}
}

// told returns the daemon's Stalled condition when a look with this plan does not
// see what it tells; nil otherwise.
func told(reported v1alpha1.TemporalStatus, p plan.Plan) *metav1.Condition {
	c := meta.FindStatusCondition(reported.Conditions, v1alpha1.ConditionStalled)
	if c == nil || c.Status != metav1.ConditionTrue {
		return nil
	}
	switch situation := plan.Situation(c.Reason); {
	case situation == plan.ExecutableMissing, situation == plan.ExecutableUnusable:
		return c
	case (situation == plan.ReplacementBlocked || situation == plan.RestoreBlocked) && p.GivesUpServer():
		// The daemon searches the whole machine before it gives a server up.
		return c
	case situation == p.Situation && p.Remedy == "" && len(p.Actions) > 0:
		// Somebody keeps from succeeding what the daemon does, such as a start.
		return c
	}
	return nil
}

// findsNone reports whether the daemon has looked for a Temporal for this desired
// object and found none.
func findsNone(reported *v1alpha1.Temporal, desired plan.Desired) bool {
	return reported != nil && desired.Object != nil && reported.Generation == desired.Object.Generation &&
		reported.Status.Situation == string(plan.ExecutableMissing)
}

// saysShared reports whether the daemon has seen somebody else on the database.
func saysShared(reported *v1alpha1.Temporal) bool {
	if reported == nil {
		return false
	}
	c := meta.FindStatusCondition(reported.Status.Conditions, v1alpha1.ConditionDatabaseFile)
	return c != nil && c.Reason == plan.DatabaseShared
}

// reportedBinary returns the executable in a status; nil for none.
func reportedBinary(reported *v1alpha1.Temporal) *observer.Candidate {
	if reported == nil || reported.Status.Binary == nil {
		return nil
	}
	return &observer.Candidate{Path: reported.Status.Binary.Path, Source: reported.Status.Binary.Source}
}

// Names returns the instances that have a desired file or a status file.
func (l Looker) Names() ([]string, error) { return l.Home.names() }

// lookAt says what to look at for the desired object.
func (o Options) lookAt(desired plan.Desired, hints []observed.Identity) observer.Target {
	t := target(desired, o.Search.candidates(o.Home, desired.Object.Spec.Binary))
	t.Hints = hints
	return t
}
