package v1alpha1

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

const (
	// systemNamespace is Temporal's own.
	systemNamespace = "temporal-system"

	// The server refuses a retention below an hour, and quietly makes a
	// hundred years of anything longer, which would never compare equal.
	minRetention = time.Hour
	maxRetention = 100 * 365 * 24 * time.Hour

	// maxDescription is ours: the server takes megabytes, which every look
	// would read again.
	maxDescription = 1000
)

func validateNamespaces(namespaces []NamespaceSpec, path *field.Path) field.ErrorList {
	seen := map[string]bool{}
	var faults field.ErrorList
	for i, namespace := range namespaces {
		at := path.Index(i)
		if seen[namespace.Name] && namespace.Name != "" {
			faults = append(faults, field.Duplicate(at.Child("name"), namespace.Name))
		} else {
			faults = append(faults, validateNamespaceName(namespace.Name, at.Child("name"))...)
		}
		seen[namespace.Name] = true
		if namespace.Retention != nil {
			retention := bounds{minRetention, maxRetention}
			faults = append(faults, retention.faults(namespace.Retention.Duration, at.Child("retention"))...)
		}
		faults = append(faults, validateDescription(namespace.Description, at.Child("description"))...)
	}
	return faults
}

func validateNamespaceName(name string, path *field.Path) field.ErrorList {
	// Narrower than the server, which takes almost anything; these are safe in
	// URLs, metrics and on a command line.
	valid := regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._-]{0,254}$`)
	switch {
	case name == "":
		return field.ErrorList{field.Required(path, "missing; name the namespace or remove the item")}
	case name == systemNamespace:
		return field.ErrorList{field.Invalid(path, name, "is Temporal's own; choose another name")}
	case !valid.MatchString(name):
		return field.ErrorList{field.Invalid(path, name,
			"not a namespace name; use letters, digits, '.', '_' and '-', at most 255 of them, a letter or digit first")}
	}
	return nil
}

// validateDescription allows several lines.
func validateDescription(text string, path *field.Path) field.ErrorList {
	switch n := utf8.RuneCountInString(text); {
	case n > maxDescription:
		return field.ErrorList{field.Invalid(path, field.OmitValueType{}, fmt.Sprintf("%d characters long; write at most %d", n, maxDescription))}
	case !utf8.ValidString(text):
		return field.ErrorList{field.Invalid(path, field.OmitValueType{}, "not UTF-8; write it as text")}
	case hasControl(strings.NewReplacer("\n", "", "\t", "").Replace(text)):
		return field.ErrorList{field.Invalid(path, text, "has a control character; use line breaks and tabs only")}
	}
	return nil
}
