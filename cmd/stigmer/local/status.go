package local

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/reconciler"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

func (a *app) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Show what runs",
		Args:  noArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return a.status(c.Context()) },
	}
}

func (a *app) status(ctx context.Context) error {
	s, err := a.open()
	if err != nil {
		return err
	}
	defer s.close()
	for _, file := range s.ignoredFiles() {
		fmt.Fprintln(s.stderr, file)
	}
	names, err := s.names(ctx)
	if err != nil {
		return err
	}
	var looks []reconciler.Look
	for _, name := range names {
		look, err := s.lookWith(ctx, name, reconciler.Looker{Thorough: true})
		switch {
		case err != nil:
			return err
		case look.Object != nil:
			looks = append(looks, look)
		case look.Problem != "":
			fmt.Fprintln(s.stderr, look.Problem)
		}
	}
	if len(looks) == 0 {
		s.noteNoInstance()
	}
	if err := s.noteMissingDaemon(); err != nil {
		return err
	}
	return s.printAll(looks)
}

// noteMissingDaemon says when nobody carries out what a command shows.
func (s *session) noteMissingDaemon() error {
	running, err := s.daemonRuns()
	if err == nil && !running {
		fmt.Fprintln(s.stderr, "no daemon runs, so nothing is kept up; this is what this command sees itself. 'stigmer local' starts one")
	}
	return err
}

// printAll prints what was seen in the format that was asked for.
func (s *session) printAll(looks []reconciler.Look) error {
	if !s.structured() {
		return s.printTable(looks)
	}
	var objects []*v1alpha1.Temporal
	for _, look := range looks {
		objects = append(objects, look.Object)
	}
	return printItems(s.app, objects)
}

func (s *session) printTable(looks []reconciler.Look) error {
	if len(looks) == 0 {
		return nil
	}
	table := tabwriter.NewWriter(s.stdout, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "NAME\tREADY\tSITUATION\tFRONTEND\tUI\tPID\tAGE\tRESTARTS")
	for _, look := range looks {
		fmt.Fprintln(table, strings.Join(row(look.Object, time.Now()), "\t"))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, look := range looks {
		s.printDetails(look)
	}
	return nil
}

// row is one instance's line. Only what is served has an address: what the file
// asks for may not be there yet.
func row(object *v1alpha1.Temporal, now time.Time) []string {
	status := object.Status
	frontend, ui, pid, age := "-", "-", "-", "-"
	if status.Endpoints != nil {
		frontend = cmp.Or(status.Endpoints.Frontend, "-")
		ui = cmp.Or(status.Endpoints.UI, "-")
	}
	if status.Process != nil {
		pid = fmt.Sprint(status.Process.PID)
		age = duration.HumanDuration(now.Sub(status.Process.StartTime.Time))
	}
	ready := metav1.ConditionUnknown
	if c := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionReady); c != nil {
		ready = c.Status
	}
	return []string{object.Name, string(ready), status.Situation, frontend, ui, pid, age, fmt.Sprint(status.RestartCount)}
}

// printDetails prints everything with -o wide, and otherwise the message of an
// instance that is not what it should be.
func (s *session) printDetails(look reconciler.Look) {
	if s.output == "wide" {
		s.printWide(look)
		return
	}
	object := look.Object
	for _, c := range object.Status.Conditions {
		switch {
		case c.Type == v1alpha1.ConditionDesiredStateValid && c.Status == metav1.ConditionFalse:
			fmt.Fprintf(s.stderr, "%s: %s\n", object.Name, c.Message)
		case c.Type == v1alpha1.ConditionReady && c.Status != metav1.ConditionTrue && object.Status.Situation != string(plan.Stopped):
			fmt.Fprintf(s.stderr, "%s: not ready: %s\n", object.Name, object.Status.Message)
		}
	}
}
