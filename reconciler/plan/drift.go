package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stigmer/stigmer-local/api/redact"
	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// drift says how a process differs from what would be started now.
type drift struct {
	reason  Situation // Drifted or RestartRequested
	message string
}

// Replaces reports whether the server that runs is not what the input asks
// for, so that it would be replaced as soon as it can be.
func Replaces(in Input) bool {
	v := newView(in)
	return v.drift != nil
}

// driftOf compares the server with the launch that the spec asks for. What
// cannot be read does not differ.
func driftOf(main observed.Process, in Input) *drift {
	launch, marked := main.Launch.Get()
	if requested := restartRequested(main, in); requested != nil {
		return requested
	}
	wanted := arguments(in.Desired.Object.Spec, in.Desired.Files)
	switch {
	case main.Launch.IsUnknown():
		return nil
	case !marked:
		// Started by an older version: the command line is all there is.
		if len(main.Args) == 0 {
			return nil
		}
		return argumentDrift(main, wanted)
	case launch.Spec != "" && launch.Spec == specDigest(in.Desired.Object.Spec):
		return nil
	case launch.Digest != launchDigest(in.Desired) && launch.Digest != launchDigest(underOldName(in.Desired, main.Args)):
		if slices.Contains(slices.Collect(maps.Values(in.Desired.Object.Spec.Env)), redact.Hidden) {
			// From the status file, which keeps no secrets: nothing may differ, and the
			// next server would be without them.
			return nil
		}
		if d := argumentDrift(main, wanted); d != nil {
			return d
		}
		return &drift{Drifted, "spec.env or spec.binary has changed"}
	}
	return nil
}

// underOldName is what is wanted as it was called before its home was renamed: the
// path of the file that must not be there is no reason to replace a server.
func underOldName(desired Desired, args []string) Desired {
	if i := slices.Index(args, "--env-file"); i >= 0 && i+1 < len(args) {
		desired.Files.NoEnvFile = args[i+1]
	}
	return desired
}

// argumentDrift compares command lines from the first argument of Temporal's
// own on, because a wrapper script has its interpreter in front, and names the
// first difference.
func argumentDrift(main observed.Process, wanted []string) *drift {
	if main.Args == nil {
		return &drift{Drifted, "what the spec starts it with has changed"}
	}
	skip := max(0, slices.Index(main.Args, wanted[0]))
	have := main.Args[skip:]
	if slices.Equal(have, wanted) {
		return nil
	}
	return firstDifference(have, wanted)
}

// firstDifference names it without what looks like a secret.
func firstDifference(have, wanted []string) *drift {
	for i := range max(len(have), len(wanted)) {
		if at(have, i) == at(wanted, i) {
			continue
		}
		have, wanted := redact.Args(have[:min(i+1, len(have))]), redact.Args(wanted[:min(i+1, len(wanted))])
		before, now := at(have, i), at(wanted, i)
		if i > 0 && strings.HasPrefix(at(wanted, i-1), "--") && before != "" && now != "" {
			return &drift{Drifted, fmt.Sprintf("%s changes from %q to %q", wanted[i-1], before, now)}
		}
		return &drift{Drifted, fmt.Sprintf("the arguments change: %q, wanted %q", before, now)}
	}
	return nil
}

func at(args []string, i int) string {
	if i < len(args) {
		return args[i]
	}
	return ""
}

// restartRequested compares with the restarted-at annotation. A process that
// was started on behalf of this very annotation is never too old for it,
// whatever the clocks say; and a time to come asks for nothing yet. So a
// clock that was set back cannot make a restart loop.
func restartRequested(main observed.Process, in Input) *drift {
	value := in.Desired.Object.Annotations[v1alpha1.RestartedAtAnnotation]
	requested, err := time.Parse(time.RFC3339Nano, value)
	if err != nil || requested.After(in.Now) || main.Launch.IsUnknown() {
		return nil
	}
	if main.Launch.Value.RestartedAt == value || main.Started.After(requested) {
		return nil
	}
	return &drift{RestartRequested, "a restart was asked for at " + requested.Format(time.DateTime+" MST")}
}
