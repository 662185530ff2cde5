package plan

import (
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// rule is one row of the decision table.
type rule struct {
	situation Situation
	matches   func(view) bool
	decide    func(view) Plan
}

// rules returns the decision table. The order is the argument: what is not
// known comes before what is; a process on its way out is seen off before
// anything else happens; what must not run is stopped before what runs is
// judged; what runs is judged before anything is started.
func rules() []rule {
	return []rule{
		{ObservationFailed, processesUnknown, waitForObservation},
		{TerminationOverdue, terminationOverdue, killOverdue},
		{Terminating, terminating, waitForTermination},

		{Stopping, unwantedAlive, stopAll},
		{StopUncertain, unwantedUncertain, reportUncertainStop},
		{Stopped, unwanted, stayStopped},

		{LockHeldByLeftover, leftoverHoldsLock, stopLeftovers},
		{LeftoverProcess, leftoverAlive, stopLeftovers},
		{DatabaseBusy, databaseBusy, waitForDatabase},
		{LockHeldByStranger, strangerHoldsLock, reportLockHolder},
		{LockHolderUnknown, lockHeldByUnknown, reportLockUnknown},
		{LockUnknown, lockUnknown, reportLockUnreadable},

		{RestoreRequested, restoreRequested, stopForRestore},
		{OtherCluster, otherCluster, reportOtherCluster},
		{DatabaseLost, databaseLost, keepLost},
		{DatabaseUnknown, databaseUnknown, keepUnknown},
		{ReplacementBlocked, replacementBlocked, keepOld},
		{RestartRequested, restartAsked, replaceDrifted},
		{Drifted, drifted, replaceDrifted},
		{Frozen, frozen, replaceFrozen},
		{Unresponsive, unresponsive, replaceUnresponsive},
		{StartTimedOut, startTimedOut, replaceTimedOut},
		{Starting, starting, waitForStart},
		{Failing, failing, checkAgain},
		{HealthUnknown, healthUnknown, waitForHealth},
		{DatabaseUnsealed, databaseUnsealed, seal},
		{PortsIncomplete, portsIncomplete, waitForPorts},
		{Completing, completing, waitForChecks},
		{Degraded, degraded, reportDegraded},
		{ChecksUnknown, checksUnknown, waitForUnknown},
		{ServerOutdated, serverOutdated, changeServer},
		{AttributeConflict, attributeConflict, reportAttributes},
		{RestoreBlocked, restoreBlocked, reportRestoreBlocked},
		{LockLost, lockLost, keepWithoutLock},
		{RecordOutdated, recordOutdated, writeRecord},
		{BackupUnwanted, copyLeft, discardCopy},
		{SchemaUnknown, schemaUnknown, learnSchema},
		{Converged, running, doNothing},

		{External, reusable, useExternal},
		{DatabaseInUse, databaseInUse, reportDatabaseOwner},
		{DatabaseUnusable, databaseUnusable, reportDatabase},
		{ExecutableMissing, executableMissing, reportExecutableMissing},
		{ExecutableUnusable, executableUnusable, reportExecutableUnusable},
		{EnvFilePresent, envFilePresent, reportEnvFile},
		{PortHeldByStranger, portHeldByStranger, reportPortHolder},
		{FileMissing, fileMissing, waitForFile},
		{BackingOff, backingOff, waitForBackoff},
		{RestorePending, restorePending, restore},
		{DatabaseIncomplete, databaseIncomplete, quarantineAndStart},
		{BuildChanged, buildChanged, backUpAndStart},
		{RecordStale, recordLeft, start},
		{NotRunning, always, start},
	}
}

func always(view) bool { return true }

// LookSoon is how long to wait before a fact that could not be read is read
// again, before it is looked whether an obstacle is gone, and before a kill
// that did not help is repeated. A look costs less
// than a millisecond; a second is soon for a person and idle for a machine.
const LookSoon = time.Second

func processesUnknown(v view) bool { return !v.in.Observed.Processes.IsKnown() }

func waitForObservation(v view) Plan {
	plan := Plan{
		Message:      "cannot tell which processes run: " + v.in.Observed.Processes.Reason,
		RequeueAfter: min(LookSoon, v.interval()),
	}
	if path := v.in.Observed.Hangs; path != "" {
		plan.Remedy = "mend or unmount the file system of " + path
	}
	return plan
}

func leftoverHoldsLock(v view) bool {
	for _, p := range v.leftovers {
		if p.Evidence.HoldsLock == observed.Known {
			return true
		}
	}
	return false
}

// leftoverAlive reports leftovers that are in the way of a start or of the
// server. One that is not, such as a program that a wrapper script left in a
// session of its own, is left alone until the instance is stopped.
func leftoverAlive(v view) bool {
	if v.main == nil {
		return len(v.leftovers) > 0
	}
	return slices.ContainsFunc(v.leftovers, isServer)
}

func strangerHoldsLock(v view) bool {
	lock, held := v.in.Observed.Lock.Get()
	return v.main == nil && held && lock.Holder.IsKnown()
}

// databaseBusy: the daemon, or the command that makes a backup, is at work.
func databaseBusy(v view) bool {
	holder := v.in.Observed.Lock.Value.Holder.Value
	return strangerHoldsLock(v) && (v.isDaemon(holder) || isBackup(holder))
}

func (v view) isDaemon(p observed.Process) bool {
	return !v.in.Desired.Daemon.IsZero() && p.Identity == v.in.Desired.Daemon
}

// isBackup goes by the words of the command line. It decides what is said of the
// holder, never what is done to it. One that is stopped does not come to an end.
func isBackup(p observed.Process) bool {
	return p.State != observed.StateStopped && strings.HasPrefix(filepath.Base(p.Executable), "stigmer") &&
		slices.Contains(p.Args, "local") && slices.Contains(p.Args, "backup")
}

func waitForDatabase(v view) Plan {
	holder := v.in.Observed.Lock.Value.Holder.Value
	message := "not running: the daemon, " + holder.String() + ", is at work on the database"
	if !v.isDaemon(holder) {
		message = "not running: a backup of the database is being made by " + Describe(holder)
	}
	return Plan{Message: message, RequeueAfter: startLookMax}
}

func reportLockHolder(v view) Plan {
	lock := v.in.Observed.Lock.Value
	return Plan{
		Message: lock.Path + " is held by " + v.lockHolder() + ", which is not a Temporal of this instance",
		Remedy:  "end " + v.lockHolder() + "; Temporal then starts by itself",
	}
}

func lockHeldByUnknown(v view) bool {
	return v.main == nil && v.in.Observed.Lock.IsKnown()
}

func reportLockUnknown(v view) Plan {
	path := v.in.Observed.Lock.Value.Path
	return Plan{
		Message: path + " is held by a process that cannot be seen from here",
		Remedy:  "find it with 'fuser " + path + "', as root if need be, and end it; Temporal then starts by itself",
		// A server that is just dying looks like this for a moment.
		RequeueAfter: min(startLookMax, v.interval()),
	}
}

func lockUnknown(v view) bool { return v.main == nil && v.in.Observed.Lock.IsUnknown() }

func reportLockUnreadable(v view) Plan {
	return Plan{
		Message:      "cannot tell whether the lock is held: " + v.in.Observed.Lock.Reason,
		Remedy:       "make " + v.in.Desired.Files.Lock + " a readable regular file, or remove it if it is something else",
		RequeueAfter: min(LookSoon, v.interval()),
	}
}
