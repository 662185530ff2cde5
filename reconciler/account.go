package reconciler

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/reconciler/events"
	"github.com/stigmer/stigmer-local/reconciler/plan"
	"github.com/stigmer/stigmer-local/reconciler/status"
)

// chronicle tells the events of one instance. What it remembers is only what
// it has told, so that it tells it once.
type chronicle struct {
	// generation and object are the desired state that was told of last,
	// problem what was wrong with its file, removed that it is gone.
	generation int64
	object     *v1alpha1.Temporal
	problem    string
	removed    bool
	ends       ends
	// unrecorded is why events could not be written, as it was logged.
	unrecorded string
}

// begin goes on where the daemon before this one ended.
func (c *chronicle) begin(last *v1alpha1.Temporal, object *v1alpha1.Temporal, history plan.History) {
	c.object = object
	if object != nil {
		c.generation = object.Generation
	}
	if last != nil {
		c.problem = toldProblem(last.Status)
	}
	if history.LastExit != nil {
		c.ends.tell(history.LastExit.Identity)
	}
}

// toldProblem returns what an earlier daemon wrote of the desired file; empty
// when nothing was wrong with it.
func toldProblem(s v1alpha1.TemporalStatus) string {
	c := meta.FindStatusCondition(s.Conditions, v1alpha1.ConditionDesiredStateValid)
	if c == nil || c.Status != metav1.ConditionFalse {
		return ""
	}
	return c.Message
}

// record adds an event. That it cannot be written is logged once, and is no
// reason to do anything else differently.
func (i *instance) record(e events.Event, now time.Time) {
	e.Generation = i.chronicle.generation
	// What happened before an edit does not repeat itself after it.
	e.Key = fmt.Sprintf("%d %s", e.Generation, e.Key)
	i.logUnrecorded(i.journal.Record(e, now))
}

// logUnrecorded logs that events could not be written, once.
func (i *instance) logUnrecorded(err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	if text != "" && text != i.chronicle.unrecorded {
		i.log.Error(err, "cannot write the events; 'stigmer local events' lacks them")
	}
	i.chronicle.unrecorded = text
}

// recordDesired tells what became of the desired file since the last pass.
func (i *instance) recordDesired(desired plan.Desired, problem string, now time.Time) {
	c := &i.chronicle
	wasBad := c.problem != ""
	if problem != "" && !strings.HasPrefix(c.problem, problem) {
		i.record(events.Event{Type: events.DesiredState, Reason: "Invalid", Key: problem,
			Message: "the desired file cannot be used: " + problem}, now)
	}
	c.problem = problem
	if gone := desired.Removed && desired.Object != nil && i.known(desired); gone != c.removed {
		c.removed = gone
		if gone {
			i.record(events.Event{Type: events.DesiredState, Reason: "Removed", Message: "the desired file is gone"}, now)
		}
	}
	switch object := desired.Object; {
	case problem != "" || object == nil || object.Generation == 0:
	case object.Generation != c.generation:
		message := fmt.Sprintf("the desired file is in force as generation %d%s", object.Generation, changed(c.object, object))
		c.generation, c.object = object.Generation, object
		i.record(events.Event{Type: events.DesiredState, Reason: "Changed", Message: message}, now)
	case wasBad:
		i.record(events.Event{Type: events.DesiredState, Reason: "ValidAgain",
			Message: fmt.Sprintf("the desired file can be used again; it says what generation %d said", object.Generation)}, now)
	}
}

// recordPass tells what a pass changed in the status, and writes the counts that
// were not written at once.
func (i *instance) recordPass(before v1alpha1.TemporalStatus, pass status.Pass, now time.Time) {
	if p := pass.Plan; p.Remedy != "" && !alreadyRefused(before, i.status) {
		if pass.Failure != nil {
			p.Message += "; " + pass.Failure.Error()
		}
		i.record(events.Event{
			Type: events.Refusal, Reason: string(p.Situation), Situation: string(p.Situation),
			Message: p.Message, Remedy: p.Remedy, Key: mask(p.Message),
		}, now)
	}
	if s := pass.Plan.Stranger(); s != nil {
		i.chronicle.ends.part(s.Identity).who = strangerIn(pass.Plan)
	}
	i.recordConditions(before.Conditions, now)
	i.logUnrecorded(i.journal.Flush(now))
}

// alreadyRefused reports whether the status before said that the same is in
// the way. What is refused after an edit is another wish, and told unless it is
// refused with the same words.
func alreadyRefused(before, now v1alpha1.TemporalStatus) bool {
	was := meta.FindStatusCondition(before.Conditions, v1alpha1.ConditionStalled)
	is := meta.FindStatusCondition(now.Conditions, v1alpha1.ConditionStalled)
	if was == nil || is == nil || was.Status != is.Status || was.Reason != is.Reason ||
		was.ObservedGeneration != is.ObservedGeneration && was.Message != is.Message {
		return false
	}
	return before.Conflict == nil || now.Conflict == nil || before.Conflict.PID == now.Conflict.PID
}

// recordConditions tells the conditions whose status or reason changed. Those
// that were not there before are told together.
func (i *instance) recordConditions(before []metav1.Condition, now time.Time) {
	var fresh []string
	for _, c := range i.status.Conditions {
		old := meta.FindStatusCondition(before, c.Type)
		switch {
		case old == nil:
			fresh = append(fresh, fmt.Sprintf("%s %s (%s)", c.Type, c.Status, c.Reason))
		case old.Status != c.Status || old.Reason != c.Reason:
			i.record(changeOf(*old, c), now)
		}
	}
	if len(fresh) > 0 {
		slices.Sort(fresh)
		list := strings.Join(fresh, ", ")
		i.record(events.Event{Type: events.Condition, Reason: "FirstSeen", Message: "first seen: " + list, Key: list}, now)
	}
}

func changeOf(old, c metav1.Condition) events.Event {
	from, to := fmt.Sprintf("%s/%s", old.Status, old.Reason), fmt.Sprintf("%s/%s", c.Status, c.Reason)
	return events.Event{
		Type: events.Condition, Reason: c.Reason, Condition: c.Type, From: from, To: to,
		Message: fmt.Sprintf("%s went from %s (%s) to %s (%s): %s", c.Type, old.Status, old.Reason, c.Status, c.Reason, c.Message),
		Key:     c.Type + " " + from + " " + to,
	}
}

// recordForgotten tells that nothing is kept up any more.
func (i *instance) recordForgotten(now time.Time) {
	i.record(events.Event{Type: events.DesiredState, Reason: "Forgotten",
		Message: "nothing runs and the desired file is gone; the data stays"}, now)
}

// finishRecords writes what is left to write.
func (i *instance) finishRecords(now time.Time) {
	i.recordUnheard()
	i.logUnrecorded(i.journal.Close(now))
}

// Recorded returns the instances of which there are events, sorted; those that
// are no more are among them. A folder that is not there has none.
func (h Home) Recorded() ([]string, error) {
	entries, err := os.ReadDir(h.StatusDir())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cannot list the events: %w", err)
	}
	var names []string
	for _, entry := range entries {
		name, found := strings.CutSuffix(entry.Name(), eventsSuffix)
		if found && len(validation.IsDNS1123Label(name)) == 0 {
			names = append(names, name)
		}
	}
	return names, nil
}
