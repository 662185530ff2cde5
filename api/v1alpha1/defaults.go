package v1alpha1

import (
	"math"
	"path/filepath"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// What Complete fills in where nothing is written. None of them changes within this
// version of the API but DefaultVersion.
const (
	// DefaultIP is loopback: Temporal's dev server has no authentication.
	DefaultIP = "127.0.0.1"
	// DefaultPort is the port that Temporal's clients and CLI use.
	DefaultPort int32 = 7233
	// UIPortOffset is added to spec.port, as Temporal itself does.
	UIPortOffset int32 = 1000
	// HTTPPortOffset is added to spec.port. Temporal would take a random port.
	HTTPPortOffset int32 = 10
	// MetricsPortOffset is added to spec.port. Temporal would take a random port.
	MetricsPortOffset int32 = 2000
	// DefaultVersion is the Temporal CLI that the project is tested with. It changes
	// with releases, so Complete leaves it out: an object that names no version stays
	// the same under all of them.
	DefaultVersion = "1.5.1"
	// DefaultLogLevel is that of "temporal server start-dev".
	DefaultLogLevel = "warn"
	// DefaultInterval of looking at the world when nothing wakes the loop.
	DefaultInterval = 5 * time.Second
	// DefaultStartupTimeout is about a hundred times a first boot on an idle machine.
	DefaultStartupTimeout = 30 * time.Second
	// DefaultHealthTimeout is about a thousand times a healthy answer.
	DefaultHealthTimeout = time.Second
	// DefaultFailureThreshold rides out two slow answers in a row.
	DefaultFailureThreshold int32 = 3
	// DefaultInitialDelay before the second restart in a row.
	DefaultInitialDelay = 250 * time.Millisecond
	// DefaultMaxDelay that the doubling of the delay stops at.
	DefaultMaxDelay = 30 * time.Second
	// DefaultResetAfter is how long Ready counts as stable.
	DefaultResetAfter = 60 * time.Second
	// DefaultTerminationGracePeriod is several times the 1.0-1.6 s that
	// Temporal needs to stop.
	DefaultTerminationGracePeriod = 10 * time.Second
)

// New returns a Temporal of that name that asks for nothing but the defaults.
func New(name string) *Temporal {
	return &Temporal{
		TypeMeta:   metav1.TypeMeta{APIVersion: APIVersion, Kind: Kind},
		ObjectMeta: metav1.ObjectMeta{Name: name},
	}
}

// Complete returns a deep copy of written with every default filled in but that of
// the version. It judges nothing: an invalid value stays for Validate to find, and
// so does a derived port that leaves the range. The UI's port is derived only when
// the UI is enabled. home is the absolute home folder, which the default database
// path lies in. Complete of a completed object changes nothing.
func Complete(written *Temporal, home string) *Temporal {
	t := written.DeepCopy()
	s := &t.Spec
	orDefault(&s.Enabled, true)
	orValue(&s.IP, DefaultIP)
	orValue(&s.LogLevel, DefaultLogLevel)
	orValue(&s.PortConflict, PortConflictWait)
	completePorts(s)
	completeStorage(&s.Storage, t.Name, home)
	completeTimes(s)
	return t
}

func completePorts(s *TemporalSpec) {
	orDefault(&s.UI.Enabled, true)
	orValue(&s.Port, DefaultPort)
	orValue(&s.HTTPPort, derivedPort(s.Port, HTTPPortOffset))
	orValue(&s.MetricsPort, derivedPort(s.Port, MetricsPortOffset))
	if s.UIEnabled() {
		orValue(&s.UI.Port, derivedPort(s.Port, UIPortOffset))
	}
}

func completeStorage(s *StorageSpec, name, home string) {
	orValue(&s.Type, StorageFile)
	if s.Type == StorageFile {
		orValue(&s.Path, filepath.Join(home, name+"-data", name+".db"))
	}
}

func completeTimes(s *TemporalSpec) {
	orDuration(&s.Interval, DefaultInterval)
	orDuration(&s.Health.StartupTimeout, DefaultStartupTimeout)
	orDuration(&s.Health.Timeout, DefaultHealthTimeout)
	orValue(&s.Health.FailureThreshold, DefaultFailureThreshold)
	orDuration(&s.Restart.InitialDelay, DefaultInitialDelay)
	orDuration(&s.Restart.MaxDelay, DefaultMaxDelay)
	orDuration(&s.Restart.ResetAfter, DefaultResetAfter)
	orDuration(&s.TerminationGracePeriod, DefaultTerminationGracePeriod)
}

// derivedPort saturates instead of wrapping round, so that an absurd port
// cannot derive a valid one.
func derivedPort(port, offset int32) int32 {
	return int32(min(int64(port)+int64(offset), math.MaxInt32))
}

func orValue[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func orDefault[T any](field **T, value T) {
	if *field == nil {
		*field = &value
	}
}

func orDuration(field **metav1.Duration, value time.Duration) {
	orDefault(field, metav1.Duration{Duration: value})
}
