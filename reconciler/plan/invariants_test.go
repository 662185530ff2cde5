package plan

import (
	"fmt"
	"slices"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// violation names the invariant that the plan breaks; empty for none.
func violation(b base, p Plan) string {
	if p.Message == "" || p.RequeueAfter <= 0 || p.RequeueAfter > 30*time.Second {
		return "no message, or no time to look again"
	}
	if p.Situation == Converged && !(p.Serving.Value && p.Serving.IsKnown()) {
		return "converged, and nothing is known to serve"
	}
	starts := 0
	for _, a := range p.Actions {
		fault := ""
		switch a.Verb {
		case Terminate, Kill:
			fault = signalFault(b, a)
		case Start:
			starts++
			fault = startFault(b)
		}
		if fault != "" {
			return fault
		}
	}
	if starts > 1 || starts == 1 && p.Actions[len(p.Actions)-1].Verb != Start {
		return "a start that is not alone and last"
	}
	return dataViolation(b, p)
}

// signalFault: no signal without proof, none on Unknown, no kill without a
// request and its grace period.
func signalFault(b base, a Action) string {
	e := a.Target.Evidence
	server := slices.Contains(a.Target.Args, "start-dev")
	named := b.Observed.Record.IsKnown() && b.Observed.Record.Value.PID == a.Target.PID
	proven := e.CarriesMark == observed.Known ||
		e.HoldsLock == observed.Known && (server || named) ||
		e.NamesDatabase == observed.Known && server && named
	switch {
	case !proven:
		return fmt.Sprintf("%s of a process that is not proven ours", a.Verb)
	case !b.Observed.Processes.IsKnown():
		return "a signal, and which processes exist is unknown"
	case a.Target.State == observed.StateDead:
		return "a signal to a zombie"
	}
	r, asked := b.History.Retirements[a.Target.Identity]
	if a.Verb == Kill && (!asked || b.Now.Sub(r.Asked) < 10*time.Second) {
		return "a kill before the grace period was over"
	}
	return ""
}

// startFault: no second server, none that is not wanted, none on Unknown.
func startFault(b base) string {
	switch {
	case !b.Observed.Processes.IsKnown():
		return "a start, and which processes exist is unknown"
	case !b.Observed.Lock.IsAbsent():
		return "a start, and the lock is not known to be free"
	case b.Desired.Missing || b.Desired.Removed || b.spec().Enabled != nil && !*b.spec().Enabled:
		return "a start of what is not wanted"
	case !b.Observed.Executable.IsKnown() || b.Observed.Executable.Value.Problem != "":
		return "a start of nothing"
	case onFile(b) && b.Observed.Database.SecondName.IsKnown() && b.Observed.Database.FirstBoot.IsAbsent():
		return "a start on a file that has another name"
	case !b.Observed.EnvFile.IsAbsent():
		return "a start with settings of somebody else's"
	case b.History.NotBefore.After(b.Now):
		return "a start before its time"
	}
	for _, q := range b.Observed.Processes.Value {
		server := slices.Contains(q.Args, "start-dev")
		if q.State != observed.StateDead && (q.Evidence.CarriesMark == observed.Known || server) {
			return "a start beside a process of ours, or on a database in use"
		}
	}
	if owner := b.Observed.Ports[0].Listener; owner.IsKnown() {
		return "a start on a port that is taken"
	}
	return ""
}
