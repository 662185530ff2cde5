package observer

import (
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
	// mark, digest, spec, restartedAt and build are the values of observed.MarkVariable,
	// LaunchVariable, SpecVariable, RestartedAtVariable and BuildVariable, empty when
	// unset.
	mark, digest, spec, restartedAt, build string
}

// set takes over one NAME=VALUE entry. The first of several counts, as it
// does for getenv.
func (e *environment) set(entry string) {
	name, value, _ := strings.Cut(entry, "=")
	field := map[string]*string{
		observed.MarkVariable:        &e.mark,
		observed.LaunchVariable:      &e.digest,
		observed.SpecVariable:        &e.spec,
		observed.RestartedAtVariable: &e.restartedAt,
		observed.BuildVariable:       &e.build,
	}[name]
	if field != nil && *field == "" {
		*field = value
	}
}

// hasMark says whether the environment has exactly this mark.
func (w words) hasMark(mark string) observed.Knowledge {
	e, ok := w.environ.Get()
	return answer(ok, mark != "" && e.mark == mark)
}

// launch returns what the start recorded, given whether the process carries
// the mark.
func (w words) launch(carriesMark observed.Knowledge) observed.Fact[observed.Launch] {
	switch carriesMark {
	case observed.Known:
		e := w.environ.Value
		return observed.Is(observed.Launch{Digest: e.digest, Spec: e.spec, RestartedAt: e.restartedAt, Build: e.build})
	case observed.Absent:
		return observed.None[observed.Launch]("the process does not carry the mark")
	}
	if reason := w.environ.Reason; reason != "" {
		return observed.Unsure[observed.Launch](reason)
	}
	return observed.Unsure[observed.Launch]("it cannot be told whether its mark means our folder")
}

// databases lists what the arguments of a Temporal dev server name as its
// database file: --db-filename VALUE, --db-filename=VALUE, -f VALUE, -fVALUE
// and -f=VALUE.
func databases(args []string) []string {
	if !slices.Contains(args, "start-dev") {
		return nil
	}
	var paths []string
	for i, arg := range args {
		joined, long := strings.CutPrefix(arg, "--db-filename=")
		attached, short := strings.CutPrefix(arg, "-f")
		switch {
		case arg == "--db-filename" || arg == "-f":
			paths = append(paths, args[i+1:min(i+2, len(args))]...)
		case long:
			paths = append(paths, joined)
		case short:
			paths = append(paths, strings.TrimPrefix(attached, "="))
		}
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
