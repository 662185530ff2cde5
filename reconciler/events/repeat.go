package events

import (
	"slices"
	"time"
)

const (
	// window is for how long an event counts as a repetition of an earlier one.
	// It is longer than any loop of starts takes for a round.
	window = 10 * time.Minute
	// apart is how many repetitions within the window are events of their own, so
	// that what happened a few times is told with each time and cause.
	apart = 3
	// countEvery is how often a higher count is written at most. The passes of a
	// usual loop are further apart, so each is in the file at once or with the
	// next pass.
	countEvery = time.Second
)

// count makes the event the last of the recent ones: counted into one that it
// repeats, whose text it replaces, or as a new one.
func (r *Recorder) count(e Event, now time.Time) {
	next := &entry{Event: e}
	if i := r.countedInto(e, now); i >= 0 {
		next = r.recent[i]
		e.ID, e.Count, e.Time = next.ID, min(next.Count+1, maxID), next.Time
		next.Event = e
		r.recent = slices.Delete(r.recent, i, i+1)
	}
	r.forget(now)
	r.recent = append(r.recent, next)
}

// countedInto returns which of the recent events the event is counted into: the
// newest of those that it repeats, when there are enough of them within the
// window, or when that one is the count of a loop which goes on at the pace that
// made it one. It is -1 for an event of its own.
func (r *Recorder) countedInto(e Event, now time.Time) int {
	newest, same := -1, 0
	for i, old := range r.recent {
		if old.repeatedBy(e, now) {
			newest, same = i, same+1
		}
	}
	if same >= apart || same > 0 && r.recent[newest].Count > 1 && r.recent[newest].since(now) <= window/apart {
		return newest
	}
	return -1
}

// repeatedBy reports whether e is the same event once more.
func (old *entry) repeatedBy(e Event, now time.Time) bool {
	return old.Type == e.Type && old.Reason == e.Reason && old.Key == e.Key && old.near(now)
}

// near reports whether the event happened lately. The clock may have been set
// back since.
func (old *entry) near(now time.Time) bool { return old.since(now) <= window }

// since returns how far from now the event happened last.
func (old *entry) since(now time.Time) time.Duration { return now.Sub(old.LastTime).Abs() }

// due reports whether the entry should be written: it is new, or its count is
// higher than in the file and was not written just now.
func (old *entry) due(now time.Time) bool {
	return old.Count > old.written && (old.written == 0 || now.Sub(old.writtenAt).Abs() >= countEvery)
}

// forget drops what cannot repeat itself any more and is written, and when
// there is too much the oldest.
func (r *Recorder) forget(now time.Time) {
	r.recent = slices.DeleteFunc(r.recent, func(old *entry) bool {
		return old.Count <= old.written && !old.near(now)
	})
	if excess := len(r.recent) - (maxRecent - 1); excess > 0 {
		r.recent = slices.Delete(r.recent, 0, excess)
	}
}
