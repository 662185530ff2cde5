package local

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"
	"sigs.k8s.io/yaml"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
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
	names, err := s.names()
	if err != nil {
		return err
	}
	var objects []*v1alpha1.Temporal
	for _, name := range names {
		look, err := s.look(ctx, name)
		switch {
		case err != nil:
			return err
		case look.Object != nil:
			objects = append(objects, look.Object)
		case look.Problem != "":
			fmt.Fprintln(s.stderr, look.Problem)
		}
	}
	if len(objects) == 0 {
		fmt.Fprintln(s.stderr, "no instance is known; start one with 'stigmer local'")
	}
	running, err := s.daemonRuns()
	if err != nil {
		return err
	}
	if !running {
		fmt.Fprintln(s.stderr, "no daemon runs, so nothing is kept up; this is what this command sees itself. 'stigmer local' starts one")
	}
	return s.printAll(objects)
}

// printAll prints objects in the format that was asked for.
func (s *session) printAll(objects []*v1alpha1.Temporal) error {
	switch {
	case s.output == "text" || s.output == "wide":
		return s.printTable(objects)
	case len(objects) == 1:
		return s.printObject(objects[0])
	}
	return s.printValue(map[string]any{"apiVersion": "v1", "kind": "List", "items": objects})
}

func (s *session) printObject(object *v1alpha1.Temporal) error { return s.printValue(object) }

// printValue prints any value as JSON or YAML.
func (a *app) printValue(value any) error {
	data, err := json.MarshalIndent(value, "", "  ")
	if err == nil && a.output == "yaml" {
		data, err = yaml.JSONToYAML(data)
	}
	if err != nil {
		return fmt.Errorf("cannot print as %s: %w", a.output, err)
	}
	_, err = fmt.Fprintln(a.stdout, strings.TrimRight(string(data), "\n"))
	return err
}

func (s *session) printTable(objects []*v1alpha1.Temporal) error {
	if len(objects) == 0 {
		return nil
	}
	table := tabwriter.NewWriter(s.stdout, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "NAME\tREADY\tSITUATION\tFRONTEND\tUI\tPID\tAGE\tRESTARTS")
	for _, object := range objects {
		fmt.Fprintln(table, strings.Join(row(object, time.Now()), "\t"))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, object := range objects {
		s.printDetails(object)
	}
	return nil
}

// row is one instance's line.
func row(object *v1alpha1.Temporal, now time.Time) []string {
	status := object.Status
	frontend, ui, pid, age := "-", "-", "-", "-"
	if status.Endpoints != nil {
		frontend = status.Endpoints.Frontend
		if status.Endpoints.UI != "" {
			ui = status.Endpoints.UI
		}
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

// printDetails prints the conditions with -o wide, and otherwise the message
// of an instance that is not what it should be.
func (s *session) printDetails(object *v1alpha1.Temporal) {
	if s.output == "wide" {
		fmt.Fprintf(s.stdout, "\n%s: %s\n", object.Name, object.Status.Message)
		table := tabwriter.NewWriter(s.stdout, 2, 0, 3, ' ', 0)
		for _, c := range object.Status.Conditions {
			fmt.Fprintf(table, "  %s\t%s\t%s\t%s\n", c.Type, c.Status, c.Reason, c.Message)
		}
		table.Flush()
		return
	}
	for _, c := range object.Status.Conditions {
		wrong := c.Type == v1alpha1.ConditionDesiredStateValid && c.Status == metav1.ConditionFalse ||
			c.Type == v1alpha1.ConditionReady && c.Status != metav1.ConditionTrue
		if wrong {
			fmt.Fprintf(s.stderr, "%s: %s: %s\n", object.Name, c.Type, c.Message)
		}
	}
}
