package v1alpha1_test

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

const home = "/home/ada/.stigmer"

// valid returns the object that every row of a table changes in one point.
func valid() *v1alpha1.Temporal {
	t := v1alpha1.New("orders")
	t.Spec.Port = 7300
	return t
}

// row is one mutation of the valid object and the one fault it must have.
type row struct {
	name   string
	mutate func(t *v1alpha1.Temporal)
	// path of the fault; empty when there must be none.
	path string
	// says is a part of the fault's text.
	says string
}

func spec(mutate func(s *v1alpha1.TemporalSpec)) func(*v1alpha1.Temporal) {
	return func(t *v1alpha1.Temporal) { mutate(&t.Spec) }
}

func check(t *testing.T, rows []row) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			written := valid()
			r.mutate(written)
			faults := validate(written)
			if r.path == "" {
				if len(faults) != 0 {
					t.Errorf("faults of a valid object: %v", faults.ToAggregate())
				}
				return
			}
			if len(faults) != 1 {
				t.Fatalf("want one fault of %s, got %v", r.path, faults.ToAggregate())
			}
			if faults[0].Field != r.path || !strings.Contains(faults[0].Error(), r.says) {
				t.Errorf("want %s: …%s…\ngot  %s", r.path, r.says, faults[0])
			}
		})
	}
}

func validate(written *v1alpha1.Temporal) field.ErrorList {
	return v1alpha1.Validate(written, v1alpha1.Complete(written, home))
}
