package v1alpha1

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

const maxPort = 65535

// port is one port of the spec with what is needed to explain it.
type port struct {
	path    *field.Path
	value   int32
	derived bool
	offset  int32
}

func portsOf(written, completed *TemporalSpec, spec *field.Path) []port {
	ports := []port{
		{path: spec.Child("port"), value: completed.Port},
		{spec.Child("httpPort"), completed.HTTPPort, written.HTTPPort == 0, HTTPPortOffset},
		{spec.Child("metricsPort"), completed.MetricsPort, written.MetricsPort == 0, MetricsPortOffset},
	}
	if completed.UIEnabled() {
		ports = append(ports, port{spec.Child("ui", "port"), completed.UI.Port, written.UI.Port == 0, UIPortOffset})
	}
	return ports
}

func validatePorts(written, completed *TemporalSpec, spec *field.Path) field.ErrorList {
	var faults field.ErrorList
	ports := portsOf(written, completed, spec)
	baseValid := inRange(completed.Port)
	for i, p := range ports {
		switch {
		case p.derived && !baseValid:
			// The fault of spec.port says it; a second one would only distract.
		case !inRange(p.value):
			faults = append(faults, rangeFault(p))
		default:
			faults = append(faults, clashes(p, ports[:i])...)
		}
	}
	if p := completed.UI.Port; !completed.UIEnabled() && p != 0 && !inRange(p) {
		faults = append(faults, rangeFault(port{path: spec.Child("ui", "port"), value: p}))
	}
	return faults
}

func inRange(value int32) bool { return value >= 1 && value <= maxPort }

func rangeFault(p port) *field.Error {
	if p.derived {
		return field.Invalid(p.path, p.value, fmt.Sprintf("derived from spec.port + %d; set %s", p.offset, p.path))
	}
	return field.Invalid(p.path, p.value, fmt.Sprintf("not a port; choose one from 1 to %d", maxPort))
}

func clashes(p port, earlier []port) field.ErrorList {
	var faults field.ErrorList
	for _, other := range earlier {
		if p.value == other.value {
			faults = append(faults, field.Invalid(p.path, p.value, clashDetail(p, other)))
		}
	}
	return faults
}

func clashDetail(p, other port) string {
	detail := "the same port as " + other.path.String()
	change := p
	if p.derived {
		detail = fmt.Sprintf("derived from spec.port + %d, %s", p.offset, detail)
	} else if other.derived {
		detail += fmt.Sprintf(", which is derived from spec.port + %d", other.offset)
	}
	return fmt.Sprintf("%s; set %s to another one", detail, change.path)
}

func validatePortConflict(answer PortConflict, path *field.Path) field.ErrorList {
	answers := []PortConflict{PortConflictWait, PortConflictReuse}
	if slices.Contains(answers, answer) {
		return nil
	}
	if near := sameButForCase(string(answer), answers); near != "" {
		return field.ErrorList{field.Invalid(path, string(answer), "not spelled like that; write "+string(near))}
	}
	return field.ErrorList{field.NotSupported(path, answer, answers)}
}
