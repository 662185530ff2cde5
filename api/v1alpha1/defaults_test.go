package v1alpha1_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

// TestCompleteFillsInEveryDefault: but that of the version. Another default here, of
// what a start depends on, restarts the servers of those who upgrade.
func TestCompleteFillsInEveryDefault(t *testing.T) {
	yes := true
	duration := func(d time.Duration) *metav1.Duration { return &metav1.Duration{Duration: d} }
	want := v1alpha1.TemporalSpec{
		Enabled: &yes, IP: "127.0.0.1", Port: 7233, UI: v1alpha1.UISpec{Enabled: &yes, Port: 8233},
		HTTPPort: 7243, MetricsPort: 9233,
		Storage:  v1alpha1.StorageSpec{Type: v1alpha1.StorageFile, Path: home + "/temporal-data/temporal.db"},
		LogLevel: "warn", PortConflict: v1alpha1.PortConflictWait,
		Interval: duration(5 * time.Second),
		Health: v1alpha1.HealthSpec{
			StartupTimeout: duration(30 * time.Second), Timeout: duration(time.Second), FailureThreshold: 3,
		},
		Restart: v1alpha1.RestartSpec{
			InitialDelay: duration(250 * time.Millisecond), MaxDelay: duration(30 * time.Second), ResetAfter: duration(time.Minute),
		},
		TerminationGracePeriod: duration(10 * time.Second),
	}
	got := v1alpha1.Complete(v1alpha1.New("temporal"), home).Spec
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCompleteKeepsWhatIsWritten(t *testing.T) {
	no := false
	written := valid()
	written.Spec = v1alpha1.TemporalSpec{
		Enabled: &no, IP: "::1", Port: 1, UI: v1alpha1.UISpec{Enabled: &no, Port: 2}, HTTPPort: 3, MetricsPort: 4,
		Storage: v1alpha1.StorageSpec{Type: "Other", Path: "/p"}, Binary: v1alpha1.BinarySpec{Path: "/b", Version: "9"},
		LogLevel: "never", PortConflict: "Other", Interval: &metav1.Duration{}, TerminationGracePeriod: &metav1.Duration{Duration: 1},
		Health:  v1alpha1.HealthSpec{StartupTimeout: &metav1.Duration{}, Timeout: &metav1.Duration{}, FailureThreshold: -1},
		Restart: v1alpha1.RestartSpec{InitialDelay: &metav1.Duration{}, MaxDelay: &metav1.Duration{}, ResetAfter: &metav1.Duration{}},
	}
	if diff := cmp.Diff(written, v1alpha1.Complete(written, home)); diff != "" {
		t.Errorf("changed (-written +completed):\n%s", diff)
	}
}

func TestCompleteOfCompletedChangesNothing(t *testing.T) {
	no := false
	tests := map[string]func(s *v1alpha1.TemporalSpec){
		"defaults":   func(*v1alpha1.TemporalSpec) {},
		"no UI":      func(s *v1alpha1.TemporalSpec) { s.UI.Enabled = &no },
		"memory":     func(s *v1alpha1.TemporalSpec) { s.Storage.Type = v1alpha1.StorageMemory },
		"high port":  func(s *v1alpha1.TemporalSpec) { s.Port = 65000 },
		"wrong port": func(s *v1alpha1.TemporalSpec) { s.Port = math.MaxInt32 },
	}
	for name, mutate := range tests {
		t.Run(name, func(t *testing.T) {
			written := valid()
			mutate(&written.Spec)
			once := v1alpha1.Complete(written, home)
			if diff := cmp.Diff(once, v1alpha1.Complete(once, home)); diff != "" {
				t.Errorf("(-once +twice):\n%s", diff)
			}
		})
	}
}

func TestCompleteDoesNotTouchItsInput(t *testing.T) {
	written := valid()
	written.Spec.Env = map[string]string{"A": "1"}
	before := written.DeepCopy()
	completed := v1alpha1.Complete(written, home)
	completed.Spec.Env["A"] = "2"
	*completed.Spec.Enabled = false
	if diff := cmp.Diff(before, written); diff != "" {
		t.Errorf("the input changed (-before +after):\n%s", diff)
	}
}

func TestCompleteDerivesNothingThatIsNotUsed(t *testing.T) {
	no := false
	written := valid()
	written.Spec.UI.Enabled = &no
	written.Spec.Storage.Type = v1alpha1.StorageMemory
	got := v1alpha1.Complete(written, home).Spec
	if got.UI.Port != 0 || got.Storage.Path != "" {
		t.Errorf("a UI port %d and a path %q were derived", got.UI.Port, got.Storage.Path)
	}
}

func TestDerivedPortsDoNotWrapRound(t *testing.T) {
	written := valid()
	written.Spec.Port = math.MaxInt32
	got := v1alpha1.Complete(written, home).Spec
	if got.HTTPPort != math.MaxInt32 || got.MetricsPort != math.MaxInt32 {
		t.Errorf("derived %d and %d", got.HTTPPort, got.MetricsPort)
	}
}

func TestAccessorsTakeUnsetForYes(t *testing.T) {
	yes, no := true, false
	for _, tt := range []struct {
		value *bool
		want  bool
	}{{nil, true}, {&yes, true}, {&no, false}} {
		s := v1alpha1.TemporalSpec{Enabled: tt.value, UI: v1alpha1.UISpec{Enabled: tt.value}}
		if s.IsEnabled() != tt.want || s.UIEnabled() != tt.want {
			t.Errorf("%v: enabled %t, UI %t", tt.value, s.IsEnabled(), s.UIEnabled())
		}
	}
}

func TestDerivedFrom(t *testing.T) {
	tests := map[string]string{
		"spec.ui.port": "spec.port", "spec.httpPort": "spec.port", "spec.metricsPort": "spec.port",
		"spec.storage.path": "metadata.name", "spec.port": "", "": "",
	}
	for path, want := range tests {
		if got := v1alpha1.DerivedFrom(path); got != want {
			t.Errorf("%s is derived from %q, not %q", path, got, want)
		}
	}
}
