package reconciler

import (
	"sync"
	"time"

	"github.com/go-logr/logr"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer"
	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/actuator"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// instance is what the loop remembers of one instance between passes. All but
// exits belongs to the worker that has the instance's name.
type instance struct {
	surroundings
	name string
	log  logr.Logger
	// lookAt says what to look at for a desired object.
	lookAt func(desired plan.Desired, hints []observed.Identity) observer.Target
	// chronicle is told of all that happens.
	chronicle chronicle
	history   plan.History
	status    v1alpha1.TemporalStatus
	// lost means that there was a status file and that it could not be read:
	// the instance existed.
	lost bool
	// situation and the texts are what was logged last.
	situation                   plan.Situation
	problem, failure, unwritten string
	// hints are the processes of the last look, where the next one starts.
	hints []observed.Identity
	// thoroughAt is when the whole machine was last searched, proven the server
	// that there was then.
	thoroughAt time.Time
	proven     observed.Identity

	mu    sync.Mutex
	exits []plan.Exit
	// done are the actions that ended beside the passes since the last one.
	done []ended
}

// resume takes over from an earlier daemon, whose status is lost when its
// file could not be read. Object is what was last in force.
func (i *instance) resume(last *v1alpha1.Temporal, lost bool, object *v1alpha1.Temporal) {
	i.lost = lost
	if last != nil {
		i.status = last.Status
		i.history = plan.Restore(last)
	}
	i.chronicle.begin(last, object, i.history)
}

// noteExit returns the actuator's callback: it keeps the exit for the next
// pass and wakes the loop. It runs on a goroutine of the actuator.
func (i *instance) noteExit(wake func()) func(observed.Identity, actuator.Exit) {
	return func(id observed.Identity, exit actuator.Exit) {
		i.mu.Lock()
		i.exits = append(i.exits, plan.Exit{Identity: id, Code: exit.Code, Signal: exit.Signal, Time: exit.Time})
		i.mu.Unlock()
		wake()
	}
}

// ended is an action that was carried out beside the passes, and why it failed;
// nil when it did not.
type ended struct {
	action plan.Action
	err    error
}

// noteDone returns the actuator's callback for what is done beside the passes:
// the next pass reads it.
func (i *instance) noteDone(wake func()) func(plan.Action, error) {
	return func(action plan.Action, err error) {
		i.mu.Lock()
		i.done = append(i.done, ended{action, err})
		i.mu.Unlock()
		wake()
	}
}

// takeDone returns what was done since the last call.
func (i *instance) takeDone() []ended {
	i.mu.Lock()
	defer i.mu.Unlock()
	done := i.done
	i.done = nil
	return done
}

// takeExits returns the exits since the last call.
func (i *instance) takeExits() []plan.Exit {
	i.mu.Lock()
	defer i.mu.Unlock()
	exits := i.exits
	i.exits = nil
	return exits
}
