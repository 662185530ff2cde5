package plan

import (
	"fmt"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// view is an Input with the conclusions that several rules need.
type view struct {
	in Input
	// ours are all living processes that are proven ours: the unit (the
	// server and what runs in its session) and the leftovers.
	ours, unit, leftovers []observed.Process
	// strangers have some evidence of the instance, not enough to be ours.
	strangers []observed.Process
	// main is the server, the first of the unit.
	main    *observed.Process
	drift   *drift
	serving observed.Fact[bool]
	// live is serving, and false too when the store that the server has read
	// cannot be read any more: what a restart can heal.
	live observed.Fact[bool]
	// checks are the verdicts.
	checks []Verdict
}

func newView(in Input) view {
	v := view{in: in}
	v.unit, v.leftovers, v.strangers = splitOurs(in.Observed)
	v.ours = append(append(v.ours, v.unit...), v.leftovers...)
	v.serving = observed.None[bool]("no server is running")
	if !in.Observed.Processes.IsKnown() {
		v.serving = observed.Unsure[bool](in.Observed.Processes.Reason)
	}
	if len(v.unit) > 0 {
		v.main = &v.unit[0]
		v.drift = driftOf(*v.main, in)
		v.serving = v.servingFact()
	}
	v.live = v.liveFact()
	v.checks = v.verdicts()
	return v
}

// liveFact says whether the server does what a restart would make it do again.
func (v view) liveFact() observed.Fact[bool] {
	_, _, other := v.otherCluster()
	serving, known := v.serving.Get()
	if !known || !serving || other || v.databaseFile().Holds != observed.Known {
		return v.serving
	}
	if lost := v.lostStore(); lost != "" {
		return observed.Fact[bool]{Knowledge: observed.Known, Reason: lost}
	}
	return v.serving
}

// writesLost is how many write checks in a row have to fail before a server
// that could write counts as one that cannot any more.
const writesLost = 2

// lostStore says what of its store the server could use and cannot any more;
// empty for nothing.
func (v view) lostStore() string {
	h, store := v.in.History, v.in.Observed.Server.Store
	switch {
	case v.databaseOwner() != nil:
		// Temporal waits for who reads the file, and so would the next one.
		return ""
	case h.StoreRead && store.IsKnown() && store.Value.Problem != "":
		return "the store is not read: " + store.Value.Problem
	case h.StoreWritten && h.Write.Failures >= writesLost && !v.volatile():
		return "the store is not written: " + h.Write.Problem
	}
	return ""
}

// servingFact says whether the unit serves the frontend: its own listener is
// on the port of the spec, and the WorkflowService says so.
func (v view) servingFact() observed.Fact[bool] {
	owned, why := owns(v.unit, v.port(observed.Frontend))
	health, checked := v.in.Observed.Health.Get()
	switch {
	case owned == observed.Unknown:
		return observed.Unsure[bool](why)
	case owned == observed.Absent:
		return observed.Fact[bool]{Knowledge: observed.Known, Reason: why}
	case !checked:
		return observed.Unsure[bool](v.in.Observed.Health.Reason)
	case health.Status != observed.HealthServing:
		return observed.Fact[bool]{Knowledge: observed.Known, Reason: healthProblem(health)}
	}
	return observed.Is(true)
}

func healthProblem(health observed.Health) string {
	if health.Message == "" {
		return "health check: " + string(health.Status)
	}
	return "health check: " + string(health.Status) + ": " + health.Message
}

// port returns the named port; a look without it leaves its listener Unknown.
func (v view) port(name observed.PortName) observed.Port {
	for _, p := range v.in.Observed.Ports {
		if p.Name == name {
			return p
		}
	}
	return observed.Port{Name: name}
}

// owns says whether a process of the unit listens on the port, and if it is
// not certain that one does, what is known of who does.
func owns(unit []observed.Process, p observed.Port) (observed.Knowledge, string) {
	listener, held := p.Listener.Get()
	owner := listener.Owner
	switch {
	case p.Listener.IsUnknown():
		return observed.Unknown, "who listens on " + p.Address.String() + " could not be told: " + p.Listener.Reason
	case !held:
		return observed.Absent, "nothing listens on " + p.Address.String()
	case owner.IsUnknown():
		return observed.Unknown, fmt.Sprintf("%s is held by %s", p.Address, holder(listener))
	case inUnit(unit, owner.Value):
		return observed.Known, ""
	}
	return observed.Absent, fmt.Sprintf("%s is held by %s", p.Address, holder(listener))
}

// inUnit reports whether the process is the server or runs in its session,
// with or without our mark: a session is inherited and cannot be entered.
func inUnit(unit []observed.Process, p observed.Process) bool {
	return contains(unit, p.Identity) ||
		len(unit) > 0 && p.Session == unit[0].PID && unit[0].Session == unit[0].PID
}

// holder names who has a port.
func holder(listener observed.Listener) string {
	if owner, known := listener.Owner.Get(); known {
		return Describe(owner)
	}
	if listener.User != "" {
		return "a process of user " + listener.User
	}
	return "an unknown process"
}

// strangersPorts are the ports that somebody else holds: a listener whose
// owner is known and not ours, or cannot be read.
func (v view) strangersPorts() []observed.Port {
	var held []observed.Port
	for _, p := range v.in.Observed.Ports {
		listener, known := p.Listener.Get()
		owner := listener.Owner
		if known && !(owner.IsKnown() && (contains(v.ours, owner.Value.Identity) || inUnit(v.unit, owner.Value))) {
			held = append(held, p)
		}
	}
	return held
}

// strangersOnPorts says who holds which port of the spec, each holder once.
func (v view) strangersOnPorts() []string {
	var parts []string
	named := map[string]bool{}
	for _, p := range v.strangersPorts() {
		if who := holder(p.Listener.Value); !named[who] {
			named[who] = true
			parts = append(parts, fmt.Sprintf("%s port %s is held by %s", p.Name, p.Address, who))
		}
	}
	return parts
}

// lockHolder names who holds the lock.
func (v view) lockHolder() string {
	lock, held := v.in.Observed.Lock.Get()
	if holder, known := lock.Holder.Get(); held && known {
		return Describe(holder)
	}
	return "an unknown process"
}

func (v view) interval() time.Duration {
	return v.in.Desired.Object.Spec.Interval.Duration
}

func (v view) healthTimeout() time.Duration {
	return v.in.Desired.Object.Spec.Health.Timeout.Duration
}

func (v view) grace() time.Duration {
	return v.in.Desired.Object.Spec.TerminationGracePeriod.Duration
}

// age of the server, by the clock of the look.
func (v view) age() time.Duration { return v.ageOf(*v.main) }

// ageOf is how old a process is. When it started is told by the clock of the
// same look, so that it does not matter whether the clock was set since.
func (v view) ageOf(p observed.Process) time.Duration { return v.in.Observed.Time.Sub(p.Started) }

// wakingAge is ageOf less all that the machine has slept, before the process too.
// Two of them differ by the time in which the process could do something.
func (v view) wakingAge(p observed.Process) time.Duration { return v.ageOf(p) - v.in.Observed.Slept }
