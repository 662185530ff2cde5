package local

import (
	"cmp"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// printWide prints everything about one instance: its message, its addresses
// and files, and its conditions.
func (s *session) printWide(look reconciler.Look) {
	object := look.Object
	fmt.Fprintf(s.stdout, "\n%s: %s\n", object.Name, object.Status.Message)
	table := tabwriter.NewWriter(s.stdout, 2, 0, 3, ' ', 0)
	for _, place := range places(look, s.home.Files(object.Name).Log) {
		fmt.Fprintf(table, "  %s\t%s\n", place[0], place[1])
	}
	table.Flush()
	for _, c := range object.Status.Conditions {
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\n", c.Type, c.Status, c.Reason, strings.ReplaceAll(c.Message, "\n", "; "))
	}
	table.Flush()
}

// places names each address and file of what serves. An address that is not
// served is "-", and so is the log of a server that is not ours.
func places(look reconciler.Look, log string) [][2]string {
	served := v1alpha1.EndpointsStatus{}
	if look.Object.Status.Endpoints != nil {
		served = *look.Object.Status.Endpoints
	}
	data := dataOf(look.Object)
	if external := look.Plan.External; external != nil {
		log, data = "-", externalData(*external)
	}
	return [][2]string{
		{"frontend", cmp.Or(served.Frontend, "-")},
		{"ui", cmp.Or(served.UI, "-")},
		{"http", cmp.Or(served.HTTP, "-")},
		{"metrics", cmp.Or(served.Metrics, "-")},
		{"log", log},
		{"data", data},
	}
}

// dataOf says where an instance has its workflows.
func dataOf(object *v1alpha1.Temporal) string {
	if storage := object.Status.Storage; storage != nil && storage.Path != "" {
		return storage.Path
	}
	return "in memory: workflows are lost when Temporal stops"
}

// externalData says where a Temporal that is not ours has its workflows.
func externalData(external observed.External) string {
	return cmp.Or(external.Database, "in memory") + ", of " + plan.Describe(external.Process) + ", which is not ours"
}
