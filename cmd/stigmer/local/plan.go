package local

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/stigmer/stigmer-local/reconciler"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

func (a *app) planCommand() *cobra.Command {
	var exitCode bool
	c := &cobra.Command{
		Use:   "plan",
		Short: "Show what the daemon would do now, and why",
		Args:  noArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return a.plan(c.Context(), exitCode) },
	}
	c.Flags().BoolVar(&exitCode, "exit-code", false, "exit with 5 when there is something to do")
	return c
}

func (a *app) plan(ctx context.Context, exitCode bool) error {
	s, err := a.open()
	if err != nil {
		return err
	}
	defer s.close()
	names, err := s.names()
	if err != nil {
		return err
	}
	pending := false
	for _, name := range names {
		look, err := s.look(ctx, name)
		if err != nil {
			return err
		}
		pending = pending || len(look.Plan.Actions) > 0
		if err := s.printPlan(name, look); err != nil {
			return err
		}
	}
	if len(names) == 0 {
		fmt.Fprintln(s.stderr, "no instance is known; start one with 'stigmer local'")
	}
	if pending && exitCode {
		return &exitError{exitPending, errors.New("changes are pending")}
	}
	return nil
}

// planned is a plan as JSON and YAML show it.
type planned struct {
	Name      string         `json:"name"`
	Situation plan.Situation `json:"situation"`
	Message   string         `json:"message"`
	Remedy    string         `json:"remedy,omitempty"`
	Problem   string         `json:"problem,omitempty"`
	Actions   []string       `json:"actions"`
}

func (s *session) printPlan(name string, look reconciler.Look) error {
	if s.output == "json" || s.output == "yaml" {
		p := planned{name, look.Plan.Situation, look.Plan.Message, look.Plan.Remedy, look.Problem, []string{}}
		for _, action := range look.Plan.Actions {
			p.Actions = append(p.Actions, action.String())
		}
		return s.printValue(p)
	}
	if look.Problem != "" {
		fmt.Fprintln(s.stderr, look.Problem)
	}
	if look.Object == nil {
		_, err := fmt.Fprintf(s.stdout, "%s: nothing is known of it\n", name)
		return err
	}
	_, err := fmt.Fprintf(s.stdout, "%s: %s", name, look.Plan)
	return err
}
