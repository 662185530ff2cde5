package observer

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// words are what a process was started with.
type words struct {
	args observed.Fact[[]string]
	// environ is Unknown when the environment cannot be read, which is so
	// for the processes of other users.
	environ observed.Fact[environment]
	// exhausted is set when they were not read for want of something on our
	// side, such as descriptors, which says nothing about the process.
	exhausted error
}

// environment is what concerns us in a process's environment.
type environment struct {
	// mark, digest, executable and restartedAt are the values of
	// observed.MarkVariable, LaunchVariable, ExecutableVariable and
	// RestartedAtVariable, empty when unset.
	mark, digest, executable, restartedAt string
}

// set takes over one NAME=VALUE entry. The first of several counts, as it
// does for getenv.
func (e *environment) set(entry string) {
	name, value, _ := strings.Cut(entry, "=")
	field := map[string]*string{
		observed.MarkVariable:        &e.mark,
		observed.LaunchVariable:      &e.digest,
		observed.ExecutableVariable:  &e.executable,
		observed.RestartedAtVariable: &e.restartedAt,
	}[name]
	if field != nil && *field == "" {
		*field = value
	}
}

// carriesMark says whether the environment has exactly this mark.
func (w words) carriesMark(mark string) observed.Knowledge {
	e, ok := w.environ.Get()
	return answer(ok, mark != "" && e.mark == mark)
}

// launch returns what the start recorded, for a process with this mark.
func (w words) launch(mark string) observed.Fact[observed.Launch] {
	switch w.carriesMark(mark) {
	case observed.Known:
		e := w.environ.Value
		return observed.Is(observed.Launch{Digest: e.digest, Executable: e.executable, RestartedAt: e.restartedAt})
	case observed.Absent:
		return observed.None[observed.Launch]("the process does not carry the mark")
	}
	if reason := w.environ.Reason; reason != "" {
		return observed.Unsure[observed.Launch](reason)
	}
	return observed.Unsure[observed.Launch]("its environment was not read")
}

// namesDatabase says whether the arguments are those of a Temporal dev server
// on this database file. A relative path is taken from the working folder,
// which is asked for only when it is needed. Links are not followed.
func (w words) namesDatabase(path string, folder func() string) observed.Knowledge {
	args, ok := w.args.Get()
	if !ok || path == "" || !slices.Contains(args, "start-dev") {
		return answer(ok, false)
	}
	return answer(true, slices.ContainsFunc(args, func(arg string) bool {
		return slices.ContainsFunc(pathsIn(arg), func(p string) bool {
			if !filepath.IsAbs(p) && filepath.Base(p) == filepath.Base(path) {
				p = filepath.Join(folder(), p)
			}
			return filepath.Clean(p) == path
		})
	}))
}

// pathsIn lists the paths that an argument can mean: itself, the value of
// --db-filename=VALUE, and that of -fVALUE.
func pathsIn(arg string) []string {
	paths := []string{arg}
	if _, value, found := strings.Cut(arg, "="); found {
		paths = append(paths, value)
	}
	if value, found := strings.CutPrefix(arg, "-f"); found {
		paths = append(paths, value)
	}
	return paths
}

// answer is yes or no where the question could be answered, else Unknown.
func answer(answered, yes bool) observed.Knowledge {
	switch {
	case !answered:
		return observed.Unknown
	case yes:
		return observed.Known
	}
	return observed.Absent
}
