package plan

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// The rules in this file decide about a start: no process of ours lives and
// nobody holds the lock.

// databaseInUse reports a Temporal on our database that is not ours, such as
// one that a person started by hand, or any program that has the file open.
// Two servers on one file corrupt it.
func databaseInUse(v view) bool { return v.databaseOwner() != nil }

func (v view) databaseOwner() *observed.Process {
	for i, p := range v.strangers {
		uses := p.Evidence.OpensDatabase == observed.Known || p.Evidence.NamesDatabase == observed.Known && isServer(p)
		if uses && !inUnit(v.unit, p) {
			return &v.strangers[i]
		}
	}
	return nil
}

func reportDatabaseOwner(v view) Plan {
	owner := Describe(*v.databaseOwner())
	return Plan{
		Conflict: &Conflict{Process: *v.databaseOwner(), Has: "the database " + v.in.Desired.Object.Spec.Storage.Path},
		Message: fmt.Sprintf("the database %s is used by %s, which is not a Temporal of this instance",
			v.in.Desired.Object.Spec.Storage.Path, owner),
		Remedy: fmt.Sprintf("end %s, or choose another file: %s", owner, v.command("--db-filename FILE")),
	}
}

func executableMissing(v view) bool { return !v.in.Observed.Executable.IsKnown() }

func reportExecutableMissing(v view) Plan {
	if v.in.Observed.Executable.IsUnknown() {
		return Plan{Message: "cannot tell which Temporal to start: " + v.in.Observed.Executable.Reason, Remedy: "mend or unmount that file system, or set spec.binary.path"}
	}
	remedy := "run 'make temporal', put temporal on PATH, or set spec.binary.path"
	if v.in.Desired.Object.Spec.Binary.Path != "" {
		remedy = "correct spec.binary.path, or remove it"
	}
	return Plan{Message: "no Temporal executable: " + v.in.Observed.Executable.Reason, Remedy: remedy}
}

func executableUnusable(v view) bool { return v.in.Observed.Executable.Value.Problem != "" }

func reportExecutableUnusable(v view) Plan {
	executable := v.in.Observed.Executable.Value
	return Plan{
		Message: fmt.Sprintf("%s (from %s) %s", executable.Path, executable.Source, executable.Problem),
		Remedy:  "mend it, remove it, or set spec.binary.path to another one",
	}
}

func envFilePresent(v view) bool { return !v.in.Observed.EnvFile.IsAbsent() }

func reportEnvFile(v view) Plan {
	path, there := v.in.Desired.Files.NoEnvFile, v.in.Observed.EnvFile
	why := "and nothing must be there: Temporal would take settings from it"
	if there.IsUnknown() {
		return Plan{Message: there.Reason + ", " + why, Remedy: "make " + path + " readable, or remove it"}
	}
	return Plan{Message: path + " is " + there.Value + ", " + why, Remedy: "remove it"}
}

// command returns a command line for this instance.
func (v view) command(rest string) string {
	return Command(v.in.Desired.Object.Name, rest)
}

// quoted is command, in quotation marks, as messages show it.
func (v view) quoted(rest string) string { return "'" + v.command(rest) + "'" }

// Command returns the command line "stigmer local REST" for the instance; the
// default instance needs no name.
func Command(name, rest string) string {
	line := "stigmer local"
	if name != "temporal" {
		line += " --name " + name
	}
	return strings.TrimRight(line+" "+rest, " ")
}

func portHeldByStranger(v view) bool { return len(v.strangersPorts()) > 0 }

func reportPortHolder(v view) Plan {
	port := v.strangersPorts()[0]
	choices := []string{"stop it yourself, and Temporal starts by itself"}
	if owner, known := port.Listener.Value.Owner.Get(); known {
		if v.main != nil {
			choices[0] = fmt.Sprintf("stop pid %d yourself, and Temporal moves by itself", owner.PID)
		}
		if name := v.instanceOf(owner); name != "" && name != v.in.Desired.Object.Name {
			choices[0] = "stop your instance " + name + " with '" + Command(name, "stop") + "', and Temporal starts by itself"
		}
	}
	choices = append(choices, "choose another port: "+v.anotherPort())
	if v.in.Observed.External.Value.Health.Status == observed.HealthServing && port.Name == observed.Frontend && !v.reuses() {
		choices = append(choices, "use that Temporal: "+v.quoted("--reuse"))
	}
	holders := v.strangersOnPorts()
	conflict := v.conflictOn(port)
	conflict.Others = holders[1:]
	return Plan{
		Message:  strings.Join(holders, "; "),
		Conflict: conflict,
		Remedy:   strings.Join(choices, "; or "),
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
		return v.quoted("--ui-port PORT")
	case observed.HTTP:
		return "set spec.httpPort"
	case observed.Metrics:
		return "set spec.metricsPort"
	}
	if free, known := v.in.Observed.FreePort.Get(); known {
		return v.quoted(fmt.Sprintf("--port %d", free))
	}
	return v.quoted("--port PORT")
}

func fileMissing(v view) bool { return v.in.Desired.Missing }

func waitForFile(v view) Plan {
	return Plan{Message: "not running, and the desired file is missing", RequeueAfter: LookSoon}
}

// backingOff: a delay longer than the longest means that the wall clock was
// set back since a daemon wrote it down.
func backingOff(v view) bool {
	left := v.in.History.NotBefore.Sub(v.in.Now)
	return left > 0 && left <= v.in.Desired.Object.Spec.Restart.MaxDelay.Duration
}

func waitForBackoff(v view) Plan {
	h := v.in.History
	left := h.NotBefore.Sub(v.in.Now)
	message := fmt.Sprintf("failed %d times in a row (%s), next start in %s", h.Failures, h.lastFailure(), left.Round(10*time.Millisecond))
	if h.StartProblem == "" {
		message += "; " + v.quoted("logs") + " may say why"
	}
	return Plan{Message: message, RequeueAfter: left}
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

func start(v view) Plan {
	message := "nothing runs and it should"
	if v.in.History.Unplanned {
		message = "the last server failed"
	}
	if db := v.in.Observed.Database; v.onFile() && db.File.IsAbsent() && db.Meta.Value.ClusterID != "" {
		message += "; the database that was at " + db.Path + " is gone, and a new, empty one is made"
	}
	return v.startAfter(NotRunning, message)
}

// startAfter returns the plan that prepares what there is for a start, and
// starts.
func (v view) startAfter(reason Situation, message string, before ...Action) Plan {
	plan := Plan{Message: "not running: " + message, RequeueAfter: startLookMin}
	if v.in.Observed.Record.IsKnown() {
		plan.Actions = append(plan.Actions, v.removeRecord())
	}
	if db := v.in.Observed.Database; v.onFile() && db.FirstBoot.IsKnown() && db.File.IsKnown() && !v.fresh() {
		work := v.databaseWork(db.Meta.Value)
		work.AtRest = true
		plan.Actions = append(plan.Actions, Action{
			Verb: Seal, Database: work, Reason: string(reason),
			Message: "the record says that the first boot came to its end, and the marker was left",
		})
	}
	plan.Actions = append(plan.Actions, before...)
	plan.Actions = append(plan.Actions, Action{
		Verb: Start, Launch: v.launch(before), Reason: string(reason), Message: message,
	})
	return plan
}

// launch returns the start that follows those actions.
func (v view) launch(before []Action) Launch {
	launch := LaunchFor(v.in.Desired, v.in.Observed.Executable.Value)
	moved := slices.ContainsFunc(before, func(a Action) bool { return a.Verb == Quarantine })
	if v.onFile() {
		// Without links, so that two paths to one file meet at one lock.
		launch.DatabasePath = v.in.Observed.Database.Path
	}
	launch.FirstBoot = v.onFile() && (moved || v.in.Observed.Database.File.IsAbsent())
	return launch
}
