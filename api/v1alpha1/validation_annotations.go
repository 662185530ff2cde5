package v1alpha1

import (
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// validateAnnotations judges the annotations that ask for something; those of
// others are theirs.
func validateAnnotations(t *Temporal, path *field.Path) field.ErrorList {
	var faults field.ErrorList
	if at, ok := t.Annotations[RestartedAtAnnotation]; ok {
		if _, err := time.Parse(time.RFC3339, at); err != nil {
			faults = append(faults, field.Invalid(path.Key(RestartedAtAnnotation), at,
				"not a time; write one such as 2026-01-31T12:00:00Z, or remove the annotation"))
		}
	}
	if value, ok := t.Annotations[RestoreAnnotation]; ok {
		faults = append(faults, validateRestore(value, t.Spec.Storage.Path, path.Key(RestoreAnnotation))...)
	}
	if database, ok := t.Annotations[RestoreDatabaseAnnotation]; ok {
		faults = append(faults, validateFile(database, path.Key(RestoreDatabaseAnnotation))...)
	}
	return faults
}

// validateRestore cuts at the last "@": a path may contain one, a time cannot.
func validateRestore(value, database string, path *field.Path) field.ErrorList {
	cut := strings.LastIndexByte(value, '@')
	if cut < 0 {
		return field.ErrorList{field.Invalid(path, value,
			"not a backup and a time; write PATH@TIME, such as /backups/a.db@2026-01-31T12:00:00Z, or remove the annotation")}
	}
	backup, at := value[:cut], value[cut+1:]
	faults := validateFile(backup, path)
	if _, err := time.Parse(time.RFC3339, at); err != nil {
		faults = append(faults, field.Invalid(path, value, "no time after the last @; write one such as 2026-01-31T12:00:00Z, or remove the annotation"))
	}
	if backup == database {
		faults = append(faults, field.Invalid(path, value, "the backup is the database itself; name a file that is not in use"))
	}
	return faults
}
