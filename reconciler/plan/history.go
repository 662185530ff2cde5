package plan

import (
	"fmt"
	"maps"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// History is what has to be remembered because it can no longer be observed.
// It is a value: its methods return the next one and leave the receiver as it
// is. Losing it costs patience, never safety: the reconciler would ask a
// process again to stop, or start a server again without a delay.
type History struct {
	// Generation is the metadata.generation that Failures count for.
	Generation int64
	// Main is the process that was the instance at the last look, LastPID the
	// one that an earlier daemon left in the status; 0 once it was looked for.
	Main    observed.Identity
	LastPID int
	// Served says whether Main has served since it was first seen.
	Served bool
	// StoreRead and StoreWritten say whether Main has read and written its
	// store since it was first seen.
	StoreRead, StoreWritten bool
	// Write is the last write check of Main.
	Write WriteCheck
	// Looked says that there was a look before, Slept how long the machine had
	// slept by then, AwakeSince when a look last found that it had slept meanwhile.
	Looked     bool
	Slept      time.Duration
	AwakeSince time.Time
	// ReadySince is when Main began to serve without interruption; zero
	// while it does not serve.
	ReadySince time.Time
	// FailedChecks counts the health checks of Main that failed in a row,
	// LastFailedCheck is when the last one was counted.
	FailedChecks    int
	LastFailedCheck time.Time
	// Failures counts the servers that failed in a row: crashed, hung or
	// timed out. NotBefore is when the next one may be started.
	Failures  int
	NotBefore time.Time
	// Retirements are the processes that were asked to stop.
	Retirements map[observed.Identity]Retirement
	// StartedFor is the Generation that the last start of this daemon was for.
	StartedFor int64
	// Unplanned says that the next start is a restart that nobody asked for;
	// RestartCount counts those.
	Unplanned    bool
	RestartCount int32
	// LastExit is how the last server ended; nil when none has.
	LastExit *Exit
}

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
}

// WriteDue reports whether the next look should check that the store can be
// written.
func (h History) WriteDue(now time.Time) bool {
	return h.Write.Time.IsZero() || now.Sub(h.Write.Time) >= WriteCheckEvery
}

// Retirement is a process's way out.
type Retirement struct {
	// Reason why it has to go.
	Reason string
	// Asked is when it was first asked to stop, Killed when it was last
	// killed; zero when it was not.
	Asked, Killed time.Time
}

// Exit says how a server ended. With neither Code nor Signal the kernel did
// not tell.
type Exit struct {
	Identity observed.Identity
	// Code is set when the server ended by itself.
	Code *int32
	// Signal is the name of the signal that ended it, such as "killed".
	Signal string
	// Time when the end was noticed.
	Time time.Time
}

// String says how the server ended: "the last one was killed".
func (e *Exit) String() string {
	switch {
	case e == nil:
		return "none has ended yet"
	case e.Code != nil:
		return fmt.Sprintf("the last one exited with %d", *e.Code)
	case e.Signal != "":
		return "the last one was ended by signal " + e.Signal
	}
	return "how the last one ended is not known"
}

// See returns the history after a look. It must be called once for each
// look, before Compute.
func (h History) See(desired Desired, state observed.State, now time.Time) History {
	if generation := desired.Object.Generation; h.Generation != generation {
		h.Generation = generation
		h.Failures, h.NotBefore = 0, time.Time{}
		// What is started from here on, the edit asked for.
		h.Unplanned = false
	}
	slept := h.wake(state, now)
	if !state.Processes.IsKnown() {
		return h
	}
	v := newView(Input{Desired: desired, Observed: state, History: h, Now: now})
	h = h.resume(v).forgiveClock(now)
	h = h.forgetGone(v)
	h = h.followMain(v, now)
	h = h.noteStore(v, now)
	return h.countChecks(v, now, slept)
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

// resume goes on with the server that an earlier daemon left, at the first
// look: it is there, or it ended and nobody saw how.
func (h History) resume(v view) History {
	if h.LastPID == 0 {
		return h
	}
	if v.main != nil && v.main.PID == h.LastPID {
		h.Main = v.main.Identity
	} else {
		h.LastExit = &Exit{Identity: observed.Identity{PID: h.LastPID}, Time: v.in.Now}
		h.Served = false
	}
	h.LastPID = 0
	return h
}

// forgiveClock mends times that were read from a status file and that the
// wall clock, set back since, has not reached yet.
func (h History) forgiveClock(now time.Time) History {
	if h.Write.Time.After(now) {
		h.Write = WriteCheck{}
	}
	for id, r := range h.Retirements {
		if r.Asked.After(now) || r.Killed.After(now) {
			h.Retirements = maps.Clone(h.Retirements)
			h.Retirements[id] = Retirement{Reason: r.Reason, Asked: earlier(r.Asked, now)}
		}
	}
	return h
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// forgetGone drops the retirements of processes that are no more.
func (h History) forgetGone(v view) History {
	alive := map[observed.Identity]Retirement{}
	for _, p := range v.ours {
		if r, found := h.Retirements[p.Identity]; found {
			alive[p.Identity] = r
		}
	}
	if gone := h.Main; !gone.IsZero() && !contains(v.ours, gone) {
		if r, asked := h.Retirements[gone]; asked {
			h.Unplanned = h.Unplanned || isFailure(r.Reason)
		} else if v.in.Desired.Wanted() {
			h = h.fail(v.in.Desired, v.in.Now)
		}
		if h.LastExit == nil || h.LastExit.Identity != gone {
			h.LastExit = &Exit{Identity: gone, Time: v.in.Now}
		}
	}
	h.Retirements = alive
	return h
}

// followMain notices that another process is the instance now.
func (h History) followMain(v view, now time.Time) History {
	var main observed.Identity
	if v.main != nil {
		main = v.main.Identity
		h.Unplanned = h.Unplanned && h.Retirements[main] != Retirement{}
	}
	if main != h.Main {
		h = h.follow(main)
	}
	return h
}

// follow begins to remember another process.
func (h History) follow(main observed.Identity) History {
	h.Main, h.Served, h.StoreRead, h.StoreWritten, h.Write = main, false, false, false, WriteCheck{}
	h.ReadySince, h.FailedChecks, h.LastFailedCheck = time.Time{}, 0, time.Time{}
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

// fail counts a server that failed and sets when the next one may start.
func (h History) fail(desired Desired, now time.Time) History {
	if h.stable(desired, now) {
		h.Failures = 0
	}
	h.Failures++
	h.Unplanned = true
	h.NotBefore = now.Add(backoff(desired, h.Failures))
	return h
}
