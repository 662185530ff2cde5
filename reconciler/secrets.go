package reconciler

import (
	"maps"
	"slices"
	"strings"

	"github.com/stigmer/stigmer-local/api/redact"
	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

// concealed returns the object without the values of spec.env that look like
// secrets: a copy when there are any. What is kept or shown is concealed; the
// user's file is the only place where such a value stands.
func concealed(object *v1alpha1.Temporal) *v1alpha1.Temporal {
	if object == nil || !slices.ContainsFunc(slices.Collect(maps.Keys(object.Spec.Env)), func(name string) bool {
		return redact.IsSecret(name, object.Spec.Env[name])
	}) {
		return object
	}
	object = object.DeepCopy()
	for name, value := range object.Spec.Env {
		if redact.IsSecret(name, value) {
			object.Spec.Env[name] = redact.Hidden
		}
	}
	return object
}

// notKept names the variables of an object from a status file whose values are
// not in there.
func notKept(object *v1alpha1.Temporal) []string {
	var names []string
	if object != nil {
		for _, name := range slices.Sorted(maps.Keys(object.Spec.Env)) {
			if object.Spec.Env[name] == redact.Hidden {
				names = append(names, name)
			}
		}
	}
	return names
}

// asKept returns now as it compares with before: where before is from a status
// file, and so lacks values, now lacks them too. Older versions filled in the version.
func asKept(before, now *v1alpha1.Temporal) *v1alpha1.Temporal {
	if version := now.Spec.Binary.VersionOrDefault(); version == before.Spec.Binary.Version {
		now = now.DeepCopy()
		now.Spec.Binary.Version = version
	}
	if len(notKept(before)) == 0 {
		return now
	}
	return concealed(now)
}

// lacking says what a start does without, as long as the last good object is
// one that an earlier daemon kept; empty for nothing.
func lacking(object *v1alpha1.Temporal) string {
	names := notKept(object)
	if len(names) == 0 {
		return ""
	}
	return "\nuntil it is mended, a start goes without " + strings.Join(names, ", ") + ": secrets are kept nowhere else"
}
