package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// The rules in this file judge a server that runs.

func replacementBlocked(v view) bool {
	return v.drift != nil && v.blocker() != nil
}

// blocker returns the situation that a start would meet now, nil for none. A
// server that works is not given up for one that could not start.
func (v view) blocker() *Plan {
	for _, r := range rules() {
		switch r.situation {
		case DatabaseInUse, DatabaseUnusable, ExecutableMissing, ExecutableUnusable, EnvFilePresent, PortHeldByStranger:
			if r.matches(v) {
				plan := r.decide(v)
				return &plan
			}
		}
	}
	return nil
}

func keepOld(v view) Plan {
	blocker := v.blocker()
	message := v.drift.message
	if restore := v.pendingRestore(); restore.Backup != "" {
		message += " and " + restore.Backup + " is to be restored"
	}
	if v.volatile() {
		message += " (and what it keeps in memory is lost with that)"
	}
	return Plan{
		Message: fmt.Sprintf("%s stays, although %s: %s", Describe(*v.main), message, blocker.Message),
		Remedy:  blocker.Remedy,
	}
}

func restartAsked(v view) bool { return v.drift != nil && v.drift.reason == RestartRequested }

func drifted(v view) bool { return v.drift != nil }

func replaceDrifted(v view) Plan {
	message := v.drift.message + v.losses()
	return Plan{
		Message: fmt.Sprintf("%s is replaced: %s", Describe(*v.main), message),
		Actions: v.terminate(v.unit, v.drift.reason, message),
	}
}

// notLive reports whether it is certain that the server does not serve, or
// has lost its store.
func (v view) notLive() bool {
	live, known := v.live.Get()
	return v.main != nil && known && !live
}

// startable reports whether the server may still be on its way up: it has
// not served as far as we know, and it has not had its time.
func (v view) startable() bool { return !v.in.History.Served && v.young() }

// young reports whether the server may take its time to come up. Time that
// the machine slept through does not count.
func (v view) young() bool {
	timeout := v.in.Desired.Object.Spec.Health.StartupTimeout.Duration
	awake := v.in.History.AwakeSince
	return v.age() < timeout || !awake.IsZero() && v.in.Now.Sub(awake) < timeout
}

// threshold is how many checks in a row have to fail before a server is
// replaced. One that keeps its workflows in memory gets twice the patience:
// they die with it.
func (v view) threshold() int {
	threshold := int(v.in.Desired.Object.Spec.Health.FailureThreshold)
	if v.volatile() {
		return 2 * threshold
	}
	return threshold
}

// volatile reports whether the server that runs keeps its workflows in
// memory: its command line says so, whatever the spec says by now.
func (v view) volatile() bool {
	if v.main == nil || !isServer(*v.main) {
		return !v.onFile()
	}
	return !slices.ContainsFunc(v.main.Args, func(arg string) bool {
		return arg == "-f" || strings.HasPrefix(arg, "--db-filename")
	})
}

// losses says what the end of the server means for its running workflows, as
// far as they were counted.
func (v view) losses() string {
	switch running, counted := v.in.Observed.Server.Running.Get(); {
	case v.main == nil || counted && running == 0 || !counted && !v.volatile():
		return ""
	case !v.volatile() && !v.startedOnIt():
		return fmt.Sprintf("; %s in %s", stay(running), v.origin().Named)
	case !v.volatile():
		return fmt.Sprintf("; %s after the next start", goOn(running))
	case !counted:
		return "; the workflows that it keeps in memory are lost"
	default:
		return "; " + areLost(running)
	}
}

func goOn(workflows int64) string {
	if workflows == 1 {
		return "1 running workflow goes on"
	}
	return fmt.Sprintf("%d running workflows go on", workflows)
}

func stay(workflows int64) string {
	if workflows == 1 {
		return "1 running workflow stays"
	}
	return fmt.Sprintf("%d running workflows stay", workflows)
}

func areLost(workflows int64) string {
	if workflows == 1 {
		return "1 running workflow that it keeps in memory is lost"
	}
	return fmt.Sprintf("%d running workflows that it keeps in memory are lost", workflows)
}

func (v view) overThreshold() bool {
	return v.notLive() && !v.startable() && v.in.History.FailedChecks >= v.threshold()
}

func frozen(v view) bool { return v.overThreshold() && v.main.State == observed.StateStopped }

func unresponsive(v view) bool { return v.overThreshold() && v.in.History.Served }

func startTimedOut(v view) bool { return v.overThreshold() }

func replaceFrozen(v view) Plan {
	return v.replaceFailed(Frozen, fmt.Sprintf("the process is stopped and %d checks in a row failed", v.in.History.FailedChecks))
}

func replaceUnresponsive(v view) Plan {
	return v.replaceFailed(Unresponsive, fmt.Sprintf("%d checks in a row failed: %s", v.in.History.FailedChecks, v.live.Reason))
}

func replaceTimedOut(v view) Plan {
	return v.replaceFailed(StartTimedOut, fmt.Sprintf("does not serve %s after its start: %s", v.age().Round(time.Second), v.serving.Reason))
}

func (v view) replaceFailed(reason Situation, message string) Plan {
	message += v.losses()
	return Plan{
		Message: Describe(*v.main) + " is replaced: " + message,
		Actions: v.terminate(v.unit, reason, message),
	}
}

func starting(v view) bool { return v.notLive() && v.startable() }

// Looks at a server that starts come closer together than others, because a
// person waits: a quarter of its age, so that the look adds at most that much
// to the time until it is Ready, within these bounds.
const (
	startLookMin = 5 * time.Millisecond
	startLookMax = 250 * time.Millisecond
)

func waitForStart(v view) Plan {
	return Plan{
		Message:      Describe(*v.main) + " is starting: " + v.serving.Reason,
		RequeueAfter: v.startLook(),
	}
}

func (v view) startLook() time.Duration {
	return min(max(v.age()/4, startLookMin), startLookMax, v.interval())
}

func failing(v view) bool { return v.notLive() }

func checkAgain(v view) Plan {
	return Plan{
		Message: fmt.Sprintf("%s failed %d of %d checks: %s", Describe(*v.main),
			v.in.History.FailedChecks, v.threshold(), v.live.Reason),
		RequeueAfter: min(v.healthTimeout(), v.interval()),
	}
}

func healthUnknown(v view) bool { return v.main != nil && v.serving.IsUnknown() }

func waitForHealth(v view) Plan {
	return Plan{
		Message:      "cannot tell whether " + Describe(*v.main) + " serves: " + v.serving.Reason,
		RequeueAfter: min(LookSoon, v.interval()),
	}
}

// missingPort says what is wrong with the first port that the server is not
// known to have; empty for none.
func (v view) missingPort() string {
	for _, p := range v.in.Observed.Ports {
		if owned, why := owns(v.unit, p); owned != observed.Known {
			return string(p.Name) + " port: " + why
		}
	}
	return ""
}

func portsIncomplete(v view) bool { return v.main != nil && v.missingPort() != "" }

func waitForPorts(v view) Plan {
	plan := Plan{
		Message:      Describe(*v.main) + " serves, but not all: " + v.missingPort(),
		RequeueAfter: v.startLook(),
	}
	if !v.young() {
		plan.Remedy = "if it stays so, " + v.command("restart")
	}
	return plan
}

func lockLost(v view) bool {
	return v.main != nil && v.main.Evidence.HoldsLock == observed.Absent
}

func keepWithoutLock(v view) Plan {
	return Plan{Message: fmt.Sprintf(
		"%s serves without its lock: %s was removed or replaced; '%s' renews it",
		Describe(*v.main), v.in.Desired.Files.Lock, v.command("restart"))}
}

func recordOutdated(v view) bool {
	return v.main != nil && !v.in.Observed.Record.IsUnknown() &&
		v.main.Evidence.MatchesRecord == observed.Absent
}

func writeRecord(v view) Plan {
	return Plan{
		Message: Describe(*v.main) + " serves, and the pid record does not name it",
		Actions: []Action{{
			Verb: WriteRecord, Target: *v.main, RecordPath: v.in.Desired.Files.Record,
			Reason: string(RecordOutdated), Message: "the pid record does not name the server",
		}},
	}
}

func running(v view) bool { return v.main != nil }

func doNothing(v view) Plan {
	return Plan{Message: Describe(*v.main) + " serves on " + v.port(observed.Frontend).Address.String()}
}
