package local

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/stigmer/stigmer-local/api/encoding"
	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/reconciler"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

func (a *app) restartCommand() *cobra.Command {
	var timeout time.Duration
	var yes bool
	c := &cobra.Command{
		Use:   "restart",
		Short: "Replace the running Temporal by a new one, or start a stopped one",
		Args:  noArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return a.restart(c.Context(), timeout, yes) },
	}
	c.Flags().DurationVar(&timeout, "timeout", time.Minute, "how long to wait until Temporal is ready")
	yesFlag(c, &yes)
	return c
}

func (a *app) restart(ctx context.Context, timeout time.Duration, yes bool) error {
	if err := checkTimeout(timeout); err != nil {
		return err
	}
	s, err := a.open()
	if err != nil {
		return err
	}
	defer s.close()
	before, err := s.lookCounting(ctx, s.name)
	if err != nil {
		return err
	}
	if before.Object == nil && before.Problem == "" {
		return s.unknownInstance()
	}
	if external := before.Plan.External; external != nil {
		return &exitError{exitUserAction, fmt.Errorf("cannot restart %s: it is not ours", plan.Describe(external.Process))}
	}
	if err := s.confirmLoss(ctx, before, "restart", yes); err != nil {
		return err
	}
	changes, err := s.confirmGivingUp(ctx, before, "restart", before.Plan.Missing.Instead, yes)
	if err != nil {
		return err
	}
	changes = append(changes,
		encoding.Change{Path: []string{"spec", "enabled"}, Value: true},
		encoding.Change{
			Path:  []string{"metadata", "annotations", v1alpha1.RestartedAtAnnotation},
			Value: time.Now().UTC().Format(time.RFC3339Nano),
		})
	makes := s.makesDatabase(ctx, changes)
	// The home may have been removed under the server.
	if _, err := reconciler.CreateHome(string(s.home)); err != nil {
		return &exitError{exitUserAction, err}
	}
	if err := s.editDesired(ctx, true, changes...); err != nil {
		return fmt.Errorf("cannot ask for a restart: %w", err)
	}
	if err := s.ensureDaemon(ctx, true); err != nil {
		return err
	}
	w := s.readyWaiter(timeout)
	w.then = func(_ *obstacle, look reconciler.Look) string { return restartedOrGoesOn(before, look) }
	look, err := w.wait(ctx)
	if err != nil {
		return err
	}
	how := "started"
	if before.Plan.Main != nil {
		how = "restarted,"
	}
	return s.printStarted(before, look, how, makes)
}

// restartedOrGoesOn says what becomes of an instance that waits for the user, and that the
// restart was made when it was.
func restartedOrGoesOn(before, look reconciler.Look) string {
	then := goesOn(look)
	if was, is := before.Plan.Main, look.Plan.Main; was != nil && is != nil && was.Identity != is.Identity {
		return fmt.Sprintf("it was restarted, as %s; %s", plan.Describe(*is), then)
	}
	return then
}
