package v1alpha1

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// maxFailureThreshold keeps a dead server from being called healthy for hours.
const maxFailureThreshold = 100

type bounds struct{ min, max time.Duration }

func (b bounds) faults(d time.Duration, path *field.Path) field.ErrorList {
	if d >= b.min && d <= b.max {
		return nil
	}
	return field.ErrorList{field.Invalid(path, d.String(), fmt.Sprintf("out of range; choose from %s to %s", short(b.min), short(b.max)))}
}

// The bounds of the durations. Below the lower one a duration defeats its own
// purpose, above the upper one it is a slip of the unit (5s written as 5h).
const (
	// A look costs about a millisecond; more than ten a second is waste.
	minInterval = 100 * time.Millisecond
	maxInterval = time.Hour
	// A first boot takes up to half a second on a busy machine.
	minStartup = time.Second
	maxStartup = time.Hour
	// A healthy server answers within 0.6 ms.
	minHealth = 10 * time.Millisecond
	maxHealth = time.Minute
	// Less than this between two starts is a busy loop.
	minDelay = 10 * time.Millisecond
	maxDelay = time.Hour
	minReset = 100 * time.Millisecond
	maxReset = 24 * time.Hour
	// Temporal needs 1.0-1.6 s; who writes less asks for a kill, which is allowed.
	minGrace = 100 * time.Millisecond
	maxGrace = time.Hour
)

func validateTimes(s *TemporalSpec, spec *field.Path) field.ErrorList {
	health, restart := spec.Child("health"), spec.Child("restart")
	var faults field.ErrorList
	check := func(path *field.Path, d *metav1.Duration, b bounds) {
		faults = append(faults, b.faults(d.Duration, path)...)
	}
	check(spec.Child("interval"), s.Interval, bounds{minInterval, maxInterval})
	check(health.Child("startupTimeout"), s.Health.StartupTimeout, bounds{minStartup, maxStartup})
	check(health.Child("timeout"), s.Health.Timeout, bounds{minHealth, maxHealth})
	if n := s.Health.FailureThreshold; n < 1 || n > maxFailureThreshold {
		faults = append(faults, field.Invalid(health.Child("failureThreshold"), n,
			fmt.Sprintf("out of range; choose from 1 to %d", maxFailureThreshold)))
	}
	check(restart.Child("initialDelay"), s.Restart.InitialDelay, bounds{minDelay, maxDelay})
	check(restart.Child("maxDelay"), s.Restart.MaxDelay, bounds{minDelay, maxDelay})
	check(restart.Child("resetAfter"), s.Restart.ResetAfter, bounds{minReset, maxReset})
	check(spec.Child("terminationGracePeriod"), s.TerminationGracePeriod, bounds{minGrace, maxGrace})
	return append(faults, validateDelays(&s.Restart, restart)...)
}

func validateDelays(r *RestartSpec, path *field.Path) field.ErrorList {
	if initial := r.InitialDelay.Duration; initial <= r.MaxDelay.Duration || initial > maxDelay {
		return nil
	}
	return field.ErrorList{field.Invalid(path.Child("initialDelay"), r.InitialDelay.Duration.String(),
		fmt.Sprintf("longer than spec.restart.maxDelay, which is %s; lower this one or raise that one", short(r.MaxDelay.Duration)))}
}

// short prints a bound the way it would be written: 1h, not 1h0m0s.
func short(d time.Duration) string {
	switch {
	case d > 0 && d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d > 0 && d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return d.String()
}
