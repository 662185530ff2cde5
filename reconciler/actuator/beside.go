package actuator

import (
	"context"
	"errors"
	"time"

	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// job is work that takes longer than a pass may, and is done beside them.
type job struct {
	// key tells jobs apart: of those with one key only one is under way.
	key string
	// limit bounds it, and pause is how long it is not begun again after it has
	// failed: whoever plans asks at every look.
	limit, pause time.Duration
	work         func(ctx context.Context) error
}

// beside begins the job of the action, unless it is under way or has failed a
// short time ago. It returns at once; OnDone is told how the job ended.
func (a *Actuator) beside(action plan.Action, j job) error {
	if err := a.enter(); err != nil {
		return err
	}
	if !a.beginJob(j) {
		a.wg.Done()
		return nil
	}
	go func() {
		defer a.wg.Done()
		ctx, cancel := context.WithTimeoutCause(context.Background(), j.limit, errors.New("it took too long"))
		defer cancel()
		stop := a.onClose(cancel)
		err := j.work(ctx)
		open := stop()
		a.endJob(j, err)
		if open && a.opts.OnDone != nil {
			a.opts.OnDone(action, err)
		}
	}()
	return nil
}

// beginJob reports whether the job is not under way, nor has failed a short
// time ago.
func (a *Actuator) beginJob(j job) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	if now.Before(a.jobs[j.key]) {
		return false
	}
	a.jobs[j.key] = now.Add(j.limit + j.pause) // until endJob
	return true
}

func (a *Actuator) endJob(j job, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.jobs, j.key)
	if err != nil && j.pause > 0 {
		a.jobs[j.key] = time.Now().Add(j.pause)
	}
}

// onClose calls f when the actuator is closed. The function that it returns ends
// that, and reports whether it was still open.
func (a *Actuator) onClose(f func()) (stop func() bool) {
	ended := make(chan struct{})
	over := make(chan struct{})
	go func() {
		defer close(over)
		select {
		case <-a.done:
			f()
		case <-ended:
		}
	}()
	return func() bool {
		close(ended)
		<-over
		select {
		case <-a.done:
			return false
		default:
			return true
		}
	}
}
