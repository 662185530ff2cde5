package local

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
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
	names, err := s.names(ctx)
	if err != nil {
		return err
	}
	var outcome *exitError
	var plans []planned
	for _, name := range names {
		look, err := s.lookWith(ctx, name, reconciler.Looker{CountRunning: true, Thorough: true})
		if err != nil {
			return err
		}
		outcome = worse(outcome, outcomeOf(name, look))
		if s.structured() {
			plans = append(plans, newPlanned(name, look))
		} else if err := s.printPlan(name, look); err != nil {
			return err
		}
	}
	if s.structured() {
		if err := printItems(s.app, plans); err != nil {
			return err
		}
	}
	if len(names) == 0 {
		s.noteNoInstance()
	}
	if err := s.noteMissingDaemon(); err != nil {
		return err
	}
	if outcome != nil && (exitCode || outcome.code == exitUsage) {
		return outcome
	}
	return nil
}

// outcomeOf returns the exit code that an instance asks for with
// --exit-code; nil when all is as it should be. A file that is wrong is an
// error without the flag too.
func outcomeOf(name string, look reconciler.Look) *exitError {
	switch {
	case look.Problem != "" && look.Object == nil:
		return &exitError{exitUsage, fmt.Errorf("the desired file of %s is wrong, so nothing is done", name)}
	case look.Problem != "":
		return &exitError{exitUsage, fmt.Errorf("the desired file of %s is wrong; the last valid one stays in force", name)}
	case look.Plan.Remedy != "" && !mayHeal(look), lastAttempt(look) != "":
		return &exitError{exitUserAction, fmt.Errorf("%s waits for you", name)}
	case len(look.Plan.Actions) > 0:
		return &exitError{exitPending, errors.New("changes are pending")}
	case underWay(look):
		return &exitError{exitPending, fmt.Errorf("%s is not yet as it should be", name)}
	}
	return nil
}

// underWay reports whether something is left that happens by itself.
func underWay(look reconciler.Look) bool {
	return look.Object != nil && meta.IsStatusConditionTrue(look.Object.Status.Conditions, v1alpha1.ConditionReconciling)
}

// worse returns what a person should hear of first: a wrong file, then what
// they must do, then what will happen by itself.
func worse(a, b *exitError) *exitError {
	if a == nil || b != nil && b.code < a.code {
		return b
	}
	return a
}

// planned is a plan as JSON and YAML show it.
type planned struct {
	Name      string         `json:"name"`
	Situation plan.Situation `json:"situation"`
	Message   string         `json:"message"`
	Remedy    string         `json:"remedy,omitempty"`
	Problem   string         `json:"problem,omitempty"`
	// LastAttempt is what the daemon met when it did the same.
	LastAttempt string   `json:"lastAttempt,omitempty"`
	Actions     []string `json:"actions"`
}

func newPlanned(name string, look reconciler.Look) planned {
	p := planned{name, look.Plan.Situation, look.Plan.Message, look.Plan.Remedy, look.Problem, lastAttempt(look), []string{}}
	for _, action := range look.Plan.Actions {
		p.Actions = append(p.Actions, action.String())
	}
	return p
}

// lastAttempt says what the daemon met when it did what the plan says, and what only
// the user can mend; empty for nothing.
func lastAttempt(look reconciler.Look) string {
	if look.Told != nil && len(look.Plan.Actions) > 0 {
		return look.Told.Message
	}
	return ""
}

func (s *session) printPlan(name string, look reconciler.Look) error {
	if look.Problem != "" {
		fmt.Fprintln(s.stderr, look.Problem)
	}
	if look.Object == nil {
		_, err := fmt.Fprintf(s.stdout, "%s: nothing is known of it\n", name)
		return err
	}
	if _, err := fmt.Fprintf(s.stdout, "%s: %s", name, planText(look)); err != nil || look.Plan.Conflict == nil {
		return err
	}
	for _, line := range look.Plan.Conflict.Card(look.Input.Observed.Time) {
		fmt.Fprintln(s.stdout, "  "+line)
	}
	return nil
}

// planText returns the plan as it prints itself; where there is nothing to do
// only because something else has to come first, it says so.
func planText(look reconciler.Look) string {
	text := look.Plan.String()
	if told := lastAttempt(look); told != "" {
		return text + "  the last attempt: " + told + "\n"
	}
	if before, idle := strings.CutSuffix(text, "  nothing to do\n"); idle && underWay(look) {
		return before + "  waiting; nothing to do right now\n"
	}
	return text
}
