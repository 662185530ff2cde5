package plan

import (
	"slices"
	"strings"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// Plan is what to do now. It is data that prints itself: "stigmer local
// plan", the daemon's log and the golden files of the tests show the same.
type Plan struct {
	// Situation is the first rule that matched.
	Situation Situation
	// Message says in one sentence what is going on.
	Message string
	// Remedy is what the user must do before the instance can go on; empty
	// when the reconciler goes on by itself.
	Remedy string
	// Actions in the order in which they are carried out, stopping at the
	// first failure.
	Actions []Action
	// RequeueAfter is when to look again if nothing wakes the loop before.
	// It is always positive.
	RequeueAfter time.Duration
	// Main is the process that is the instance; nil when there is none.
	Main *observed.Process
	// Serving says whether Main serves the frontend, and why not. It is
	// Absent when there is no Main.
	Serving observed.Fact[bool]
	// Unit are Main and the processes of its session.
	Unit []observed.Process
	// Volatile says that Main keeps its workflows in memory.
	Volatile bool
	// LostFile says whether Main alone has its data, because its database was
	// deleted or replaced under it.
	LostFile observed.Knowledge
	// Origin is the database file that Main was started on, or a start would
	// find.
	Origin Origin
	// Verdicts are what the look says of each aspect of the instance.
	Verdicts []Verdict
	// RestoreAsked is the backup that is asked for and is not in place yet; empty
	// for none.
	RestoreAsked string
	// Conflict is the program that is in the way; nil for none.
	Conflict *Conflict
	// External is the Temporal that is not ours and is the answer all the
	// same; nil for none.
	External *observed.External
}

// Failing lists the deep checks of the server that fail.
func (p Plan) Failing() []string {
	var names []string
	for _, name := range deepChecks() {
		if p.Verdict(name).Holds == observed.Absent {
			names = append(names, name)
		}
	}
	return names
}

// GivesUpServer reports whether the plan ends a server because another one is
// wanted, or because it does not work: who else has its database open decides
// whether that heals.
func (p Plan) GivesUpServer() bool {
	return p.Situation == Drifted || p.Situation == RestartRequested || p.Situation == RestoreRequested ||
		p.Situation == Unresponsive
}

// Stranger returns the process that is not ours and whose end would change the
// plan; nil for none that can be seen.
func (p Plan) Stranger() *observed.Process {
	switch {
	case p.External != nil:
		return &p.External.Process
	case p.Conflict != nil && p.Conflict.Process.PID != 0:
		return &p.Conflict.Process
	}
	return nil
}

// EndsServer reports whether the plan asks the server to stop.
func (p Plan) EndsServer() bool {
	return p.Main != nil && slices.ContainsFunc(p.Actions, func(a Action) bool {
		return a.Verb == Terminate && a.Target.Identity == p.Main.Identity
	})
}

// Owns says whether a process of the unit listens on the port, and if it is
// not certain that one does, what is known of who does.
func (p Plan) Owns(port observed.Port) (observed.Knowledge, string) {
	return owns(p.Unit, port)
}

// String returns the plan as a short text: the situation, then one line for
// each action.
func (p Plan) String() string {
	var b strings.Builder
	b.WriteString(string(p.Situation) + ": " + p.Message + "\n")
	if p.Remedy != "" {
		b.WriteString("  to do by you: " + p.Remedy + "\n")
	}
	for _, action := range p.Actions {
		b.WriteString("  - " + action.String() + "\n")
	}
	if len(p.Actions) == 0 && p.Remedy == "" {
		b.WriteString("  nothing to do\n")
	}
	return b.String()
}

// Compute decides. It goes through the rules in order; the first one that
// matches decides alone, and the last one matches always.
func Compute(in Input) Plan {
	v := newView(in)
	for _, r := range rules() {
		if !r.matches(v) {
			continue
		}
		p := r.decide(v)
		p.Situation = r.situation
		p.Main, p.Serving, p.Unit, p.Verdicts = v.main, v.serving, v.unit, v.checks
		p.Volatile, p.LostFile = v.main != nil && v.volatile(), v.lostFile()
		p.Origin = v.origin()
		if v.restoreWish() != "" {
			p.RestoreAsked = RestorePath(v.in.Desired.Object)
		}
		if p.RequeueAfter <= 0 {
			p.RequeueAfter = v.interval()
		}
		if p.Remedy != "" {
			// Nothing wakes the loop when a stranger goes.
			p.RequeueAfter = min(p.RequeueAfter, lookSoon)
		}
		if slices.ContainsFunc(p.Actions, func(a Action) bool { return a.Verb == Terminate }) {
			// The exit wakes the loop; this is for the deadline.
			p.RequeueAfter = min(p.RequeueAfter, v.grace())
		}
		return p
	}
	// Not reached: the last rule has no condition, which a test checks.
	return Plan{Situation: NotRunning, RequeueAfter: v.interval()}
}
