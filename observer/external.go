package observer

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// external says whether the listener on the frontend's port is a Temporal
// that is not ours, as far as that can be told without connecting to it: a
// connection could end a listener of another kind, such as nc -l.
func (l *look) external(v portView, frontend int, ours bool, processes observed.Fact[[]observed.Process]) observed.Fact[observed.External] {
	none := observed.None[observed.External]
	if frontend < 0 {
		return none("there is no frontend port")
	}
	port := v.ports[frontend]
	owner, known := port.Listener.Value.Owner.Get()
	switch {
	case port.Listener.IsUnknown():
		return observed.Unsure[observed.External](port.Listener.Reason)
	case port.Listener.IsAbsent():
		return none(port.Listener.Reason)
	case ours, known && belongs(owner.Evidence):
		return none(fmt.Sprintf("%s belongs to the instance", owner.Identity))
	case processes.IsUnknown():
		return observed.Unsure[observed.External]("it cannot be told who is ours: " + processes.Reason)
	case !known:
		return none(port.Listener.Value.Owner.Reason)
	case !looksLikeTemporal(owner):
		return none(fmt.Sprintf("%s does not look like Temporal", owner.Identity))
	}
	return observed.Is(observed.External{Process: owner, Address: v.door(frontend).address, Database: databaseOf(owner)})
}

// withHealth is a Temporal that is not ours with what it answered.
func withHealth(e observed.External, health observed.Fact[observed.Health]) observed.Fact[observed.External] {
	if !health.IsKnown() {
		return observed.Unsure[observed.External](health.Reason)
	}
	e.Health = health.Value
	return observed.Is(e)
}

// belongs reports whether anything ties a process to the instance that only a
// Temporal of the instance has. A tool that has our database open is none.
func belongs(e observed.Evidence) bool {
	return slices.Contains([]observed.Knowledge{e.HoldsLock, e.CarriesMark, e.MatchesRecord, e.NamesDatabase}, observed.Known)
}

// looksLikeTemporal goes by the command line and the name of the executable.
func looksLikeTemporal(p observed.Process) bool {
	return slices.Contains(p.Args, "start-dev") || strings.HasPrefix(filepath.Base(p.Executable), "temporal")
}

// databaseOf returns the database file of a dev server as its command line
// names it: the last of several counts. Where its working folder cannot be
// read, a relative path stays one.
func databaseOf(p observed.Process) string {
	paths := databases(p.Args)
	if len(paths) == 0 {
		return ""
	}
	path := paths[len(paths)-1]
	if path != "" && p.WorkingDir != "" && !filepath.IsAbs(path) {
		return filepath.Join(p.WorkingDir, path)
	}
	return path
}
