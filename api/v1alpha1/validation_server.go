package v1alpha1

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

func validateDynamicConfig(config map[string]JSONValue, path *field.Path) field.ErrorList {
	// Keys such as frontend.namespaceRPS. The flag is KEY=VALUE.
	valid := regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)
	var faults field.ErrorList
	for _, key := range slices.Sorted(maps.Keys(config)) {
		raw := bytes.TrimSpace(config[key].Raw)
		switch {
		case !valid.MatchString(key):
			faults = append(faults, field.Invalid(path.Key(key), field.OmitValueType{},
				"not a dynamic configuration key; write one such as frontend.namespaceRPS"))
		case len(raw) == 0 || string(raw) == "null":
			faults = append(faults, field.Required(path.Key(key), "has no value; write one or remove the key"))
		case !json.Valid(raw):
			faults = append(faults, field.Invalid(path.Key(key), string(raw), "not a JSON value; quote it if it is a string"))
		}
	}
	return faults
}

func validatePragmas(pragmas map[string]string, path *field.Path) field.ErrorList {
	valid := regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	var faults field.ErrorList
	for _, key := range slices.Sorted(maps.Keys(pragmas)) {
		value, at := pragmas[key], path.Key(key)
		switch {
		case !valid.MatchString(key):
			faults = append(faults, field.Invalid(at, field.OmitValueType{}, "not the name of a pragma; write one such as cache_size"))
		case isConnectionOption(key):
			faults = append(faults, field.Forbidden(at, "not a pragma but an option of the connection, which could move the data to memory; remove it"))
		case strings.TrimSpace(value) == "":
			faults = append(faults, field.Required(at, "has no value; write one or remove the key"))
		case hasControl(value):
			faults = append(faults, field.Invalid(at, value, "has a control character; write it in one line"))
		}
	}
	return faults
}

// isConnectionOption names what Temporal takes out of the pragmas and puts
// into the connection string (sqlite plugin, queryParameters).
func isConnectionOption(key string) bool {
	switch strings.ToLower(key) {
	case "cache", "immutable", "mode", "modeof", "nolock", "psow", "setup", "vfs":
		return true
	}
	return false
}

// validateEnv never prints a value: it may be a secret.
func validateEnv(env map[string]string, path *field.Path) field.ErrorList {
	valid := regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	var faults field.ErrorList
	for _, name := range slices.Sorted(maps.Keys(env)) {
		at := path.Key(name)
		switch {
		case !valid.MatchString(name):
			faults = append(faults, field.Invalid(at, field.OmitValueType{}, "not the name of an environment variable; use letters, digits and '_'"))
		case strings.HasPrefix(name, "STIGMER_"):
			faults = append(faults, field.Forbidden(at, "STIGMER_ variables mark our own processes; remove it"))
		case strings.HasPrefix(name, "TEMPORAL_"):
			faults = append(faults, field.Forbidden(at, "TEMPORAL_ variables would override the flags and are removed at the start; use a field of the spec"))
		case strings.ContainsRune(env[name], 0):
			faults = append(faults, field.Invalid(at, field.OmitValueType{}, "the value has a NUL byte; remove it"))
		}
	}
	return faults
}

func validateExtraArgs(args []string, path *field.Path) field.ErrorList {
	var faults field.ErrorList
	for _, f := range argumentFaults(args) {
		detail := f.problem
		if f.remedy != "" {
			detail = fmt.Sprintf("%s; %s", f.problem, f.remedy)
		}
		faults = append(faults, field.Invalid(path.Index(f.index), args[f.index], detail))
	}
	return faults
}
