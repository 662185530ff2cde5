package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/stigmer/stigmer-local/api/encoding"
	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

func (a *app) stopCommand() *cobra.Command {
	var timeout time.Duration
	var keepDaemon, yes bool
	c := &cobra.Command{
		Use:   "stop",
		Short: "Stop Temporal; its data stays",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.stop(c.Context(), timeout, keepDaemon, yes)
		},
	}
	c.Flags().DurationVar(&timeout, "timeout", time.Minute, "how long to wait until nothing of it is left")
	c.Flags().BoolVar(&keepDaemon, "keep-daemon", false, "leave the daemon running")
	yesFlag(c, &yes)
	return c
}

func (a *app) stop(ctx context.Context, timeout time.Duration, keepDaemon, yes bool) error {
	if err := checkTimeout(timeout); err != nil {
		return err
	}
	s, err := a.open()
	if err != nil {
		return err
	}
	defer s.close()
	// Before the edit: a quick daemon may be done with it right after.
	before, err := s.lookCounting(ctx, s.name)
	if err != nil {
		return err
	}
	if err := s.confirmLoss(ctx, before, "stop", yes); err != nil {
		return err
	}
	if err := s.disable(ctx, before); err != nil {
		return otherWay(err, s.home.Desired(s.name))
	}
	now, err := s.look(ctx, s.name)
	if err != nil {
		return err
	}
	if !isAccounted(now) {
		w := waiter{session: s, timeout: timeout, goal: "stopped", done: isAccounted, lost: isWantedAgain}
		if _, err := w.wait(ctx); err != nil {
			return err
		}
	}
	if !keepDaemon {
		if err := s.endUnneededDaemon(ctx); err != nil {
			return err
		}
	}
	if before.Object == nil {
		return s.printNothingToStop()
	}
	return s.printStopped(ctx, before)
}

// otherWay adds to why the file was not edited how to stop without an edit.
func otherWay(err error, path string) error {
	var invalid *encoding.InvalidError
	if errors.As(err, &invalid) {
		return fmt.Errorf("%w\nor stop without mending it: move the file away", err)
	}
	if !errors.Is(err, unix.ENOSPC) && !errors.Is(err, unix.EDQUOT) {
		return err
	}
	remedy := "free some space, then run the command again"
	if _, missing := os.Lstat(path); missing == nil {
		remedy = "free some space, or remove the file " + path + ": a file that stays removed for two seconds means stop"
	}
	return &exitError{exitUserAction, fmt.Errorf("%w\n%s", err, remedy)}
}

// disable writes that the instance should not run. Without a file to write
// that into, it makes one only when something is there to be stopped.
func (s *session) disable(ctx context.Context, before reconciler.Look) error {
	orphaned := before.Missing && before.Object != nil && !isStopped(before)
	if orphaned {
		if _, err := reconciler.CreateHome(string(s.home)); err != nil {
			return err
		}
	}
	if _, err := os.Lstat(s.home.Desired(s.name)); errors.Is(err, fs.ErrNotExist) && !orphaned {
		return nil
	}
	err := s.editDesired(ctx, orphaned, encoding.Change{Path: []string{"spec", "enabled"}, Value: false})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// isStopped reports whether the look shows that nothing of the instance lives.
func isStopped(look reconciler.Look) bool {
	return look.Problem == "" && (look.Object == nil || look.Plan.Situation == plan.Stopped)
}

// isAccounted reports whether the daemon, too, is done with the instance: what
// it does last comes together with its account of how the server ended.
func isAccounted(look reconciler.Look) bool {
	return isStopped(look) && len(look.Plan.Actions) == 0
}

// isWantedAgain says that somebody has started the instance meanwhile.
func isWantedAgain(look reconciler.Look) error {
	if look.Problem == "" && look.Object != nil && look.Input.Desired.Wanted() {
		return fmt.Errorf("%s was started again meanwhile: spec.enabled is true", look.Object.Name)
	}
	return nil
}

// endUnneededDaemon ends a daemon that a command started, unless another
// instance is wanted or still lives. Commands that need one wait meanwhile,
// and a file that is edited meanwhile is found afterwards.
func (s *session) endUnneededDaemon(ctx context.Context) error {
	_, info, known := s.daemon()
	if !known || !info.Detached {
		return nil
	}
	unlock, err := s.lockDaemonStart(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if running, err := s.daemonRuns(); !running || err != nil {
		// Another command has ended it meanwhile.
		return err
	}
	if needed, err := s.daemonNeeded(ctx); needed || err != nil {
		return err
	}
	if err := s.endDaemon(ctx); err != nil {
		return err
	}
	if needed, err := s.daemonNeeded(ctx); !needed || err != nil {
		return err
	}
	return s.startDaemon(ctx)
}

// daemonNeeded reports whether an instance is wanted or still lives.
func (s *session) daemonNeeded(ctx context.Context) (bool, error) {
	names, err := reconciler.Looker{Home: s.home}.Names()
	if err != nil {
		return true, fmt.Errorf("cannot tell whether the daemon is still needed: %w", err)
	}
	for _, name := range names {
		look, err := s.look(ctx, name)
		if err != nil || !isStopped(look) {
			return true, err
		}
	}
	return false, nil
}

func (s *session) printNothingToStop() error {
	return s.printResult(nil, s.name+" is not there: nothing to stop"+s.otherInstances())
}

// printStopped says what was stopped, and what that means for its data.
func (s *session) printStopped(ctx context.Context, before reconciler.Look) error {
	now, err := s.look(ctx, s.name)
	if err != nil {
		return err
	}
	if external := before.Plan.External; external != nil {
		return s.printResult(now.Object, fmt.Sprintf("%s no longer uses %s, which is not ours and goes on", s.name, plan.Describe(external.Process))+s.restoreWaits(now))
	}
	if before.Plan.Main == nil {
		return s.printResult(now.Object, s.name+" is stopped; it was not running"+s.restoreWaits(now))
	}
	data := "its data stays"
	running, counted := before.Input.Observed.Server.Running.Get()
	switch {
	case before.Plan.LostFile != observed.Absent:
		data = s.whatBecameOf(before)
	case before.Plan.Verdict(v1alpha1.ConditionDatabaseFile).Reason == plan.DatabaseOverwritten:
		data = fmt.Sprintf("its database was written over: see '%s'", s.command("backups"))
	case before.Plan.Volatile:
		data = "its workflows were in memory and are gone"
	case counted && running > 0:
		data += ", and " + workflows(running) + " can go on after the next start"
	}
	return s.printResult(now.Object, fmt.Sprintf("%s is stopped (it was %s); %s", s.name, before.Plan.Main, data)+s.restoreWaits(now))
}

// restoreWaits says that a restore was asked for and not carried out, and how it
// is given up; empty when there is none.
func (s *session) restoreWaits(look reconciler.Look) string {
	restore := look.Plan.Restore
	giveUp := fmt.Sprintf("to give that up, remove the annotation %s from %s", v1alpha1.RestoreAnnotation, s.home.Desired(s.name))
	switch {
	case restore.Begun:
		return "\n  " + restore.String()
	case restore.Backup == "" || look.Missing:
		return ""
	case restore.Problem != "":
		return fmt.Sprintf("\n  %s; %s", restore, giveUp)
	}
	return fmt.Sprintf("\n  %s is still to be restored, at the next start; %s", restore.Backup, giveUp)
}

// whatBecameOf says what became of the data that a server had alone, or may have.
func (s *session) whatBecameOf(before reconciler.Look) string {
	from, uncertain := before.Plan.Origin, before.Plan.LostFile == observed.Unknown
	now, is := whereNow(from), "is in"
	if uncertain {
		is = "may be in"
	}
	switch {
	case s.savedSince(before.Plan.Main.Started):
		return fmt.Sprintf("what it had is in a backup: see '%s'", s.command("backups"))
	case now != "":
		return fmt.Sprintf("what was in %s %s %s", from.Named, is, strings.Join(append([]string{now}, leftBehind(from)...), " and "))
	case uncertain:
		return "it may have been the only one that had what was in " + from.Named
	}
	return "what was in " + from.Named + " is gone with it"
}

// leftBehind returns what of a database that was renamed under its server lies by
// its old name, by which SQLite looks for it.
func leftBehind(from plan.Origin) []string {
	if from.Another.Path != "" && slices.ContainsFunc(observed.CompanionPaths(from.Another.Path), exists) {
		return nil
	}
	return slices.DeleteFunc(observed.CompanionPaths(from.Path), func(path string) bool { return !exists(path) })
}
