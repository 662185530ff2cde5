package v1alpha1_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

// durations names every duration of the spec with its bounds.
func durations() map[string]struct {
	field    func(s *v1alpha1.TemporalSpec) **metav1.Duration
	min, max time.Duration
} {
	type spec = v1alpha1.TemporalSpec
	return map[string]struct {
		field    func(s *v1alpha1.TemporalSpec) **metav1.Duration
		min, max time.Duration
	}{
		"spec.interval":               {func(s *spec) **metav1.Duration { return &s.Interval }, 100 * time.Millisecond, time.Hour},
		"spec.health.startupTimeout":  {func(s *spec) **metav1.Duration { return &s.Health.StartupTimeout }, time.Second, time.Hour},
		"spec.health.timeout":         {func(s *spec) **metav1.Duration { return &s.Health.Timeout }, 10 * time.Millisecond, time.Minute},
		"spec.restart.initialDelay":   {func(s *spec) **metav1.Duration { return &s.Restart.InitialDelay }, 10 * time.Millisecond, time.Hour},
		"spec.restart.maxDelay":       {func(s *spec) **metav1.Duration { return &s.Restart.MaxDelay }, 10 * time.Millisecond, time.Hour},
		"spec.restart.resetAfter":     {func(s *spec) **metav1.Duration { return &s.Restart.ResetAfter }, 100 * time.Millisecond, 24 * time.Hour},
		"spec.terminationGracePeriod": {func(s *spec) **metav1.Duration { return &s.TerminationGracePeriod }, 100 * time.Millisecond, time.Hour},
	}
}

func TestValidateDurationBounds(t *testing.T) {
	for path, d := range durations() {
		set := func(value time.Duration) func(*v1alpha1.Temporal) {
			return spec(func(s *v1alpha1.TemporalSpec) {
				// Wide open, so that only the bounds of the field itself speak.
				s.Restart.InitialDelay = &metav1.Duration{Duration: 10 * time.Millisecond}
				s.Restart.MaxDelay = &metav1.Duration{Duration: time.Hour}
				*d.field(s) = &metav1.Duration{Duration: value}
			})
		}
		check(t, []row{
			{name: path + " least", mutate: set(d.min)},
			{name: path + " most", mutate: set(d.max)},
			{path + " above", set(d.max + 1), path, "out of range; choose from"},
		})
		for _, low := range []time.Duration{d.min - 1, 0, -time.Second} {
			written := valid()
			set(low)(written)
			if !faulty(written, path) {
				t.Errorf("%s may be %s", path, low)
			}
		}
	}
}

func faulty(written *v1alpha1.Temporal, path string) bool {
	for _, fault := range validate(written) {
		if fault.Field == path {
			return true
		}
	}
	return false
}

func TestValidateDelaysInOrder(t *testing.T) {
	delays := func(initial, most time.Duration) func(*v1alpha1.Temporal) {
		return spec(func(s *v1alpha1.TemporalSpec) {
			s.Restart.InitialDelay = &metav1.Duration{Duration: initial}
			s.Restart.MaxDelay = &metav1.Duration{Duration: most}
		})
	}
	check(t, []row{
		{name: "the same", mutate: delays(time.Second, time.Second)},
		{"the wrong way round", delays(2*time.Minute, time.Minute), "spec.restart.initialDelay", "longer than spec.restart.maxDelay, which is 1m;"},
		{
			"against the default", spec(func(s *v1alpha1.TemporalSpec) { s.Restart.InitialDelay = &metav1.Duration{Duration: time.Minute} }),
			"spec.restart.initialDelay", "which is 30s",
		},
	})
}

func TestValidateFailureThreshold(t *testing.T) {
	threshold := func(n int32) func(*v1alpha1.Temporal) {
		return spec(func(s *v1alpha1.TemporalSpec) { s.Health.FailureThreshold = n })
	}
	check(t, []row{
		{name: "one", mutate: threshold(1)},
		{name: "most", mutate: threshold(100)},
		{"negative", threshold(-1), "spec.health.failureThreshold", "1 to 100"},
		{"too many", threshold(101), "spec.health.failureThreshold", "1 to 100"},
	})
}

func TestBoundsReadAsTheyAreWritten(t *testing.T) {
	check(t, []row{
		{
			"hours", spec(func(s *v1alpha1.TemporalSpec) { s.Restart.ResetAfter = &metav1.Duration{Duration: 25 * time.Hour} }),
			"spec.restart.resetAfter", "from 100ms to 24h",
		},
		{
			"minutes", spec(func(s *v1alpha1.TemporalSpec) { s.Health.Timeout = &metav1.Duration{Duration: 2 * time.Minute} }),
			"spec.health.timeout", "from 10ms to 1m",
		},
	})
}
