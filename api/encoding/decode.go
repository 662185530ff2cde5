package encoding

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

// Decode reads a file of the user's: strictly, then completed with every
// default, then validated. home is the absolute home folder. The name is that
// of the file: temporal.yaml holds metadata.name temporal, and may leave it
// out. A status in the file is checked and dropped; it is the daemon's to say.
// The error is an *InvalidError with every fault.
func Decode(file string, data []byte, home string) (*v1alpha1.Temporal, error) {
	root, fault := parse(data)
	if fault != nil {
		return nil, invalid(file, []Fault{*fault})
	}
	if root == nil {
		return nil, invalid(file, []Fault{emptyFault()})
	}
	written, r := readTemporal(root, false)
	if wrong := foreign(root, written); len(wrong) > 0 {
		return nil, invalid(file, wrong)
	}
	faults := append(r.faults, checkName(root, written, file)...)
	faults = append(faults, checkSpec(root)...)
	written.Status = v1alpha1.TemporalStatus{}
	completed := v1alpha1.Complete(written, home)
	faults = append(faults, judge(root, written, completed, faults)...)
	if len(faults) > 0 {
		return nil, invalid(file, faults)
	}
	return completed, nil
}

// DecodeStatus reads a file that the daemon wrote. Fields that this version
// does not know are ignored; a value of the wrong type, another kind or
// garbage is an *InvalidError. Nothing is completed and nothing validated.
func DecodeStatus(file string, data []byte) (*v1alpha1.Temporal, error) {
	root, fault := parse(data)
	if fault != nil {
		return nil, invalid(file, []Fault{*fault})
	}
	if root == nil {
		return nil, invalid(file, []Fault{{Line: 1, Problem: "the file is empty", Remedy: "the daemon writes it again"}})
	}
	t, r := readTemporal(root, true)
	faults := append(r.faults, typeFaults(root, t)...)
	if len(faults) > 0 {
		return nil, invalid(file, faults)
	}
	return t, nil
}

func emptyFault() Fault {
	return Fault{Line: 1, Problem: "the file asks for nothing",
		Remedy: fmt.Sprintf("write apiVersion: %s, kind: %s and a spec, or delete the file to remove the instance", v1alpha1.APIVersion, v1alpha1.Kind)}
}

// readTemporal returns what could be read; the faults are in the reader.
func readTemporal(root *yaml.Node, lenient bool) (*v1alpha1.Temporal, *reader) {
	r := &reader{lenient: lenient}
	t := &v1alpha1.Temporal{}
	value, ok := r.read(root, reflect.TypeFor[v1alpha1.Temporal](), position{})
	if !ok {
		return t, r
	}
	data, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(data, t)
	}
	if err != nil {
		r.faults = append(r.faults, Fault{Line: root.Line, Problem: err.Error()})
	}
	return t, r
}

// foreign tells of an object of another kind. Its other faults would be noise.
func foreign(root *yaml.Node, t *v1alpha1.Temporal) []Fault {
	if (t.APIVersion == "" || t.APIVersion == v1alpha1.APIVersion) && (t.Kind == "" || t.Kind == v1alpha1.Kind) {
		return nil
	}
	return typeFaults(root, t)
}

func typeFaults(root *yaml.Node, t *v1alpha1.Temporal) []Fault {
	var faults []Fault
	check := func(field, got, want string) {
		f := Fault{Line: lineOf(root, field), Field: field, Value: got, Remedy: fmt.Sprintf("write %s: %s", field, want)}
		switch got {
		case want:
			return
		case "":
			f.Problem = "missing"
		default:
			f.Problem = "unsupported value " + quoteValue(got)
		}
		faults = append(faults, f)
	}
	check("apiVersion", t.APIVersion, v1alpha1.APIVersion)
	check("kind", t.Kind, v1alpha1.Kind)
	return faults
}

// checkName fills in the name, and refuses one that is not the file's.
func checkName(root *yaml.Node, t *v1alpha1.Temporal, file string) []Fault {
	name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	switch t.Name {
	case "":
		t.Name = name
		return nil
	case name:
		return nil
	}
	return []Fault{{
		Line: lineOf(root, "metadata.name"), Field: "metadata.name", Value: t.Name,
		Problem: fmt.Sprintf("%s is not the file's name", quoteValue(t.Name)),
		Remedy:  fmt.Sprintf("write name: %s, or rename the file to %s.yaml", name, t.Name),
	}}
}

// checkSpec refuses a file without a spec: a file cut short must not be taken
// for one that asks for the defaults.
func checkSpec(root *yaml.Node) []Fault {
	if root.Kind != yaml.MappingNode {
		return nil
	}
	if _, spec := descend(root, "spec"); spec != nil && !isNull(spec) {
		return nil
	}
	return []Fault{{Line: lineOf(root, "spec"), Field: "spec", Problem: "missing", Remedy: "write spec: {} for the defaults, or spec: with enabled: true below it"}}
}
