package observer

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// read reads one process whole. The start time is read before and after the
// rest, so that what is returned belongs to one process even when the pid
// changed hands meanwhile; it then tries once more.
func (o *Observer) read(pid int) (observed.Process, words, error) {
	before, err := o.machine.stat(pid)
	for range 2 {
		if err != nil {
			return observed.Process{}, words{}, err
		}
		w := o.machine.words(pid)
		if w.exhausted != nil {
			return observed.Process{}, words{}, w.exhausted
		}
		described := before
		o.machine.describe(&described, o.users)
		described.Args = w.args.Value
		after, err := o.machine.stat(pid)
		if err == nil && after.Identity == before.Identity {
			described.State = after.State
			return described, w, nil
		}
		before = after
	}
	return observed.Process{}, words{}, ErrNoProcess
}

// process returns the process with its evidence, from this look's memory when
// it has been read before.
func (l *look) process(pid int) (observed.Process, error) {
	if s, ok := l.seen[pid]; ok {
		return s.process, s.err
	}
	p, w, err := l.read(pid)
	if err == nil {
		p.Evidence = l.evidence(p, w)
		p.Launch = w.launch(p.Evidence.CarriesMark)
		if p.Evidence.CarriesMark == observed.Known || p.Evidence.HoldsLock == observed.Known {
			p.MaxFileSize = maxFileSize(pid)
		}
		p.StartedOn = l.startedOn(p, w)
		p.Evidence.OpensAnother, p.Another = l.opensAnother(p)
		l.introduce(&p)
	}
	l.seen[pid] = sighting{process: p, err: err}
	return p, err
}

// evidence says what ties the process to the instance.
func (l *look) evidence(p observed.Process, w words) observed.Evidence {
	names := l.namesDatabase(p.PID, w)
	// Why it is Unknown is the same for every process of that user.
	opens, err := l.opens(p.PID, l.database)
	if errors.Is(err, errors.ErrUnsupported) {
		// Where no descriptors are told, a server is taken at its word. A file
		// that was replaced under it is not noticed there.
		opens = names
	}
	return observed.Evidence{
		HoldsLock:     l.holds(p.PID),
		CarriesMark:   l.carriesMark(p.PID, w),
		MatchesRecord: matches(l.record, p),
		NamesDatabase: names,
		OpensDatabase: opens,
	}
}

// holds says whether the process holds the lock. Nobody holds a free one, so
// descriptors are read only while somebody does.
func (l *look) holds(pid int) observed.Knowledge {
	if l.lock.held != observed.Known {
		return l.lock.held
	}
	if slices.Contains(l.lock.holders, pid) {
		return observed.Known
	}
	return l.machine.carries(pid, l.lock.file)
}

// matches compares pid and start time with the record. Both times are whole
// seconds in the record, and earlier versions derived theirs from a boot time
// in whole seconds, so one second of difference is none.
func matches(record observed.Fact[observed.Record], p observed.Process) observed.Knowledge {
	r, ok := record.Get()
	if !ok {
		return record.Knowledge
	}
	if r.Format != observed.RecordCurrent || r.PID != p.PID {
		return observed.Absent
	}
	difference := p.Started.Truncate(time.Second).Sub(r.Started)
	return answer(true, difference.Abs() <= time.Second)
}

// anyKnown reports whether anything ties the process to the instance.
func anyKnown(e observed.Evidence) bool {
	return slices.Contains(strength(e), 1)
}

// byEvidence orders processes by their evidence, strongest first, and then by age.
func byEvidence(a, b observed.Process) int {
	return cmp.Or(
		slices.Compare(strength(b.Evidence), strength(a.Evidence)),
		cmp.Compare(a.StartTicks, b.StartTicks),
		cmp.Compare(a.PID, b.PID),
	)
}

// strength is the evidence as a comparable row, the strongest kind first.
func strength(e observed.Evidence) []int {
	row := make([]int, 0, 5)
	for _, k := range []observed.Knowledge{e.HoldsLock, e.CarriesMark, e.MatchesRecord, e.NamesDatabase, e.OpensDatabase} {
		if k == observed.Known {
			row = append(row, 1)
		} else {
			row = append(row, 0)
		}
	}
	return row
}
