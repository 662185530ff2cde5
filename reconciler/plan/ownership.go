package plan

import (
	"path/filepath"
	"slices"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// isOurs reports whether the evidence proves that the process belongs to the
// instance, so that it may be signalled.
//
// The mark proves it alone: only a start of ours puts it there. The lock
// proves it only together with what a Temporal of ours looks like, because an
// older manager, or a person with flock(1), can hold the lock too. A server
// on our database that carries neither is ours only when the pid record names
// it: a person may have started it by hand. The pid record never proves
// anything alone, because it is a file that anyone can write and that goes
// stale.
func isOurs(p observed.Process, record observed.Fact[observed.Record]) bool {
	e := p.Evidence
	switch {
	case e.CarriesMark == observed.Known:
		return true
	case e.HoldsLock == observed.Known:
		return isServer(p) || recordNames(record, p)
	case e.NamesDatabase == observed.Known:
		return isServer(p) && recordNames(record, p)
	}
	return false
}

// recordNames reports whether the pid record means this process. A legacy
// record has only the pid.
func recordNames(record observed.Fact[observed.Record], p observed.Process) bool {
	r, known := record.Get()
	if !known || r.PID != p.PID {
		return false
	}
	return r.Format == observed.RecordLegacy || p.Evidence.MatchesRecord == observed.Known
}

// isServer reports whether the process runs "temporal server start-dev", with
// whatever flags. An instance may be called start-dev, and a program be told so.
func isServer(p observed.Process) bool {
	i := slices.Index(p.Args, "server")
	return i >= 0 && slices.Contains(p.Args[i+1:], "start-dev")
}

// splitOurs sorts the living processes into the instance (the server and
// what runs in its session), leftovers of ours, and strangers.
func splitOurs(state observed.State) (unit, leftovers, strangers []observed.Process) {
	var ours []observed.Process
	for _, p := range state.Processes.Value {
		switch {
		case p.State == observed.StateDead:
		case isOurs(p, state.Record):
			ours = append(ours, p)
		default:
			strangers = append(strangers, p)
		}
	}
	main := pickMain(ours)
	if main == nil {
		return nil, ours, strangers
	}
	unit = append(unit, *main)
	for _, p := range ours {
		switch {
		case p.Identity == main.Identity:
		case p.Session == main.Session && p.Session != 0:
			unit = append(unit, p)
		default:
			leftovers = append(leftovers, p)
		}
	}
	return unit, leftovers, strangers
}

// pickMain returns the server among the instance's processes: the one that
// holds the lock, and among those the one that leads its session. A wrapper
// script leads; the Temporal that it runs is part of the same instance.
func pickMain(ours []observed.Process) *observed.Process {
	var best *observed.Process
	bestRank := 0
	for i, p := range ours {
		rank := 0
		if isServer(p) || len(p.Args) == 0 {
			// A command line that cannot be read may be the server's, and one that
			// is empty is that of a process whose memory is gone and which is about
			// to let go of its files.
			rank = 1
			if p.Evidence.HoldsLock == observed.Known {
				rank += 2
			}
			if p.Session == p.PID {
				rank++
			}
		}
		if rank > bestRank {
			best, bestRank = &ours[i], rank
		}
	}
	return best
}

// contains reports whether the process is among ps.
func contains(ps []observed.Process, id observed.Identity) bool {
	return slices.ContainsFunc(ps, func(p observed.Process) bool { return p.Identity == id })
}

// Describe names a process for a message: "pid 1234 (python3, user ada)".
func Describe(p observed.Process) string {
	name := "unknown program"
	switch {
	case p.Executable != "":
		name = filepath.Base(p.Executable)
	case len(p.Args) > 0:
		name = filepath.Base(p.Args[0])
	}
	if p.User != "" {
		name += ", user " + p.User
	}
	return p.String() + " (" + name + ")"
}
