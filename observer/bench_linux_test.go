package observer

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// steady is a healthy instance and the Observer that knows it.
func steady(b *testing.B) (*Observer, Target) {
	i := newInstance(b)
	c := i.handOver(b, "health SERVING 127.0.0.1:0", marked(i.Mark))
	i.Hints = hint(b, c)
	i.frontend(c.address())
	o := newObserver(b)
	if s := o.Observe(b.Context(), i.Target); s.Health.Value.Status != observed.HealthServing {
		b.Fatalf("state = %+v", s)
	}
	return o, i.Target
}

// BenchmarkObserveSteady is a whole look at a healthy instance. Its floor is
// BenchmarkHealthAlone, the gRPC check that is part of it.
func BenchmarkObserveSteady(b *testing.B) {
	o, target := steady(b)
	for b.Loop() {
		o.Observe(b.Context(), target)
	}
}

// BenchmarkHealthAlone is the gRPC check alone, over the same connection.
func BenchmarkHealthAlone(b *testing.B) {
	o, target := steady(b)
	s := o.sessions.byInstance[target.LockPath]
	for b.Loop() {
		s.check(b.Context(), patience)
	}
}

// BenchmarkObserveWithoutHealth is what a look adds to the check.
func BenchmarkObserveWithoutHealth(b *testing.B) {
	o, target := steady(b)
	target.Ports[0].Name = observed.UI
	for b.Loop() {
		o.Observe(b.Context(), target)
	}
}

// BenchmarkObserveThorough looks at every process of the machine.
func BenchmarkObserveThorough(b *testing.B) {
	o, target := steady(b)
	target.Thorough = true
	for b.Loop() {
		o.Observe(b.Context(), target)
	}
}

// BenchmarkListeners is the list of all listening sockets.
func BenchmarkListeners(b *testing.B) {
	for b.Loop() {
		if _, err := diagListeners(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLockHolder asks for a lock that its holder took itself, as the
// daemon takes its own.
func BenchmarkLockHolder(b *testing.B) {
	i := newInstance(b)
	start(b, "lock "+i.LockPath)
	o := newObserver(b)
	for b.Loop() {
		o.LockHolder(i.LockPath)
	}
}

// BenchmarkObserveThoroughDatabase is a thorough look where the database is there, so
// that every descriptor of the machine is compared with it.
func BenchmarkObserveThoroughDatabase(b *testing.B) {
	o, target := steady(b)
	must(b, os.MkdirAll(filepath.Dir(target.DatabasePath), 0o700))
	must(b, os.WriteFile(target.DatabasePath, nil, 0o600))
	target.Thorough = true
	for b.Loop() {
		o.Observe(b.Context(), target)
	}
}
