package reconciler

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"

	"github.com/stigmer/stigmer-local/observer"
	"github.com/stigmer/stigmer-local/reconciler/actuator"
	"github.com/stigmer/stigmer-local/reconciler/events"
)

// Options of a Reconciler.
type Options struct {
	// Home is the folder of the instances, from CreateHome.
	Home Home
	// Log gets V(0) for transitions and actions and V(1) for each pass. The
	// zero Logger discards.
	Log logr.Logger
	// Search says where Temporal is looked for.
	Search Search
	// Env is what a started Temporal's environment is made from, normally
	// os.Environ(). TEMPORAL_* and STIGMER_* are removed from it.
	Env []string
	// Info describes this daemon to commands that ask; its Identity is filled in.
	Info DaemonInfo
	// Workers is how many instances are worked on at the same time. A worker
	// that waits for a hung server's health check costs nothing. Default 32.
	Workers int
}

// Reconciler keeps the instances of one home in their desired state. Its law:
//
//   - One pass at a time for each instance; passes of different instances do
//     not wait for each other.
//   - A pass looks at everything again. No pass relies on what an earlier one
//     meant to do.
//   - A pass that fails is repeated with growing delay up to RetryWithin; one
//     that succeeds is repeated after the plan's RequeueAfter.
//   - A pass waits for two things, both bounded: the health check, by
//     spec.health.timeout, and file systems that may hang. What is on one that does
//     is Unknown, and no lock that other instances need is held meanwhile. A grace
//     period or a delay is a plan.
type Reconciler struct {
	options  Options
	observer *observer.Observer
	queue    workqueue.TypedRateLimitingInterface[string]
	claims   *claims

	// lock is held while Run runs, end ends Run.
	lock *daemonLock
	end  context.CancelCauseFunc

	mu        sync.Mutex
	instances map[string]*instance
}

// RetryWithin bounds how long a pass that failed waits to be repeated.
const RetryWithin = 5 * time.Second

// listEvery is how often the folder is listed for instances that no wake-up told
// of.
const listEvery = 5 * time.Second

// retryFirst is the delay after the first failed pass in a row.
const retryFirst = 10 * time.Millisecond

// New returns a reconciler that has not looked at anything yet.
func New(options Options) *Reconciler {
	if options.Workers <= 0 {
		options.Workers = 32
	}
	if options.Log.GetSink() == nil {
		options.Log = logr.Discard()
	}
	r := &Reconciler{
		options:   options,
		observer:  observer.New(observer.Options{}),
		instances: map[string]*instance{},
		queue: workqueue.NewTypedRateLimitingQueue(
			workqueue.NewTypedItemExponentialFailureRateLimiter[string](retryFirst, RetryWithin)),
	}
	r.claims = newClaims(options.Home, &Disk{}, r.queue.Add)
	return r
}

// Run reconciles until ctx is done, then returns nil once everything that it
// started has returned. It leaves every Temporal running. It returns an
// *AlreadyRunningError when another process reconciles this home, and a
// *HomeLostError when the home is removed or replaced while it runs. A
// Reconciler runs once.
func (r *Reconciler) Run(ctx context.Context) (err error) {
	defer r.closeAll()
	info := r.options.Info
	if info.Identity, err = r.observer.Identify(os.Getpid()); err != nil {
		return err
	}
	if r.lock, err = lockDaemon(ctx, r.options.Home, info); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	defer func() { err = errors.Join(err, r.lock.Unlock()) }()
	outer := ctx
	ctx, r.end = context.WithCancelCause(ctx)
	defer r.end(nil)

	files, err := watchFiles(r.options.Home)
	if err != nil {
		// The kernel's watches are a limited resource, and only a convenience.
		r.options.Log.Info("edits are noticed at the next look, not at once", "cause", err.Error())
	}
	r.options.Log.Info("reconciling", "home", r.options.Home, "version", r.options.Info.Version)
	defer r.options.Log.Info("ended; no Temporal was touched by that")

	var running sync.WaitGroup
	running.Go(func() { r.wakeOnFiles(ctx, files) })
	for range r.options.Workers {
		running.Go(func() {
			for r.work(ctx) {
			}
		})
	}
	<-ctx.Done()
	r.queue.ShutDown()
	running.Wait()
	if outer.Err() == nil {
		return context.Cause(ctx)
	}
	return nil
}

// work does one pass; it returns false when the queue is shut down.
func (r *Reconciler) work(ctx context.Context) bool {
	name, shutdown := r.queue.Get()
	if shutdown {
		return false
	}
	defer r.queue.Done(name)
	after, err := r.reconcile(ctx, name)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		r.queue.AddRateLimited(name)
		if after > 0 {
			// An edit may mend it.
			r.queue.AddAfter(name, after)
		}
	case after > 0:
		r.queue.Forget(name)
		r.queue.AddAfter(name, after)
	default:
		r.queue.Forget(name)
	}
	return true
}

// instance returns the memory of an instance; the worker that has its name
// from the queue owns it until it gives the name back.
func (r *Reconciler) instance(name string) *instance {
	r.mu.Lock()
	i := r.instances[name]
	r.mu.Unlock()
	if i == nil {
		// Without the lock, which the others need, because it reads files.
		i = r.newInstance(name)
		r.mu.Lock()
		r.instances[name] = i
		r.mu.Unlock()
	}
	return i
}

// forget drops an instance that is stopped and whose file is gone.
func (r *Reconciler) forget(i *instance) error {
	r.mu.Lock()
	delete(r.instances, i.name)
	r.mu.Unlock()
	i.finishRecords(i.clock.Now())
	// After the status file, which says what the instance has.
	defer r.claims.release(i.name)
	return errors.Join(i.accounts.remove(), i.hands.Close())
}

// closeAll lets go of everything but Temporal.
func (r *Reconciler) closeAll() {
	r.queue.ShutDown()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, i := range r.instances {
		i.finishRecords(i.clock.Now())
		if err := i.hands.Close(); err != nil {
			r.options.Log.Error(err, "cannot close", "instance", i.name)
		}
	}
	if err := r.observer.Close(); err != nil {
		r.options.Log.Error(err, "cannot close the observer")
	}
}

// newInstance returns the memory of an instance that this daemon has not
// seen, with what the last daemon left in the status file.
func (r *Reconciler) newInstance(name string) *instance {
	home := r.options.Home
	i := &instance{name: name, log: r.options.Log.WithValues("instance", name), lookAt: r.options.lookAt}
	last, err := home.ReadStatus(name)
	if err != nil {
		i.log.Error(err, "the status of an earlier daemon is lost")
	}
	file := newSource(home, name, last, r.claims)
	i.resume(last, err != nil, file.object)
	i.eyes, i.wishes, i.clock = r.observer, file, clock.RealClock{}
	i.accounts, i.journal = &sink{path: home.Status(name)}, events.NewRecorder(home.Events(name))
	i.hands = actuator.New(actuator.Options{
		Identifier: r.observer,
		Env:        r.options.Env,
		OnExit:     i.noteExit(func() { r.queue.Add(name) }),
		OnDone:     i.noteDone(func() { r.queue.Add(name) }),
	})
	return i
}
