package observer

import (
	"errors"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// LostDatabase returns a path under which the database can be read that one
// of the processes has open and that is not the file at path any more, because
// it was deleted, moved or replaced. It is false when none has one, or the
// platform does not tell.
func (o *Observer) LostDatabase(ps []observed.Process, path string) (string, bool) {
	for _, p := range ps {
		if found, err := o.machine.lostDatabase(p.PID, path); err == nil && found != "" {
			return found, true
		}
	}
	return "", false
}

// opensAnother says whether a process of ours has a database open and not the
// one at the path that it was started on. It is looked for only when that one
// is not open, which is seldom.
func (l *look) opensAnother(p observed.Process) observed.Knowledge {
	e, path, opens := p.Evidence, l.database.path, p.Evidence.OpensDatabase
	if on, elsewhere := p.StartedOn.Get(); elsewhere {
		path, opens = on.Path, on.Opens
	} else if e.NamesDatabase == observed.Absent {
		return observed.Absent // it was started on none
	}
	switch {
	case e.CarriesMark != observed.Known && e.HoldsLock != observed.Known, opens == observed.Known:
		return observed.Absent
	case opens == observed.Unknown:
		return observed.Unknown
	}
	found, err := l.machine.lostDatabase(p.PID, path)
	return answer(err == nil || errors.Is(err, errors.ErrUnsupported), found != "")
}
