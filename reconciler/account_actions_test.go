package reconciler

import (
	"errors"
	"testing"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/actuator"
	"github.com/stigmer/stigmer-local/reconciler/events"
	"github.com/stigmer/stigmer-local/reconciler/plan"
	"github.com/stigmer/stigmer-local/reconciler/status"
)

func TestActionsAreTold(t *testing.T) {
	w := newTeller(t)
	terminate := plan.Action{Verb: plan.Terminate, Target: process(7), Reason: "Drifted", Message: "the port was changed"}
	start := plan.Action{Verb: plan.Start, Reason: "NotRunning", Message: "nothing runs",
		Launch: plan.Launch{Executable: "/opt/temporal", Env: []string{"PASSWORD=hunter2"}}}
	drifted := plan.Plan{Situation: plan.Drifted, Message: "pid 7 (temporal) is replaced: the port was changed"}
	idle := plan.Plan{Situation: plan.NotRunning, Message: "the last one exited with 3"}
	w.recordAction(drifted, actuator.Outcome{Action: terminate}, noon())
	w.recordAction(idle, actuator.Outcome{Action: start, Started: observed.Identity{PID: 8}}, noon())
	w.recordAction(idle, actuator.Outcome{Action: start, Err: errors.New("no room")}, noon())
	terminate.Target = process(9)
	terminate.Message = "it is not wanted"
	w.recordAction(drifted, actuator.Outcome{Action: terminate, Gone: true}, noon())
	said := plan.Plan{Situation: plan.NotRunning, Message: "not running: nothing runs"}
	w.recordAction(said, actuator.Outcome{Action: start, Started: observed.Identity{PID: 10}}, noon())
	w.news(
		"Action/Drifted Terminate pid 7; because pid 7 (temporal) is replaced: the port was changed",
		"Action/NotRunning Start /opt/temporal as pid 8; because nothing runs (the last one exited with 3)",
		"Action/NotRunning Start /opt/temporal failed: no room; because nothing runs (the last one exited with 3)",
		"Action/Drifted Terminate pid 9, which had ended already; because it is not wanted (pid 7 (temporal) is replaced: the port was changed)",
		"Action/NotRunning Start /opt/temporal as pid 10; because not running: nothing runs",
	)
	list, err := events.Read(w.path)
	if err != nil {
		t.Fatal(err)
	}
	if e := list[0]; e.Verb != "Terminate" || e.PID != 7 || e.Situation != "Drifted" || e.Error != "" {
		t.Errorf("%+v", e)
	}
	if list[1].StartedPID != 8 || list[2].Error != "no room" {
		t.Errorf("%+v and %+v", list[1], list[2])
	}
	w.hides("hunter2")
}

// TestActionsThatAreNotRepetitions of one another, and those that are: two
// happen four times each, one after the other.
func TestActionsThatAreNotRepetitions(t *testing.T) {
	register := func(namespace string) plan.Action {
		return plan.Action{Verb: plan.RegisterNamespace, Server: plan.ServerWork{Namespace: namespace}, Reason: "R", Message: "missing"}
	}
	stop := func(pid int, message string) plan.Action {
		return plan.Action{Verb: plan.Terminate, Target: process(pid), Reason: "R", Message: message}
	}
	backup := func(path string) plan.Action {
		return plan.Action{Verb: plan.Backup, Database: plan.DatabaseWork{Path: "/d", BackupPath: path}, Reason: "R", Message: "m"}
	}
	for name, c := range map[string]struct {
		one, other plan.Action
		// why is the message of the other's plan.
		why  string
		want int
	}{
		"namespaces":          {register("a1"), register("a2"), "", 6},
		"the same namespace":  {register("a1"), register("a1"), "", 3},
		"processes":           {stop(1, "3 checks failed"), stop(2, "4 checks failed"), "", 3},
		"reasons":             {stop(1, "3 checks failed"), stop(1, "it is frozen"), "", 6},
		"stop and namespace":  {stop(1, "missing"), register("a"), "", 6},
		"backups of one file": {backup("/b/1"), backup("/b/2"), "", 3},
		"causes":              {stop(1, "3 checks failed"), stop(1, "3 checks failed"), "a restart was asked for", 6},
	} {
		w := newTeller(t)
		for i := range 8 {
			action, why := c.one, ""
			if i%2 == 1 {
				action, why = c.other, c.why
			}
			w.recordAction(plan.Plan{Message: why}, actuator.Outcome{Action: action}, noon())
		}
		if list, err := events.Read(w.path); err != nil || len(list) != c.want {
			t.Errorf("%s: %d events, want %d (%v)", name, len(list), c.want, err)
		}
	}
}

// TestRestoresAreTold: where the old database is, and what could not be restored.
func TestRestoresAreTold(t *testing.T) {
	w := newTeller(t)
	stage := plan.Action{Verb: plan.StageBackup, Database: plan.DatabaseWork{Path: "/d", BackupPath: "/b/1.db"}, Reason: "RestorePending", Message: "it is checked"}
	put := plan.Action{Verb: plan.RestoreBackup, Reason: "RestorePending", Message: "it was asked for",
		Database: plan.DatabaseWork{Path: "/d", BackupPath: "/b/1.db", Aside: "/d.replaced-1"}}
	pending := plan.Plan{Situation: plan.RestorePending, Message: "not running: the backup /b/1.db is restored"}
	w.recordAction(pending, actuator.Outcome{Action: stage}, noon())
	w.recordAction(pending, actuator.Outcome{Action: stage, Err: errors.New("it is damaged")}, noon())
	w.recordAction(pending, actuator.Outcome{Action: put}, noon())
	w.recordAction(pending, actuator.Outcome{Action: put, Err: errors.New("no room")}, noon())
	w.news(
		"Action/RestorePending StageBackup /b/1.db has begun; because it is checked (not running: the backup /b/1.db is restored)",
		"Action/RestorePending StageBackup /b/1.db failed: it is damaged; because it is checked (not running: the backup /b/1.db is restored)",
		"Action/RestorePending RestoreBackup /b/1.db; what was at /d, if anything, is now /d.replaced-1; "+
			"because it was asked for (not running: the backup /b/1.db is restored)",
		"Action/RestorePending RestoreBackup /b/1.db failed: no room; what was at /d is still there, or at /d.replaced-1; "+
			"because it was asked for (not running: the backup /b/1.db is restored)",
	)
	refuse := func(generation int64, backup string) {
		before := w.status
		message := "cannot restore " + backup
		w.status = v1alpha1.TemporalStatus{Conditions: conditions("Stalled True RestoreBlocked " + message)}
		w.status.Conditions[0].ObservedGeneration = generation
		w.recordPass(before, status.Pass{Plan: plan.Plan{Situation: plan.RestoreBlocked, Message: message, Remedy: "give it up"}}, noon())
	}
	refuse(2, "/b/2.db")
	w.news("Refusal/RestoreBlocked cannot restore /b/2.db", "Condition/FirstSeen first seen: Stalled True (RestoreBlocked)")
	refuse(2, "/b/2.db")
	refuse(3, "/b/2.db")
	w.news()
	refuse(4, "/b/3.db")
	w.news("Refusal/RestoreBlocked cannot restore /b/3.db")
}
