package reconciler

import (
	"context"
	"time"

	"k8s.io/utils/clock"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer"
	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/actuator"
	"github.com/stigmer/stigmer-local/reconciler/events"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// surroundings are all that the loop of one instance touches. What it decides
// depends on nothing else, so the same loop runs against the real machine and
// against a simulated one.
type surroundings struct {
	eyes     eyes
	hands    hands
	wishes   wishes
	accounts accounts
	journal  journal
	clock    clock.PassiveClock
}

// eyes look at the machine. observer.Observer is the real one.
type eyes interface {
	Observe(ctx context.Context, target observer.Target) observed.State
}

// hands carry out actions. actuator.Actuator is the real one.
type hands interface {
	Do(ctx context.Context, action plan.Action) actuator.Outcome
	Watch(id observed.Identity) error
	Close() error
}

// wishes are where it is read what should be: the desired file.
type wishes interface {
	// read returns the last good object; problem says why that is not what is
	// asked for now. With neither, nor a missing file, it is not known yet.
	read(now time.Time) (desired plan.Desired, problem string)
	// settling returns how long it takes until a file that is missing means
	// "stop", or one that is being written may be complete; zero for neither.
	settling(now time.Time) time.Duration
}

// accounts are where the status goes: the status file.
type accounts interface {
	write(object *v1alpha1.Temporal) error
	remove() error
}

// journal is where the events go. events.Recorder is the real one.
type journal interface {
	Record(e events.Event, now time.Time) error
	Flush(now time.Time) error
	Close(now time.Time) error
}
