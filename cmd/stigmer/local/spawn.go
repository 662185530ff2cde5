package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/actuator"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

const (
	// daemonPatience is how long a daemon may take to take its lock, and to
	// let it go after it was asked to end.
	daemonPatience = 10 * time.Second
	daemonLook     = 5 * time.Millisecond
)

// ensureDaemon makes sure that a daemon runs. With renew, a daemon that was
// started by a command of another version, or that looks for Temporal
// elsewhere, is replaced: a command asks for that once, at its start, so that
// two different ones do not replace each other's daemons for ever. Commands
// that race start one.
func (s *session) ensureDaemon(ctx context.Context, renew bool) error {
	enough := func() (bool, error) {
		running, err := s.daemonWorks(ctx)
		return running && !(renew && s.daemonOutdated()), err
	}
	if ok, err := enough(); ok || err != nil {
		return err
	}
	unlock, err := s.lockDaemonStart(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if ok, err := enough(); ok || err != nil {
		return err
	}
	if running, err := s.daemonRuns(); err != nil {
		return err
	} else if running {
		if err := s.endDaemon(ctx); err != nil {
			return err
		}
	}
	return s.startDaemon(ctx)
}

// lockDaemonStart keeps other commands from starting or ending a daemon.
func (s *session) lockDaemonStart(ctx context.Context) (func(), error) {
	return lockFile(ctx, filepath.Join(string(s.home), ".daemon-start.lock"))
}

// daemonWorks reports whether a daemon runs, and an error when what holds its
// lock is no daemon that could do anything.
func (s *session) daemonWorks(ctx context.Context) (bool, error) {
	running, err := s.daemonRuns()
	if !running || err != nil {
		return false, err
	}
	// A daemon that has just taken its lock has not said yet who it is.
	ctx, cancel := context.WithTimeout(ctx, blockedFor)
	defer cancel()
	tick := time.NewTicker(daemonLook)
	defer tick.Stop()
	for {
		holder := s.daemonHolder()
		process, _, known := s.daemonFrom(holder)
		switch {
		case !holder.IsKnown() || s.looksLikeDaemon(holder.Value):
			// Where the platform, or a container, does not show the holder,
			// the lock itself has to do; and what a daemon says of itself
			// may be lost on a full disk.
			return s.daemonRuns()
		case known && process.State == observed.StateStopped:
			return false, &exitError{exitUserAction, fmt.Errorf("the daemon (%s) is stopped by a signal or a debugger; let it go on with 'kill -CONT %d'", process, process.PID)}
		case known:
			return true, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			if running, err := s.daemonRuns(); !running || err != nil {
				return false, err
			}
			return false, &exitError{exitUserAction, fmt.Errorf("%s is held by %s, which is not a daemon; end it", s.home.DaemonLock(), plan.Describe(holder.Value))}
		}
	}
}

// looksLikeDaemon reports whether the process runs "stigmer local daemon" and
// has not said who it is.
func (s *session) looksLikeDaemon(p observed.Process) bool {
	info, err := s.home.ReadDaemonInfo()
	return slices.Contains(p.Args, "daemon") && p.State != observed.StateStopped && (err != nil || info.Identity.IsZero())
}

// daemonOutdated reports whether the daemon was started by a command of
// another version, or with another $STIGMER_TEMPORAL than this one's. To
// replace it costs nothing: Temporal does not notice.
func (s *session) daemonOutdated() bool {
	_, info, known := s.daemon()
	wanted := search().Override
	return known && info.Detached && (info.Version != version() || wanted != "" && info.Temporal != wanted)
}

// startDaemon starts a detached daemon and returns when it has its lock.
func (s *session) startDaemon(ctx context.Context) error {
	if err := actuator.SealDescriptors(); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("cannot find this program: %w", err)
	}
	log, err := openDaemonLog(s.home.DaemonLog())
	if err != nil {
		return err
	}
	defer log.Close()
	daemon := exec.Command(self, "local", "daemon", "--detached", "--home", string(s.home))
	daemon.Dir = "/"
	daemon.Stdout, daemon.Stderr = log, log
	daemon.Env = withoutMarks(os.Environ())
	daemon.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := daemon.Start(); err != nil {
		return fmt.Errorf("cannot start the daemon: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- daemon.Wait() }()
	return s.awaitDaemon(ctx, ended)
}

// awaitDaemon returns when a daemon has the lock.
func (s *session) awaitDaemon(ctx context.Context, ended <-chan error) error {
	var exit error
	gone := false
	err := s.awaitLock(ctx, true, func() bool {
		select {
		case exit = <-ended:
			gone = true
		default:
		}
		return gone
	})
	if running, _ := s.daemonRuns(); gone && !running {
		if exit == nil {
			// It found the lock taken, and no daemon has it: a shared lock.
			return &exitError{exitUserAction, fmt.Errorf("something else locks %s; find it with 'fuser %[1]s' and end it", s.home.DaemonLock())}
		}
		return fmt.Errorf("the daemon ended at once (%w); %s says why", exit, s.home.DaemonLog())
	}
	if err != nil {
		return fmt.Errorf("the daemon did not take its lock: %w; %s may say why", err, s.home.DaemonLog())
	}
	return nil
}

// awaitLock waits until the daemon lock is held, or is free. It ends early
// without an error when hopeless says so.
func (s *session) awaitLock(ctx context.Context, held bool, hopeless func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, daemonPatience)
	defer cancel()
	tick := time.NewTicker(daemonLook)
	defer tick.Stop()
	for {
		giveUp := hopeless()
		running, err := s.daemonRuns()
		if err != nil || running == held || giveUp {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// endDaemon ends the daemon and returns when its lock is free. Temporal goes on.
func (s *session) endDaemon(ctx context.Context) error {
	process, _, known := s.daemon()
	if !known {
		return errors.New("cannot end the daemon: it cannot be told which process it is; see 'stigmer local status'")
	}
	// One process, never its group: a daemon that a terminal runs shares its
	// group with others.
	process.ProcessGroup = 0
	hands := actuator.New(actuator.Options{Identifier: s.observer, OnExit: func(observed.Identity, actuator.Exit) {}})
	outcome := hands.Do(ctx, plan.Action{Verb: plan.Terminate, Target: process, Reason: "NotNeeded"})
	if err := errors.Join(outcome.Err, hands.Close()); err != nil {
		return fmt.Errorf("cannot end the daemon: %w", err)
	}
	if err := s.awaitLock(ctx, false, func() bool { return false }); err != nil {
		return fmt.Errorf("the daemon (%s) did not end: %w", process, err)
	}
	return nil
}
