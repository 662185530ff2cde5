package reconciler

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/actuator"
	"github.com/stigmer/stigmer-local/reconciler/events"
	"github.com/stigmer/stigmer-local/reconciler/plan"
	"github.com/stigmer/stigmer-local/reconciler/status"
)

// teller is an instance that only tells what happens.
type teller struct {
	*instance
	t    *testing.T
	path string
	// shown is how many events were checked.
	shown int
}

func newTeller(t *testing.T) *teller {
	t.Helper()
	w := &teller{t: t, path: filepath.Join(t.TempDir(), "temporal.events.jsonl")}
	w.restart(nil)
	return w
}

// restart goes on as the next daemon, with what the last one wrote.
func (w *teller) restart(last *v1alpha1.Temporal) {
	w.instance = &instance{name: "temporal", log: logr.Discard()}
	var history plan.History
	if last != nil {
		history = plan.Restore(last)
		w.status = last.Status
	}
	w.journal = events.NewRecorder(w.path)
	w.chronicle.begin(last, last, history)
}

// news checks the events since the last call, "type/reason message" each.
func (w *teller) news(want ...string) {
	w.t.Helper()
	list, err := events.Read(w.path)
	if err != nil {
		w.t.Fatal(err)
	}
	var got []string
	for _, e := range list[w.shown:] {
		got = append(got, fmt.Sprintf("%s/%s %s", e.Type, e.Reason, e.Message))
	}
	w.shown = len(list)
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("events (-want +got):\n%s", diff)
	}
}

func process(pid int) observed.Process {
	return observed.Process{Identity: observed.Identity{BootID: "b", PID: pid, StartTicks: 1}, Executable: "/opt/temporal"}
}

// hides checks that the file does not say what it must not say.
func (w *teller) hides(secret string) {
	w.t.Helper()
	data, err := os.ReadFile(w.path)
	if err != nil || strings.Contains(string(data), secret) {
		w.t.Errorf("%v\n%s", err, data)
	}
}

func conditions(list ...string) []metav1.Condition {
	var all []metav1.Condition
	for _, text := range list {
		words := strings.SplitN(text, " ", 4)
		all = append(all, metav1.Condition{Type: words[0], Status: metav1.ConditionStatus(words[1]), Reason: words[2], Message: words[3]})
	}
	return all
}

func TestConditionsAreTold(t *testing.T) {
	w := newTeller(t)
	pass := func(now ...string) {
		before := w.status
		w.status.Conditions = conditions(now...)
		w.recordPass(before, status.Pass{}, noon())
	}
	pass("Serving False NoProcess m1", "Ready False NoProcess m1")
	w.news("Condition/FirstSeen first seen: Ready False (NoProcess), Serving False (NoProcess)")
	pass("Serving False NoProcess m2", "Ready False NoProcess m2")
	w.news()
	pass("Serving True Serving m3", "Ready False NoProcess m2")
	w.news("Condition/Serving Serving went from False (NoProcess) to True (Serving): m3")
	pass("Serving Unknown NotObserved m4", "Ready False Other m5")
	w.news(
		"Condition/NotObserved Serving went from True (Serving) to Unknown (NotObserved): m4",
		"Condition/Other Ready went from False (NoProcess) to False (Other): m5",
	)
	list, err := events.Read(w.path)
	if err != nil {
		t.Fatal(err)
	}
	if e := list[1]; e.Condition != "Serving" || e.From != "False/NoProcess" || e.To != "True/Serving" {
		t.Errorf("%+v", e)
	}
}

func TestRefusalsAreToldWhenTheyBegin(t *testing.T) {
	w := newTeller(t)
	pass := func(situation plan.Situation, remedy string, pid int32) {
		before := w.status
		w.status = v1alpha1.TemporalStatus{Conditions: conditions("Stalled False NotStalled -")}
		if remedy != "" {
			w.status.Conditions = conditions(fmt.Sprintf("Stalled True %s -", situation))
			w.status.Conflict = &v1alpha1.ConflictStatus{PID: pid}
		}
		p := plan.Plan{Situation: situation, Message: fmt.Sprintf("pid %d is in the way", pid), Remedy: remedy}
		w.recordPass(before, status.Pass{Plan: p}, noon())
	}
	refusals := func() (list []events.Event) {
		all, err := events.Read(w.path)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range all {
			if e.Type == events.Refusal {
				list = append(list, e)
			}
		}
		return list
	}
	pass(plan.Converged, "", 0)
	if n := len(refusals()); n > 0 {
		t.Errorf("%d refusals, and nothing is refused", n)
	}
	pass(plan.PortHeldByStranger, "end it", 7)
	pass(plan.PortHeldByStranger, "end it now", 7)
	first := refusals()
	if len(first) != 1 || first[0].Count != 1 || first[0].Reason != "PortHeldByStranger" || first[0].Remedy != "end it" || first[0].Message != "pid 7 is in the way" {
		t.Errorf("%+v", first)
	}
	pass(plan.PortHeldByStranger, "end it", 8)
	pass(plan.DatabaseInUse, "end it", 8)
	if list := refusals(); len(list) != 3 || list[0].Message != "pid 7 is in the way" || list[1].Message != "pid 8 is in the way" || list[2].Reason != "DatabaseInUse" {
		t.Errorf("%+v", list)
	}
	// The next daemon finds what the last one told.
	w.restart(&v1alpha1.Temporal{Status: w.status})
	pass(plan.DatabaseInUse, "end it", 8)
	if list := refusals(); len(list) != 3 || list[2].Count != 1 {
		t.Errorf("%+v", list)
	}
}

func TestDesiredStateIsTold(t *testing.T) {
	w := newTeller(t)
	object := v1alpha1.Complete(v1alpha1.New("temporal"), "/home")
	object.Generation = 1
	see := func(o *v1alpha1.Temporal, problem string) {
		w.recordDesired(plan.Desired{Object: o}, problem, noon())
	}
	see(object, "")
	see(object, "")
	w.news("DesiredState/Changed the desired file is in force as generation 1")
	edited := object.DeepCopy()
	edited.Generation = 2
	edited.Spec.LogLevel = "error"
	edited.Spec.Env = map[string]string{"PASSWORD": "hunter2"}
	edited.Annotations = map[string]string{v1alpha1.RestartedAtAnnotation: "2026-11-23T12:00:00Z"}
	see(edited, "")
	w.news("DesiredState/Changed the desired file is in force as generation 2: changed annotation local.stigmer.ai/restarted-at, spec.env, spec.logLevel")
	see(edited, "line 3: bad")
	see(edited, "line 3: bad")
	w.news("DesiredState/Invalid the desired file cannot be used: line 3: bad")
	// The next daemon knows of both.
	last := edited.DeepCopy()
	last.Status.Conditions = conditions("DesiredStateValid False Invalid line 3: bad; the last valid one stays in force")
	w.restart(last)
	see(edited, "line 3: bad")
	w.news()
	if list, err := events.Read(w.path); err != nil || list[len(list)-1].Count != 1 {
		t.Errorf("%+v was told again (%v)", list[len(list)-1], err)
	}
	see(edited, "")
	w.news("DesiredState/ValidAgain the desired file can be used again; it says what generation 2 said")
	see(edited, "line 4: bad")
	w.news("DesiredState/Invalid the desired file cannot be used: line 4: bad")
	third := edited.DeepCopy()
	third.Generation = 3
	see(third, "")
	w.news("DesiredState/Changed the desired file is in force as generation 3")
	w.recordDesired(plan.Desired{Object: third, Missing: true}, "", noon())
	w.news()
	for range 2 {
		w.recordDesired(plan.Desired{Object: third, Missing: true, Removed: true}, "", noon())
	}
	w.news("DesiredState/Removed the desired file is gone")
	w.recordDesired(plan.Desired{}, "never good", noon())
	w.hides("hunter2")
}

func TestEndsAreTold(t *testing.T) {
	code := int32(3)
	id := process(7).Identity
	other := process(8).Identity
	asked := map[observed.Identity]plan.Retirement{id: {Reason: "Drifted"}}
	end := func(e plan.Exit) []plan.Exit { e.Identity, e.Time = id, noon(); return []plan.Exit{e} }
	for name, c := range map[string]struct {
		before plan.History
		exits  []plan.Exit
		want   string
	}{
		"crash":    {plan.History{Main: id}, end(plan.Exit{Code: &code}), "Exit/Exited the server, pid 7, exited with 3; it was not asked to stop"},
		"killed":   {plan.History{Main: id}, end(plan.Exit{Signal: "killed"}), "Exit/Signalled the server, pid 7, was ended by signal killed; it was not asked to stop"},
		"unknown":  {plan.History{Main: id}, end(plan.Exit{}), "Exit/Ended the server, pid 7, ended, and how is not known; it was not asked to stop"},
		"asked":    {plan.History{Main: id, Retirements: asked}, end(plan.Exit{Signal: "terminated"}), "Exit/Signalled the server, pid 7, was ended by signal terminated; it was asked to stop: Drifted"},
		"leftover": {plan.History{Main: other}, end(plan.Exit{Code: &code}), "Exit/Exited pid 7 exited with 3; it was not asked to stop"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTeller(t)
			w.history = c.before
			for _, e := range c.exits {
				w.history = w.history.Exited(e)
			}
			w.recordEnds(c.before, c.exits, noon())
			w.recordEnds(w.history, nil, noon().Add(time.Second))
			w.recordUnheard()
			w.news(c.want)
		})
	}
}

// TestEndThatIsSeenFirst and heard of later is told once, with what is heard.
// One that nobody hears of is told all the same.
func TestEndThatIsSeenFirst(t *testing.T) {
	id := process(7).Identity
	gone := plan.History{LastExit: &plan.Exit{Identity: id, Time: noon()}}
	for heard, want := range map[bool]string{
		true:  "Exit/Signalled the server, pid 7, was ended by signal killed; it was asked to stop: Frozen",
		false: "Exit/Ended the server, pid 7, ended, and how is not known; it was asked to stop: Frozen",
	} {
		w := newTeller(t)
		w.history = gone
		w.recordEnds(plan.History{Main: id, Retirements: map[observed.Identity]plan.Retirement{id: {Reason: "Frozen"}}}, nil, noon())
		w.news()
		var exits []plan.Exit
		if heard {
			exits = []plan.Exit{{Identity: id, Signal: "killed", Time: noon()}}
			w.history = gone.Exited(exits[0])
		}
		w.recordEnds(gone, exits, noon().Add(time.Millisecond))
		w.recordEnds(w.history, nil, noon().Add(time.Second))
		w.recordEnds(w.history, nil, noon().Add(2*time.Second))
		w.news(want)
	}
}

// TestEndBeforeTheDaemon: the status says how the last server ended, and that
// was told.
func TestEndBeforeTheDaemon(t *testing.T) {
	w := newTeller(t)
	last := &v1alpha1.Temporal{Status: v1alpha1.TemporalStatus{LastExit: &v1alpha1.ExitStatus{PID: 7, Signal: "killed"}}}
	w.restart(last)
	w.history = plan.Restore(last)
	for range 3 {
		w.recordEnds(w.history, nil, noon())
	}
	w.news()
	// One that ended at the last moment is told then.
	before := plan.History{Main: process(8).Identity}
	w.history = plan.History{LastExit: &plan.Exit{Identity: process(8).Identity, Time: noon()}}
	w.recordEnds(before, nil, noon())
	w.finishRecords(noon())
	w.news("Exit/Ended the server, pid 8, ended, and how is not known; it was not asked to stop")
}

// TestEndsOfStrangers: who asked them is not known.
func TestEndsOfStrangers(t *testing.T) {
	code := int32(0)
	for want, p := range map[string]plan.Plan{
		"Exit/Exited the program that was in the way, pid 7, exited with 0": {Conflict: &plan.Conflict{Process: process(7)}},
		"Exit/Exited the Temporal that was used, pid 7, exited with 0":      {External: &observed.External{Process: process(7)}},
	} {
		w := newTeller(t)
		w.recordPass(w.status, status.Pass{Plan: p}, noon())
		w.recordEnds(plan.History{}, []plan.Exit{{Identity: process(7).Identity, Code: &code, Time: noon()}}, noon())
		w.news(want)
	}
}

// TestChangedNamesWhatWasWritten, and not the ports that follow another.
func TestChangedNamesWhatWasWritten(t *testing.T) {
	for name, c := range map[string]struct {
		before, now func(*v1alpha1.TemporalSpec)
		want        string
	}{
		"the port": {
			func(*v1alpha1.TemporalSpec) {}, func(s *v1alpha1.TemporalSpec) { s.Port = 7333 }, ": changed spec.port",
		},
		"the port beside ports that are set": {
			func(s *v1alpha1.TemporalSpec) { s.HTTPPort = 80 }, func(s *v1alpha1.TemporalSpec) { s.Port, s.HTTPPort = 7333, 80 },
			": changed spec.port",
		},
		"a port that followed": {
			func(*v1alpha1.TemporalSpec) {}, func(s *v1alpha1.TemporalSpec) { s.MetricsPort = 80 }, ": changed spec.metricsPort",
		},
		"a port that follows again": {
			func(s *v1alpha1.TemporalSpec) { s.UI.Port = 80 }, func(s *v1alpha1.TemporalSpec) { s.Port = 7333 },
			": changed spec.port, spec.ui",
		},
		"the UI": {
			func(*v1alpha1.TemporalSpec) {}, func(s *v1alpha1.TemporalSpec) { s.UI.Enabled = new(bool) }, ": changed spec.ui",
		},
	} {
		before, now := v1alpha1.New("temporal"), v1alpha1.New("temporal")
		c.before(&before.Spec)
		c.now(&now.Spec)
		if got := changed(v1alpha1.Complete(before, "/home"), v1alpha1.Complete(now, "/home")); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestCrashLoopDoesNotGrowTheFile, although each round has another pid.
func TestCrashLoopDoesNotGrowTheFile(t *testing.T) {
	w := newTeller(t)
	code := int32(3)
	for round := range 1000 {
		now := noon().Add(time.Duration(round) * time.Second)
		id := process(1000 + round).Identity
		w.recordAction(plan.Plan{Situation: plan.NotRunning, Message: fmt.Sprintf("%d failed", round)}, actuator.Outcome{
			Action:  plan.Action{Verb: plan.Start, Reason: "NotRunning", Message: "nothing runs", Launch: plan.Launch{Executable: "/t"}},
			Started: id,
		}, now)
		history := plan.History{Main: id}
		w.recordEnds(history, []plan.Exit{{Identity: id, Code: &code, Time: now}}, now)
		for _, c := range []string{"Ready True Serving -", "Ready False NoProcess -"} {
			before := w.status
			w.status.Conditions = conditions(c)
			w.recordPass(before, status.Pass{}, now)
		}
	}
	w.finishRecords(noon().Add(1000 * time.Second))
	list, err := events.Read(w.path)
	if err != nil || len(list) != 1+4*3 {
		t.Fatalf("%d events, %v", len(list), err)
	}
	for _, e := range list[len(list)-4:] {
		if e.Count < 997 {
			t.Errorf("%s/%s: %d times", e.Type, e.Reason, e.Count)
		}
	}
	if info, err := os.Stat(w.path); err != nil || info.Size() > 2<<20 {
		t.Errorf("%+v, %v", info, err)
	}
	if e := w.chronicle.ends; len(e.told) > maxEnds || len(e.parts) > maxEnds {
		t.Errorf("%d and %d processes are remembered", len(e.told), len(e.parts))
	}
}

// TestEditsSeparateRepetitions: what an edit caused is not counted with what
// happened before.
func TestEditsSeparateRepetitions(t *testing.T) {
	w := newTeller(t)
	for generation := range int64(3) {
		w.chronicle.generation = generation + 1
		for range 4 {
			w.record(events.Event{Type: events.Action, Reason: "R", Key: "k"}, noon())
		}
	}
	w.finishRecords(noon())
	list, err := events.Read(w.path)
	if err != nil || len(list) != 9 || list[8].Generation != 3 || list[8].Count != 2 || list[3].Generation != 2 || list[3].Count != 1 {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestUnwritableEventsAreLoggedOnce(t *testing.T) {
	w := newTeller(t)
	var logged logs
	w.log = funcr.New(logged.add, funcr.Options{})
	if err := unix.Mkfifo(w.path, 0o600); err != nil {
		t.Fatal(err)
	}
	for n := range 5 {
		w.record(events.Event{Type: events.Action, Reason: "R", Key: fmt.Sprint(n)}, noon())
	}
	if logged.len() != 1 || !strings.Contains(logged.since(0), w.path) {
		t.Errorf("logged:\n%s", logged.since(0))
	}
	remove(t, w.path)
	w.recordPass(w.status, status.Pass{}, noon())
	if list, err := events.Read(w.path); err != nil || len(list) != 5 {
		t.Errorf("%d events, %v", len(list), err)
	}
	if err := errors.Join(os.Remove(w.path), os.Mkdir(w.path, 0o700)); err != nil {
		t.Fatal(err)
	}
	w.record(events.Event{Type: events.Action, Reason: "R", Key: "last"}, noon())
	if logged.len() != 2 {
		t.Errorf("logged:\n%s", logged.since(0))
	}
}
