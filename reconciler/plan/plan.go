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
	// Conflict is the program that is in the way; nil for none.
	Conflict *Conflict
	// External is the Temporal that is not ours and is the answer all the
	// same; nil for none.
	External *observed.External

	Findings
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
		p.Findings = v.findings()
		waits := p.Restore.Begun || p.Restore.Backup != "" && !in.Desired.Missing
		if v.main == nil && in.Observed.Processes.IsKnown() && waits && p.Situation != RestorePending && p.Situation != RestoreBlocked {
			// Whatever keeps it from starting, a start will replace the database.
			p.Message += "; " + p.Restore.String()
		}
		if p.RequeueAfter <= 0 {
			p.RequeueAfter = v.interval()
		}
		if p.Remedy != "" {
			// Nothing wakes the loop when a stranger goes.
			p.RequeueAfter = min(p.RequeueAfter, LookSoon)
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
