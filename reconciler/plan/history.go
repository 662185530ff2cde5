package plan

import (
	"cmp"
	"fmt"
	"maps"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// History is what has to be remembered because it can no longer be observed.
// It is a value: its methods return the next one and leave the receiver as it
// is. Losing it never costs a process or a file: the reconciler would ask a process
// again to stop, start a server again without a delay, or leave a new, empty database
// where a file system is not mounted.
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
	// Failures counts the servers that failed in a row: crashed, hung, timed
	// out or not started at all. NotBefore is when the next one may be started.
	Failures  int
	NotBefore time.Time
	// StartProblem is why the last attempt came to no server: the start, or what
	// has to precede it, failed. Empty once a server was started.
	StartProblem string
	// Retirements are the processes that were asked to stop.
	Retirements map[observed.Identity]Retirement
	// StartedFor is the Generation that the last start of this daemon was for.
	StartedFor int64
	// Restore is what became of the last backup that was to be restored.
	Restore RestoreWish
	// Databases are the last few that have served, the newest last.
	Databases []KnownDatabase
	// Unplanned says that the next start is a restart that nobody asked for;
	// RestartCount counts those.
	Unplanned    bool
	RestartCount int32
	// LastExit is how the last server ended; nil when none has.
	LastExit *Exit
}

// Retirement is a process's way out.
type Retirement struct {
	// Reason why it has to go.
	Reason string
	// Asked is when it was first asked to stop, Killed when it was last
	// killed; zero when it was not.
	Asked, Killed time.Time
	// Age is how old the process was when it was first asked, less all that the
	// machine had slept until then, see wakingAge. It tells Asked to the next
	// daemon, whatever was done to the wall clock and slept through meanwhile.
	Age time.Duration
	// Kept says that Asked was read from a status file and is to be told by Age.
	Kept bool
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

// lastFailure says how the last server ended, or why there was none.
func (h History) lastFailure() string { return cmp.Or(h.StartProblem, h.LastExit.String()) }

// See returns the history after a look. It must be called once for each
// look, before Compute.
func (h History) See(desired Desired, state observed.State, now time.Time) History {
	if generation := desired.Object.Generation; h.Generation != generation {
		h.Generation = generation
		h.Failures, h.NotBefore, h.StartProblem = 0, time.Time{}, ""
		// What is started from here on, the edit asked for.
		h.Unplanned = false
	}
	slept := h.wake(state, now)
	if !state.Processes.IsKnown() {
		return h
	}
	v := newView(Input{Desired: desired, Observed: state, History: h, Now: now})
	h = h.resume(v).recallAsked(v).forgiveClock(now)
	h = h.forgetGone(v)
	h = h.followMain(v, now)
	h = h.noteStore(v, now).noteWish(v).noteDatabase(v)
	return h.countChecks(v, now, slept)
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

// recallAsked tells by the age of the processes when they were asked to stop by
// an earlier daemon.
func (h History) recallAsked(v view) History {
	for _, p := range v.ours {
		r, asked := h.Retirements[p.Identity]
		switch {
		case r.Kept:
			r.Asked, r.Kept = v.in.Now.Add(r.Age-v.wakingAge(p)), false
		case asked && r.Age == 0:
			// An older version kept the time alone.
			r.Age = v.wakingAge(p) - v.in.Now.Sub(r.Asked)
		default:
			continue
		}
		h.Retirements = maps.Clone(h.Retirements)
		h.Retirements[p.Identity] = r
	}
	return h
}

// forgiveClock mends times that were read from a status file and that the
// wall clock, set back since, has not reached yet.
func (h History) forgiveClock(now time.Time) History {
	if h.Write.Time.After(now) || h.Write.LateAt.After(now) {
		h.Write = WriteCheck{}
	}
	for id, r := range h.Retirements {
		if r.Asked.After(now) || r.Killed.After(now) {
			h.Retirements = maps.Clone(h.Retirements)
			r.Asked, r.Killed = earlier(r.Asked, now), time.Time{}
			h.Retirements[id] = r
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
	if !main.IsZero() {
		h.StartProblem = ""
	}
	h.Main, h.Served, h.StoreRead, h.StoreWritten, h.Write = main, false, false, false, WriteCheck{}
	h.ReadySince, h.FailedChecks, h.LastFailedCheck = time.Time{}, 0, time.Time{}
	return h
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
