package actuator

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/failpoint"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// Identifier is the last identity check before a signal. It reads who the pid
// is at this moment, zombies included. observer.Observer is one.
type Identifier interface {
	Identify(pid int) (observed.Identity, error)
}

// Options are what an Actuator needs from its owner.
type Options struct {
	// Identifier is required.
	Identifier Identifier
	// OnExit is called exactly once for each process that was started or
	// watched and then ended before Close. It is called from a goroutine of
	// the actuator, possibly before Do has returned the outcome of the start,
	// and must not call Close. May be nil.
	OnExit func(observed.Identity, Exit)
	// OnDone is called after each LearnSchema and StageBackup that was begun,
	// unless Close came first: with why it failed, nil when it did not. It is
	// called from a goroutine of the actuator and must not call Close. May be nil.
	OnDone func(action plan.Action, err error)
	// Env is the environment that a child's is made from, normally
	// os.Environ(). Its TEMPORAL_* and STIGMER_* variables are left out.
	Env []string
}

// Exit says how a process ended. With neither Code nor Signal the kernel did
// not tell.
type Exit struct {
	// Code is set when the process ended by itself.
	Code *int32
	// Signal is the name of the signal that ended it, such as "killed".
	Signal string
	// Time when the end was noticed.
	Time time.Time
}

// Outcome is what came of one action.
type Outcome struct {
	// Action that was carried out.
	Action plan.Action
	// Err is why it failed; nil means that what was asked for is now true.
	Err error
	// Warning is what went wrong beside an action that succeeded, such as a
	// record that could not be written or a log that could not be rotated.
	Warning error
	// Started is the process of a successful Start. When it could not be
	// identified it holds the pid only, and Warning says why.
	Started observed.Identity
	// Gone means that the target of Terminate or Kill had ended already, so
	// that no signal was sent.
	Gone bool
}

// Actuator carries out actions. It is safe for concurrent use.
type Actuator struct {
	opts Options
	done chan struct{}
	wg   sync.WaitGroup

	mu     sync.Mutex
	closed bool
	// watches holds nil for a child whose handle is not open yet.
	watches map[observed.Identity]*handle
	// jobs holds the keys of those that are under way or have failed, and until
	// when no other is begun.
	jobs map[string]time.Time
}

// New returns an Actuator. It starts nothing by itself.
func New(opts Options) *Actuator {
	return &Actuator{
		opts:    opts,
		done:    make(chan struct{}),
		watches: map[observed.Identity]*handle{},
		jobs:    map[string]time.Time{},
	}
}

// Do carries out one action. The same action may be carried out again, or
// late: everything is looked at again before it is touched. ctx bounds the few
// milliseconds that a start waits for a lock, the copying of a database, and the
// calls to a server; it never ends a process.
func (a *Actuator) Do(ctx context.Context, action plan.Action) Outcome {
	out := Outcome{Action: action}
	switch action.Verb {
	case plan.Start:
		out.Started, out.Warning, out.Err = a.start(ctx, action.Launch)
	case plan.Terminate:
		// SIGCONT second: a stopped process obeys the SIGTERM that waits for it
		// only when it runs again.
		failpoint.Reached("stop/term")
		out.Gone, out.Err = a.signal(action.Target, unix.SIGTERM, unix.SIGCONT)
		failpoint.Reached("stop/termed")
	case plan.Kill:
		failpoint.Reached("stop/kill")
		out.Gone, out.Err = a.signal(action.Target, unix.SIGKILL)
		failpoint.Reached("stop/killed")
	case plan.WriteRecord:
		out.Err = a.writeRecordOf(action.RecordPath, action.Target)
	case plan.RemoveRecord:
		out.Err = a.removeRecord(action.RecordPath)
	case plan.Quarantine, plan.Backup, plan.StageBackup, plan.DiscardBackup, plan.RestoreBackup, plan.Seal, plan.LearnSchema:
		out.Warning, out.Err = a.workOn(ctx, action)
	case plan.RegisterNamespace:
		out.Err = a.changeServer(ctx, action.Server, registerNamespace)
	case plan.UpdateNamespace:
		out.Err = a.changeServer(ctx, action.Server, updateNamespace)
	case plan.AddSearchAttributes:
		out.Err = a.changeServer(ctx, action.Server, addSearchAttributes)
	default:
		out.Err = fmt.Errorf("cannot do %q: no such verb", action.Verb)
	}
	return out
}

// Close ends all goroutines of the actuator and waits for them. The processes
// are left running, and OnExit is not called any more. A second Close does
// nothing.
func (a *Actuator) Close() error {
	a.mu.Lock()
	if !a.closed {
		a.closed = true
		close(a.done)
		for _, h := range a.watches {
			if h != nil {
				h.cancel()
			}
		}
	}
	a.mu.Unlock()
	a.wg.Wait()
	return nil
}
