package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/stigmer/stigmer-local/observer"
	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// session is one command's view of one home.
type session struct {
	*app
	home     reconciler.Home
	observer *observer.Observer
	disk     reconciler.Disk
}

// open returns a session on a home that may not exist yet.
func (a *app) open() (*session, error) { return a.session(reconciler.OpenHome) }

// create returns a session on a home that exists afterwards.
func (a *app) create() (*session, error) { return a.session(reconciler.CreateHome) }

func (a *app) session(open func(string) (reconciler.Home, error)) (*session, error) {
	if len(validation.IsDNS1123Label(a.name)) > 0 {
		return nil, usageError("cannot use --name %q: use at most 63 lower case letters, digits and dashes, and no dash at an end", a.name)
	}
	path, err := a.homePath()
	if err != nil {
		return nil, err
	}
	home, err := open(path)
	if err != nil {
		return nil, &exitError{exitUserAction, err}
	}
	return &session{app: a, home: home, observer: observer.New(observer.Options{})}, nil
}

func (s *session) close() { s.observer.Close() }

// search says where this process looks for Temporal.
func search() reconciler.Search {
	found := reconciler.Search{Override: os.Getenv("STIGMER_TEMPORAL")}
	if self, err := os.Executable(); err == nil {
		found.Beside = filepath.Dir(self)
	}
	return found
}

// daemonRuns reports whether a process holds the daemon lock.
func (s *session) daemonRuns() (bool, error) {
	lock := s.observer.LockHolder(s.home.DaemonLock())
	if lock.IsUnknown() {
		return false, &exitError{exitUserAction, fmt.Errorf("cannot tell whether a daemon runs: %s; make %s a regular file, or remove it", lock.Reason, s.home.DaemonLock())}
	}
	return lock.IsKnown(), nil
}

// daemon returns the living daemon's process and what it says of itself.
func (s *session) daemon() (observed.Process, reconciler.DaemonInfo, bool) {
	return s.daemonFrom(s.daemonHolder())
}

// daemonHolder returns who holds the daemon lock; Unknown when nobody does,
// or nobody who can be seen.
func (s *session) daemonHolder() observed.Fact[observed.Process] {
	return s.observer.LockHolder(s.home.DaemonLock()).Value.Holder
}

// daemonFrom is daemon for a holder that was looked up already.
func (s *session) daemonFrom(holder observed.Fact[observed.Process]) (observed.Process, reconciler.DaemonInfo, bool) {
	if !holder.IsKnown() {
		return observed.Process{}, reconciler.DaemonInfo{}, false
	}
	info, err := s.home.ReadDaemonInfo()
	return holder.Value, info, err == nil && holder.Value.Identity == info.Identity
}

// look looks at one instance.
func (s *session) look(ctx context.Context, name string) (reconciler.Look, error) {
	return s.lookWith(ctx, name, reconciler.Looker{})
}

// lookCounting looks at one instance and counts its running workflows.
func (s *session) lookCounting(ctx context.Context, name string) (reconciler.Look, error) {
	return s.lookWith(ctx, name, reconciler.Looker{CountRunning: true})
}

func (s *session) lookWith(ctx context.Context, name string, looker reconciler.Looker) (reconciler.Look, error) {
	running, err := s.daemonRuns()
	if err != nil {
		return reconciler.Look{}, err
	}
	looker.Home, looker.Search, looker.Observer, looker.DaemonRuns = s.home, search(), s.observer, running
	looker.Disk = &s.disk
	return looker.Look(ctx, name)
}

// command returns a command line for the instance.
func (s *session) command(rest string) string { return plan.Command(s.name, rest) }

// names returns the instances that the command is about: the one that
// --name names, or all. One whose files were removed under it is among them.
func (s *session) names(ctx context.Context) ([]string, error) {
	names, err := s.known()
	if err != nil {
		return nil, err
	}
	if !slices.Contains(names, s.name) {
		look, err := s.look(ctx, s.name)
		if err != nil {
			return nil, err
		}
		if look.Object != nil {
			names = append(names, s.name)
		}
	}
	if !s.named {
		return names, nil
	}
	if !slices.Contains(names, s.name) {
		return nil, s.unknownInstance()
	}
	return []string{s.name}, nil
}

// known returns the instances that have a file, in order.
func (s *session) known() ([]string, error) {
	names, err := reconciler.Looker{Home: s.home}.Names()
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	slices.Sort(names)
	return names, err
}

// unknownInstance is the error of a command about an instance that is not there.
func (s *session) unknownInstance() error {
	others := s.otherInstances()
	if others == "" {
		others = fmt.Sprintf("; '%s' starts it", s.command(""))
	}
	return fmt.Errorf("there is no instance %q in %s%s", s.name, s.home, others)
}

// otherInstances names those that there are, after a sentence about one that is
// not; empty for none.
func (s *session) otherInstances() string {
	names, err := s.known()
	if err != nil || len(names) == 0 {
		return ""
	}
	return "; there are: " + strings.Join(names, ", ")
}

// noteNoInstance says that there is none, and where.
func (s *session) noteNoInstance() {
	fmt.Fprintf(s.stderr, "no instance is known in %s; start one with 'stigmer local'\n", s.home)
}
