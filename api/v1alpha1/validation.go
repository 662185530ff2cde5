package v1alpha1

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	apivalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// reservedName is the daemon's own: an instance called so would share
// daemon.lock and logs/daemon.log with it.
const reservedName = "daemon"

// Validate returns every fault of the object at once, with the paths that the
// fields have in the YAML. written is the object as the user wrote it,
// completed is Complete of it: only the two together tell a value that was
// chosen from one that was derived, and the fault names the field to set.
//
// A detail reads "what is wrong; what to do about it". No fault carries a
// value of spec.env, which may be a secret.
func Validate(written, completed *Temporal) field.ErrorList {
	spec := field.NewPath("spec")
	s := &completed.Spec
	return slices.Concat(
		validateType(completed),
		validateMetadata(completed, field.NewPath("metadata")),
		validateIP(s.IP, spec.Child("ip")),
		validatePorts(&written.Spec, s, spec),
		validateStorage(&written.Spec.Storage, &s.Storage, spec.Child("storage")),
		validateBinary(&s.Binary, spec.Child("binary")),
		validatePortConflict(s.PortConflict, spec.Child("portConflict")),
		validateNamespaces(s.Namespaces, spec.Child("namespaces")),
		validateSearchAttributes(s.SearchAttributes, spec.Child("searchAttributes")),
		validateDynamicConfig(s.DynamicConfig, spec.Child("dynamicConfig")),
		validatePragmas(s.SQLitePragmas, spec.Child("sqlitePragmas")),
		validateLogLevel(s.LogLevel, spec.Child("logLevel")),
		validateEnv(s.Env, spec.Child("env")),
		validateExtraArgs(s.ExtraArgs, spec.Child("extraArgs")),
		validateTimes(s, spec),
	)
}

func validateType(t *Temporal) field.ErrorList {
	return slices.Concat(
		validateConstant(t.APIVersion, APIVersion, field.NewPath("apiVersion")),
		validateConstant(t.Kind, Kind, field.NewPath("kind")),
	)
}

func validateConstant(got, want string, path *field.Path) field.ErrorList {
	switch got {
	case want:
		return nil
	case "":
		return field.ErrorList{field.Required(path, fmt.Sprintf("missing; write %s: %s", path, want))}
	}
	return field.ErrorList{field.NotSupported(path, got, []string{want})}
}

func validateMetadata(t *Temporal, path *field.Path) field.ErrorList {
	return append(validateName(t.Name, path.Child("name")), validateAnnotations(t, path.Child("annotations"))...)
}

func validateName(name string, path *field.Path) field.ErrorList {
	if name == "" {
		return field.ErrorList{field.Required(path, "missing; give the instance a name")}
	}
	if name == reservedName {
		return field.ErrorList{field.Invalid(path, name, "kept for the daemon's own files; choose another name")}
	}
	if len(apivalidation.IsDNS1123Label(name)) > 0 {
		return field.ErrorList{field.Invalid(path, name,
			"not a DNS label; use lower-case letters, digits and '-', at most 63 of them, a letter or digit first and last")}
	}
	return nil
}

func validateIP(ip string, path *field.Path) field.ErrorList {
	addr, err := netip.ParseAddr(ip)
	switch {
	case err != nil:
		return field.ErrorList{field.Invalid(path, ip, "not an IP address; write one such as 127.0.0.1 or ::1, not a host name")}
	case addr.Zone() != "":
		return field.ErrorList{field.Invalid(path, ip, "has a zone, which Temporal cannot bind; write the address without %"+addr.Zone())}
	case addr.Is4In6():
		return field.ErrorList{field.Invalid(path, ip, "is an IPv4 address in IPv6 form; write "+addr.Unmap().String())}
	case addr.IsMulticast():
		return field.ErrorList{field.Invalid(path, ip, "a multicast address cannot be listened on; write one such as 127.0.0.1")}
	}
	return nil
}

func validateLogLevel(level string, path *field.Path) field.ErrorList {
	levels := []string{"debug", "info", "warn", "error", "never"}
	if slices.Contains(levels, level) {
		return nil
	}
	return field.ErrorList{field.NotSupported(path, level, levels)}
}

// hasControl reports a byte that cannot stand in an argument, a path or a log
// line without harm: NUL, newline and the other control characters.
func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}
