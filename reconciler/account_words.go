package reconciler

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// objectOf returns what the action is about, as the plan prints it.
func objectOf(action plan.Action) string {
	reason := fmt.Sprintf(" (%s: %s)", action.Reason, action.Message)
	return strings.TrimPrefix(strings.TrimSuffix(action.String(), reason), string(action.Verb)+" ")
}

// subjectOf returns what tells one action from another that is not its
// repetition. Each start and each stop is about another process, and each
// backup makes another file.
func subjectOf(action plan.Action, object string) string {
	switch action.Verb {
	case plan.Start, plan.Terminate, plan.Kill, plan.WriteRecord:
		return ""
	case plan.Backup:
		return mask(object)
	}
	return object
}

// causeOf says why: the action's own reason, and what is going on if that
// says more.
func causeOf(action plan.Action, decision plan.Plan) string {
	situation := fmt.Sprintf("%s: %s", decision.Situation, decision.Message)
	if strings.Contains(situation, action.Message) {
		return situation
	}
	return fmt.Sprintf("%s (%s)", action.Message, situation)
}

// mask replaces every number, so that two texts that differ in a pid, a count
// or a time are the same.
func mask(text string) string {
	var b strings.Builder
	digits := false
	for _, r := range text {
		digit := r >= '0' && r <= '9'
		if digit && !digits {
			b.WriteByte('#')
		} else if !digit {
			b.WriteRune(r)
		}
		digits = digit
	}
	return b.String()
}

// changed names what differs between two desired objects, without the values;
// empty when there was none before.
func changed(before, now *v1alpha1.Temporal) string {
	if before == nil {
		return ""
	}
	old, fresh := fieldsOf(before), fieldsOf(now)
	var names []string
	for _, name := range slices.Sorted(maps.Keys(merged(old, fresh))) {
		if old[name] != fresh[name] {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return ": changed " + strings.Join(names, ", ")
}

// fieldsOf returns the fields of the spec, and the annotations that ask for
// something, each as text.
func fieldsOf(object *v1alpha1.Temporal) map[string]string {
	fields := map[string]string{}
	var spec map[string]json.RawMessage
	// What was decoded can be encoded; else no field is named.
	if data, err := json.Marshal(object.Spec); err == nil {
		_ = json.Unmarshal(data, &spec)
	}
	for name, value := range spec {
		fields["spec."+name] = string(value)
	}
	for _, name := range []string{v1alpha1.RestartedAtAnnotation, v1alpha1.RestoreAnnotation} {
		if value, found := object.Annotations[name]; found {
			fields["annotation "+name] = value
		}
	}
	return fields
}

func merged(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}
