package local

import (
	"cmp"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

// printWide prints everything about one instance: its message, its addresses
// and files, and its conditions.
func (s *session) printWide(object *v1alpha1.Temporal) {
	fmt.Fprintf(s.stdout, "\n%s: %s\n", object.Name, object.Status.Message)
	table := tabwriter.NewWriter(s.stdout, 2, 0, 3, ' ', 0)
	for _, place := range places(object, s.home.Files(object.Name).Log) {
		fmt.Fprintf(table, "  %s\t%s\n", place[0], place[1])
	}
	table.Flush()
	for _, c := range object.Status.Conditions {
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\n", c.Type, c.Status, c.Reason, strings.ReplaceAll(c.Message, "\n", "; "))
	}
	table.Flush()
}

// places names each address and file of an instance. An address that is not
// served is "-".
func places(object *v1alpha1.Temporal, log string) [][2]string {
	served := v1alpha1.EndpointsStatus{}
	if object.Status.Endpoints != nil {
		served = *object.Status.Endpoints
	}
	return [][2]string{
		{"frontend", cmp.Or(served.Frontend, "-")},
		{"ui", cmp.Or(served.UI, "-")},
		{"http", cmp.Or(served.HTTP, "-")},
		{"metrics", cmp.Or(served.Metrics, "-")},
		{"log", log},
		{"data", dataOf(object)},
	}
}

// dataOf says where an instance has its workflows.
func dataOf(object *v1alpha1.Temporal) string {
	if storage := object.Status.Storage; storage != nil && storage.Path != "" {
		return storage.Path
	}
	return "in memory: workflows are lost when Temporal stops"
}
