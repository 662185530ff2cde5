package observer

import (
	"errors"
	"os"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// LostDatabase returns a path under which the database can be read that one
// of the processes has open and that is not the file at path any more, because
// it was deleted, moved or replaced. It is false when none has one, or the
// platform does not tell.
func (o *Observer) LostDatabase(ps []observed.Process, path string) (string, bool) {
	for _, p := range ps {
		if found, _ := o.machine.lostDatabase(p.PID, path); found != "" {
			return found, true
		}
	}
	return "", false
}

// opensAnother says whether a process has a database open that is not the one
// at the path that it was started on, and which that is.
// Descriptors are read only of one that does not have that one open: a server that
// has lost it, and a wrapper.
func (l *look) opensAnother(p observed.Process) (opens observed.Knowledge, which observed.AnotherFile) {
	path, has := l.database.path, p.Evidence.OpensDatabase
	if on, elsewhere := p.StartedOn.Get(); elsewhere {
		path, has = on.Path, on.Opens
	} else if p.Evidence.NamesDatabase == observed.Absent {
		return observed.Absent, which // it was started on none
	}
	switch has {
	case observed.Known:
		return observed.Absent, which
	case observed.Unknown:
		return observed.Unknown, which
	}
	found, err := l.machine.lostDatabase(p.PID, path)
	if errors.Is(err, errors.ErrUnsupported) {
		// A file that is not being made may have been opened before it went.
		_, err = os.Lstat(observed.FirstBootPath(path))
	}
	return answer(err == nil, found != ""), l.machine.fileBehind(found)
}
