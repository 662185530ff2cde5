package actuator

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/failpoint"
)

// reopenEvery is how often the handle on a child is tried again when the
// machine had no descriptor left for it. Nobody else can reap the child, so
// nothing is lost by waiting.
const reopenEvery = 20 * time.Millisecond

// Watch makes OnExit tell when the process ends. Watching a process again, or
// watching one that was started here, changes nothing. The error is a
// *GoneError when the process has ended already (OnExit is not called then),
// an *IdentityChangedError when the pid is another's now.
func (a *Actuator) Watch(id observed.Identity) error {
	if err := a.enter(); err != nil {
		return fmt.Errorf("cannot watch %s: %w", id, err)
	}
	if a.watching(id) {
		a.wg.Done()
		return nil
	}
	h, err := a.hold(id)
	if err != nil {
		a.wg.Done()
		return fmt.Errorf("cannot watch %s: %w", id, err)
	}
	if !a.register(id, h) {
		h.close()
		a.wg.Done()
		return nil
	}
	failpoint.Reached("adopt/watched")
	go func() {
		defer a.wg.Done()
		a.follow(id, h, adopted)
	}()
	return nil
}

// enter counts one more goroutine, or says that it is too late for one.
func (a *Actuator) enter() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return &ClosedError{}
	}
	a.wg.Add(1)
	return nil
}

func (a *Actuator) watching(id observed.Identity) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, found := a.watches[id]
	return found
}

// register reports whether the watch is the first on this process and the
// actuator is still open.
func (a *Actuator) register(id observed.Identity, h *handle) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, found := a.watches[id]; found || a.closed {
		return false
	}
	a.watches[id] = h
	return true
}

// hold takes a handle on the process and then makes sure that the handle is on
// that process: the pid cannot have been reused in between, because a handle
// whose process still lives after the identity was read pins what was read.
func (a *Actuator) hold(id observed.Identity) (*handle, error) {
	h, err := openHandle(id.PID)
	if errors.Is(err, unix.ESRCH) {
		return nil, &GoneError{Identity: id}
	}
	if err != nil {
		return nil, fmt.Errorf("cannot take hold of it: %w", err)
	}
	got, err := a.opts.Identifier.Identify(id.PID)
	switch {
	case h.ended():
		err = &GoneError{Identity: id}
	case err != nil:
		err = fmt.Errorf("cannot tell who it is: %w", err)
	case got != id:
		err = &IdentityChangedError{Want: id, Got: got}
	}
	if err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

// claim notes a new child as watched before anybody can ask to watch it, so
// that it is reaped by the one watch that knows how.
func (a *Actuator) claim(id observed.Identity) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.watches[id] = nil
}

// attach gives a claimed child its handle; false means that the actuator is
// closed.
func (a *Actuator) attach(id observed.Identity, h *handle) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.closed {
		a.watches[id] = h
	}
	return !a.closed
}

// followChild watches a claimed child. The caller has called enter. When Close
// comes first, a child that has ended by then is still reaped.
func (a *Actuator) followChild(id observed.Identity) {
	defer a.wg.Done()
	h, err := openHandle(id.PID)
	for err != nil && !errors.Is(err, unix.ESRCH) {
		select {
		case <-a.done:
			reap(id.PID, unix.WNOHANG)
			return
		case <-time.After(reopenEvery):
			h, err = openHandle(id.PID)
		}
	}
	switch {
	case err != nil: // macOS has no handle on a zombie
		if exit := reap(id.PID, 0); a.forget(id) {
			a.report(id, exit)
		}
	case a.attach(id, h):
		a.follow(id, h, child)
	default:
		h.close()
		reap(id.PID, unix.WNOHANG)
	}
}

// follow waits until the process ends or Close gives up on it.
func (a *Actuator) follow(id observed.Identity, h *handle, kind kinship) {
	exit, ended := h.wait(kind)
	open := a.forget(id)
	h.close()
	switch {
	case ended && open:
		a.report(id, exit)
	case !ended && kind == child:
		reap(id.PID, unix.WNOHANG)
	}
}

// forget ends the watch; false means that the actuator is closed.
func (a *Actuator) forget(id observed.Identity) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.watches, id)
	return !a.closed
}

func (a *Actuator) report(id observed.Identity, exit Exit) {
	if a.opts.OnExit != nil {
		a.opts.OnExit(id, exit)
	}
}
