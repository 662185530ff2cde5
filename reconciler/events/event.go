package events

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"
)

// Type says what kind of thing happened.
type Type string

const (
	// Action was carried out, or failed.
	Action Type = "Action"
	// Condition of the status changed.
	Condition Type = "Condition"
	// Exit of a process of the instance.
	Exit Type = "Exit"
	// Refusal: the daemon cannot go on until the user does something.
	Refusal Type = "Refusal"
	// DesiredState: the desired file changed, or cannot be used.
	DesiredState Type = "DesiredState"
)

// maxID is the largest id that every reader of JSON represents exactly.
const maxID = 1<<53 - 1

// maxText is how many bytes of a text are kept, so that no event is larger
// than a few of these.
const maxText = 8 << 10

// Event is something that happened. Fields that mean nothing for its type are
// empty.
type Event struct {
	// ID is unique within the file. The last line with an id counts.
	ID int64 `json:"id"`
	// Time is when it happened first, LastTime when last, Count how often. All
	// else is as it was the last time.
	Time     time.Time `json:"time"`
	LastTime time.Time `json:"lastTime"`
	Count    int64     `json:"count"`
	Type     Type      `json:"type"`
	// Reason is one CamelCase word, Message what happened and why, for people.
	Reason  string `json:"reason"`
	Message string `json:"message"`
	// Situation is the rule that the daemon went by.
	Situation string `json:"situation,omitempty"`
	// Generation of the desired state that was in force.
	Generation int64 `json:"generation,omitempty"`
	// Verb of an Action, and why it failed; Error is empty when it did not.
	Verb  string `json:"verb,omitempty"`
	Error string `json:"error,omitempty"`
	// PID is the target of an Action or the process of an Exit, StartedPID
	// the process that an Action made.
	PID        int `json:"pid,omitempty"`
	StartedPID int `json:"startedPID,omitempty"`
	// Condition that changed, From and To as "status/reason"; From is empty
	// for one that was not there before.
	Condition string `json:"condition,omitempty"`
	From      string `json:"from,omitempty"`
	To        string `json:"to,omitempty"`
	// ExitCode or Signal say how a process ended; neither is set when the
	// kernel did not tell.
	ExitCode *int32 `json:"exitCode,omitempty"`
	Signal   string `json:"signal,omitempty"`
	// Remedy of a Refusal is what the user has to do.
	Remedy string `json:"remedy,omitempty"`
	// Key is the same for events that count as repetitions of one another. It
	// leaves out what differs each time, such as a pid.
	Key string `json:"key"`
}

// line returns the event as a line of the file.
func (e Event) line() ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(e); err != nil {
		return nil, err
	}
	return buffer.Bytes(), nil
}

// parse returns the event of a line, false when the line is not one.
func parse(line []byte) (Event, bool) {
	var e Event
	if err := json.Unmarshal(line, &e); err != nil {
		return Event{}, false
	}
	whole := e.ID > 0 && e.ID <= maxID && e.Count > 0 && e.Count <= maxID && e.Type != "" &&
		!e.Time.IsZero() && !e.LastTime.IsZero()
	return e, whole
}

// merge returns the events, each as its last line says, in the order in which
// they happened last.
func merge(lines []Event) []Event {
	var merged []Event
	at := map[int64]int{}
	for _, e := range lines {
		if i, found := at[e.ID]; found {
			merged[i] = e
			continue
		}
		at[e.ID] = len(merged)
		merged = append(merged, e)
	}
	slices.SortStableFunc(merged, func(a, b Event) int { return a.LastTime.Compare(b.LastTime) })
	return merged
}
