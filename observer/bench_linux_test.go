package observer

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
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
	s := o.sessions.byKey[sessionKey{instance: target.LockPath}]
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

// BenchmarkObserveBeforeStart is the look that a start waits for: nobody holds
// the lock, so every process is looked at, and where the database is there,
// every descriptor of every process too.
func BenchmarkObserveBeforeStart(b *testing.B) {
	for name, database := range map[string]bool{"first": false, "again": true} {
		b.Run(name, func(b *testing.B) {
			i, o := newInstance(b), newObserver(b)
			if database {
				i = i.withDatabase(b)
			}
			for b.Loop() {
				o.Observe(b.Context(), i.Target)
			}
		})
	}
}

// BenchmarkDatabase is what the database adds to a quiet look, records of the
// usual size included.
func BenchmarkDatabase(b *testing.B) {
	i, o := newInstance(b).withDatabase(b), newObserver(b)
	objects, err := json.Marshal(slices.Repeat([]string{"column executions_visibility.some_name"}, 500))
	must(b, err)
	i.SchemaDir = i.folder
	meta := fmt.Appendf(nil, `{"clusterID":"c","objects":%s}`, objects)
	must(b, os.WriteFile(observed.MetaPath(i.DatabasePath), meta, 0o600))
	must(b, os.WriteFile(observed.SchemaPath(i.SchemaDir, "x"), objects, 0o600))
	own, err := os.Open(i.DatabasePath)
	must(b, err)
	defer own.Close()
	for b.Loop() {
		l := o.newLook(i.Target)
		if opens, err := l.opens(os.Getpid(), l.database); opens != observed.Known {
			b.Fatal(opens, err)
		}
		if d := l.databaseFacts("x"); !d.Expected.IsKnown() {
			b.Fatalf("database = %+v", d)
		}
	}
}
