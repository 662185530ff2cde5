package reconciler

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

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
	before, now = withoutDerived(before, now)
	old, fresh := fieldsOf(before), fieldsOf(asKept(before, now))
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

// withoutDerived returns copies of two complete objects without the ports that
// both have from spec.port: when that is all that was written, they only follow.
func withoutDerived(a, b *v1alpha1.Temporal) (*v1alpha1.Temporal, *v1alpha1.Temporal) {
	a, b = a.DeepCopy(), b.DeepCopy()
	ofA, ofB := derivedPorts(a), derivedPorts(b)
	for i, port := range derivablePorts(a) {
		other := derivablePorts(b)[i]
		if *port == ofA[i] && *other == ofB[i] {
			*port, *other = 0, 0
		}
	}
	return a, b
}

// derivablePorts are the ports that follow spec.port when they are not written.
func derivablePorts(object *v1alpha1.Temporal) []*int32 {
	return []*int32{&object.Spec.UI.Port, &object.Spec.HTTPPort, &object.Spec.MetricsPort}
}

// derivedPorts are the values of the derivable ports when none is written.
func derivedPorts(object *v1alpha1.Temporal) []int32 {
	bare := object.DeepCopy()
	for _, port := range derivablePorts(bare) {
		*port = 0
	}
	var values []int32
	for _, port := range derivablePorts(v1alpha1.Complete(bare, "/")) {
		values = append(values, *port)
	}
	return values
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
	for _, name := range []string{v1alpha1.RestartedAtAnnotation, v1alpha1.GiveUpAnnotation, v1alpha1.RestoreAnnotation, v1alpha1.RestoreDatabaseAnnotation} {
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
