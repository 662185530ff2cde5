package plan

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// The rules in this file decide about a start: no process of ours lives and
// nobody holds the lock.

// databaseInUse reports a Temporal on our database that is not ours, such as
// one that a person started by hand. Two servers on one file corrupt it.
func databaseInUse(v view) bool { return v.databaseOwner() != nil }

func (v view) databaseOwner() *observed.Process {
	for i, p := range v.strangers {
		if p.Evidence.NamesDatabase == observed.Known && isServer(p) {
			return &v.strangers[i]
		}
	}
	return nil
}

func reportDatabaseOwner(v view) Plan {
	owner := Describe(*v.databaseOwner())
	return Plan{
		Message: fmt.Sprintf("the database %s is used by %s, which is not a Temporal of this instance",
			v.in.Desired.Object.Spec.Storage.Path, owner),
		Remedy: fmt.Sprintf("end %s, or choose another file: %s", owner, v.command("--db-filename FILE")),
	}
}

func executableMissing(v view) bool { return !v.in.Observed.Executable.IsKnown() }

func reportExecutableMissing(v view) Plan {
	return Plan{
		Message: "no Temporal executable: " + v.in.Observed.Executable.Reason,
		Remedy:  "run 'make temporal', put temporal on PATH, or set spec.binary.path",
	}
}

func executableUnusable(v view) bool { return v.in.Observed.Executable.Value.Problem != "" }

func reportExecutableUnusable(v view) Plan {
	executable := v.in.Observed.Executable.Value
	return Plan{
		Message: fmt.Sprintf("%s (from %s) %s", executable.Path, executable.Source, executable.Problem),
		Remedy:  "mend it, remove it, or set spec.binary.path to another one",
	}
}

// command returns a command line for this instance.
func (v view) command(rest string) string {
	return Command(v.in.Desired.Object.Name, rest)
}

// Command returns the command line "stigmer local REST" for the instance; the
// default instance needs no name.
func Command(name, rest string) string {
	if name != "temporal" {
		return "stigmer local --name " + name + " " + rest
	}
	return "stigmer local " + rest
}

func portHeldByStranger(v view) bool { return len(v.strangersPorts()) > 0 }

func reportPortHolder(v view) Plan {
	end := "end that program"
	if owner, known := v.strangersPorts()[0].Listener.Value.Owner.Get(); known {
		if name := v.instanceOf(owner); name != "" && name != v.in.Desired.Object.Name {
			end = "stop your instance " + name + " with '" + Command(name, "stop") + "'"
		}
	}
	return Plan{
		Message: v.strangersOnPorts(),
		Remedy:  end + ", and Temporal starts by itself; or choose another port: " + v.anotherPort(),
	}
}

// instanceOf returns the name of the instance of this home that the process
// is a server of, going by its command line; empty for none. It is for words,
// never for a signal.
func (v view) instanceOf(p observed.Process) string {
	folder, suffix := filepath.Dir(v.in.Desired.Files.NoEnvFile), filepath.Ext(v.in.Desired.Files.NoEnvFile)
	for _, arg := range p.Args {
		if name, found := strings.CutSuffix(filepath.Base(arg), suffix); found && filepath.Dir(arg) == folder {
			return name
		}
	}
	return ""
}

// anotherPort says how to move from the first port that somebody else has.
// The other ports follow the frontend's unless they are set.
func (v view) anotherPort() string {
	switch v.strangersPorts()[0].Name {
	case observed.UI:
		return v.command("--ui-port PORT")
	case observed.HTTP:
		return "set spec.httpPort"
	case observed.Metrics:
		return "set spec.metricsPort"
	}
	return v.command("--port PORT")
}

func fileMissing(v view) bool { return v.in.Desired.Missing }

func waitForFile(v view) Plan {
	return Plan{Message: "not running, and the desired file is missing", RequeueAfter: lookSoon}
}

// backingOff: a delay longer than the longest means that the wall clock was
// set back since a daemon wrote it down.
func backingOff(v view) bool {
	left := v.in.History.NotBefore.Sub(v.in.Now)
	return left > 0 && left <= v.in.Desired.Object.Spec.Restart.MaxDelay.Duration
}

func waitForBackoff(v view) Plan {
	left := v.in.History.NotBefore.Sub(v.in.Now)
	return Plan{
		Message: fmt.Sprintf("failed %d times in a row (%s), next start in %s; '%s' may say why",
			v.in.History.Failures, v.in.History.LastExit, left.Round(10*time.Millisecond), v.command("logs")),
		RequeueAfter: left,
	}
}

func recordLeft(v view) bool { return v.in.Observed.Record.IsKnown() }

func (v view) removeRecord() Action {
	record := v.in.Observed.Record.Value
	message := "it is corrupt"
	if record.Format != observed.RecordCorrupt {
		message = fmt.Sprintf("it names pid %d, which is no living Temporal of this instance", record.PID)
	}
	return Action{
		Verb: RemoveRecord, RecordPath: v.in.Desired.Files.Record,
		Reason: string(RecordStale), Message: message,
	}
}

func removeRecordAndStart(v view) Plan {
	plan := start(v)
	plan.Actions = append([]Action{v.removeRecord()}, plan.Actions...)
	return plan
}

func start(v view) Plan {
	reason, message := NotRunning, "nothing runs and it should"
	if v.in.History.Unplanned {
		message = "the last server failed"
	}
	return Plan{
		Message: "not running: " + message,
		Actions: []Action{{
			Verb: Start, Launch: LaunchFor(v.in.Desired, v.in.Observed.Executable.Value.Path),
			Reason: string(reason), Message: message,
		}},
		RequeueAfter: startLookMin,
	}
}
