package observer

import "github.com/stigmer/stigmer-local/observer/observed"

// LostDatabase returns a path under which the database can be read that one
// of the processes has open and that is not the file at path any more, because
// it was deleted, moved or replaced. It is false when none has one, or the
// platform does not tell.
func (o *Observer) LostDatabase(ps []observed.Process, path string) (string, bool) {
	for _, p := range ps {
		if found, ok := o.machine.lostDatabase(p.PID, path); ok {
			return found, true
		}
	}
	return "", false
}
