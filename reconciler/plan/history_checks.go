package plan

import (
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// What is remembered of the checks that looks made.

// WriteCheckEvery is how long at least lies between two writes to the store
// of one server that only find out whether it can be written.
const WriteCheckEvery = 30 * time.Second

// WriteCheck is the outcome of a write to the store.
type WriteCheck struct {
	// Time of the look; zero when none was made.
	Time time.Time
	// Problem is why it failed; empty when it did not. Failures counts those
	// that failed in a row.
	Problem  string
	Failures int
	// Late says why the next one has had no answer yet, empty when none is awaited;
	// LateAt is when that was seen last, to WriteCheckEvery.
	Late   string
	LateAt time.Time
}

// late says why a write has had no answer yet; empty when none is known to be
// awaited.
func (w WriteCheck) late(now time.Time) string {
	if now.Sub(w.LateAt) > writeCheckStale {
		return ""
	}
	return w.Late
}

// WriteDue reports whether the next look should check that the store can be
// written.
func (h History) WriteDue(now time.Time) bool {
	return h.Write.Time.IsZero() || now.Sub(h.Write.Time) >= WriteCheckEvery
}

// sleepNoticed is the least sleep that counts as one: the two clocks are not
// read at the same instant.
const sleepNoticed = 500 * time.Millisecond

// wake notices that the machine has slept. Checks that failed before count no
// more, and a server that was starting gets its time anew.
func (h *History) wake(state observed.State, now time.Time) bool {
	slept := h.Looked && state.Slept-h.Slept >= sleepNoticed
	h.Looked, h.Slept = true, state.Slept
	if slept {
		h.AwakeSince = now
		h.FailedChecks, h.LastFailedCheck = 0, time.Time{}
	}
	return slept
}

// noteStore keeps what the deep checks of this look say of Main.
func (h History) noteStore(v view, now time.Time) History {
	if v.main == nil {
		return h
	}
	if v.storeReadable().Holds == observed.Known {
		h.StoreRead = true
	}
	switch said := v.in.Observed.Server; {
	case said.WriteLate && now.Sub(h.Write.LateAt) >= WriteCheckEvery:
		h.Write.Late, h.Write.LateAt = said.Write.Reason, now
	case said.WriteEnded:
		h.Write.Late, h.Write.LateAt = "", time.Time{}
	}
	if write, asked := v.in.Observed.Server.Write.Get(); asked {
		h.Write = WriteCheck{Time: now, Problem: write.Problem, Failures: h.Write.Failures + 1}
		if write.Problem == "" {
			h.StoreWritten = true
		}
		if write.Problem == "" || v.databaseFile().Holds != observed.Known {
			// A full disk is not the server's fault, nor when it is freed.
			h.Write.Failures = 0
		}
	}
	return h
}

// countChecks counts the health check of this look. Looks come as often as
// something happens, so failures count at most once per check timeout.
func (h History) countChecks(v view, now time.Time, slept bool) History {
	live, known := v.live.Get()
	switch {
	case v.main == nil || !known:
	case live:
		if h.ReadySince.IsZero() {
			h.ReadySince = now
		}
		h.Served, h.FailedChecks, h.LastFailedCheck = true, 0, time.Time{}
		if h.stable(v.in.Desired, now) {
			h.Failures = 0
		}
	case slept:
		// What was asked before the sleep was given up after it.
	case h.LastFailedCheck.IsZero() || now.Sub(h.LastFailedCheck) >= v.healthTimeout():
		h.ReadySince = time.Time{}
		h.FailedChecks++
		h.LastFailedCheck = now
	}
	return h
}

// stable reports whether Main has served for long enough for its end to be
// the first failure and not one in a row.
func (h History) stable(desired Desired, now time.Time) bool {
	return !h.ReadySince.IsZero() && now.Sub(h.ReadySince) >= desired.Object.Spec.Restart.ResetAfter.Duration
}
