package reconciler

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/events"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// heardWithin is how long after a look that missed a server it is told that
// nobody knows how it ended. If it was watched, that is heard in a moment.
const heardWithin = 500 * time.Millisecond

// maxEnds bounds how many processes are remembered for their end.
const maxEnds = 64

// ends is what is remembered of processes so that the end of each is told
// once, with what is known of it.
type ends struct {
	// told are the processes whose end was told, last the newest.
	told []observed.Identity
	// parts are what the processes were, last the newest.
	parts []part
}

// What a process may be to the instance.
const (
	server   = "the server"
	stranger = "the program that was in the way"
	guest    = "the Temporal that was used"
)

// strangerIn says what the plan's stranger is to the instance.
func strangerIn(decision plan.Plan) string {
	if decision.External != nil {
		return guest
	}
	return stranger
}

// part is what a process was to the instance.
type part struct {
	id observed.Identity
	// who is "the server", say; empty for any other process of the instance.
	who string
	// asked is why it was asked to stop; empty when it was not.
	asked string
}

// tell notes that the end of the process is told.
func (e *ends) tell(id observed.Identity) {
	e.told = append(e.told[max(0, len(e.told)-maxEnds+1):len(e.told):len(e.told)], id)
}

// note keeps what the history says of the processes, before it forgets them.
func (e *ends) note(history plan.History) {
	for id, r := range history.Retirements {
		e.part(id).asked = r.Reason
	}
	if !history.Main.IsZero() {
		e.part(history.Main).who = server
	}
	if history.LastExit != nil {
		e.part(history.LastExit.Identity).who = server
	}
}

// part returns what is kept of a process, which it makes.
func (e *ends) part(id observed.Identity) *part {
	i := slices.IndexFunc(e.parts, func(p part) bool { return p.id == id })
	if i < 0 {
		e.parts = append(e.parts[max(0, len(e.parts)-maxEnds+1):len(e.parts):len(e.parts)], part{id: id})
		i = len(e.parts) - 1
	}
	return &e.parts[i]
}

// recordEnds tells which processes ended, and how. Before is the history
// before the exits were taken into it.
func (i *instance) recordEnds(before plan.History, exits []plan.Exit, now time.Time) {
	e := &i.chronicle.ends
	e.note(before)
	for _, exit := range exits {
		i.recordEnd(exit)
	}
	last := i.history.LastExit
	if last == nil || slices.Contains(e.told, last.Identity) {
		return
	}
	e.note(i.history)
	if now.Sub(last.Time).Abs() >= heardWithin {
		i.recordEnd(*last)
	}
}

// recordUnheard tells the end of a server of which nobody will hear any more.
func (i *instance) recordUnheard() {
	if last := i.history.LastExit; last != nil && !slices.Contains(i.chronicle.ends.told, last.Identity) {
		i.recordEnd(*last)
	}
}

// recordEnd tells the end of one process.
func (i *instance) recordEnd(exit plan.Exit) {
	e := &i.chronicle.ends
	was := *e.part(exit.Identity)
	e.tell(exit.Identity)
	how, reason := wordsOf(exit)
	who := fmt.Sprintf("pid %d", exit.Identity.PID)
	if was.who != "" {
		who = was.who + ", " + who + ","
	}
	i.record(events.Event{
		Type: events.Exit, Reason: reason, PID: exit.Identity.PID, ExitCode: exit.Code, Signal: exit.Signal,
		Message: who + " " + how + was.whyEnded(),
		Key:     strings.Join([]string{was.who, how, was.asked}, "|"),
	}, exit.Time)
}

// whyEnded says whether we asked the process to stop. Of a process that is not
// ours nobody knows who did.
func (p part) whyEnded() string {
	switch {
	case p.asked != "":
		return "; it was asked to stop: " + p.asked
	case p.who == stranger || p.who == guest:
		return ""
	}
	return "; it was not asked to stop"
}

// wordsOf says how a process ended.
func wordsOf(exit plan.Exit) (how, reason string) {
	switch {
	case exit.Code != nil:
		return fmt.Sprintf("exited with %d", *exit.Code), "Exited"
	case exit.Signal != "":
		return "was ended by signal " + exit.Signal, "Signalled"
	}
	return "ended, and how is not known", "Ended"
}
