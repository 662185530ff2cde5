package encoding

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/stigmer/stigmer-local/api/redact"
	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

// judge validates and returns the faults with their lines, but for those of
// fields that are known to be faulty and were left out of the object.
func judge(root *yaml.Node, written, completed *v1alpha1.Temporal, known []Fault) []Fault {
	var faults []Fault
	for _, e := range v1alpha1.Validate(written, completed) {
		if !covered(e.Field, known) {
			faults = append(faults, faultOf(root, e))
		}
	}
	return faults
}

// covered reports whether a fault is known of the field, of one around it or
// of one in it.
func covered(path string, known []Fault) bool {
	for _, f := range known {
		if f.Field == path || within(path, f.Field) || within(f.Field, path) {
			return true
		}
	}
	return false
}

func within(path, parent string) bool {
	rest, ok := strings.CutPrefix(path, parent)
	return ok && (parent == "" || strings.HasPrefix(rest, ".") || strings.HasPrefix(rest, "["))
}

func faultOf(root *yaml.Node, e *field.Error) Fault {
	f := Fault{Line: lineOf(root, e.Field), Field: e.Field}
	if _, omitted := e.BadValue.(field.OmitValueType); !omitted && e.BadValue != nil && !(position{path: e.Field}).secret() {
		f.Value = shown(e.Field, fmt.Sprint(e.BadValue))
	}
	f.Problem, f.Remedy = explain(e, f.Value)
	return f
}

// shown returns a value without what looks like a secret. An argument that is
// no flag may be the value of the flag before it.
func shown(path, value string) string {
	if within(path, "spec.extraArgs") && !strings.HasPrefix(value, "-") {
		return ""
	}
	return redact.Text(value)
}

// explain splits "problem; remedy" and says the value where there is one.
func explain(e *field.Error, value string) (problem, remedy string) {
	problem = e.Detail
	if cut := strings.LastIndex(e.Detail, "; "); cut >= 0 {
		problem, remedy = e.Detail[:cut], e.Detail[cut+len("; "):]
	}
	switch e.Type {
	case field.ErrorTypeNotSupported:
		return "unsupported value " + quoteValue(value), strings.Replace(e.Detail, "supported values: ", "use one of ", 1)
	case field.ErrorTypeDuplicate:
		return "duplicate value " + quoteValue(value), "remove one of them"
	case field.ErrorTypeInvalid:
		if value != "" {
			problem = fmt.Sprintf("invalid value %s: %s", plainValue(e.BadValue, value), problem)
		}
	}
	return problem, remedy
}

// plainValue quotes texts and leaves numbers as they are.
func plainValue(bad any, text string) string {
	if _, isText := bad.(string); isText {
		return quoteValue(text)
	}
	return text
}
