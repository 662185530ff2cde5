package encoding

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

const (
	// maxNodes bounds the values in a file, aliases counted as often as they
	// are used. The sample with every field has about a hundred.
	maxNodes = 1 << 16
	// maxDepth bounds the nesting, and ends an alias that contains itself.
	maxDepth = 100
	// envPath is where values may be secrets.
	envPath = "spec.env"
)

// reader turns YAML nodes into JSON values that fit a Go type, and collects
// every fault on the way. What is faulty is left out of the result, so that
// the rest can be judged too.
type reader struct {
	// lenient lets keys pass that the type does not have.
	lenient bool
	faults  []Fault
	visited int
}

// position is where a value stands.
type position struct {
	path  string
	depth int
}

func (p position) child(name string) position {
	if p.path == "" {
		return position{name, p.depth + 1}
	}
	return position{p.path + "." + name, p.depth + 1}
}

func (p position) key(name string) position {
	return position{fmt.Sprintf("%s[%s]", p.path, name), p.depth + 1}
}

func (p position) index(i int) position { return p.key(strconv.Itoa(i)) }

func (p position) secret() bool {
	return p.path == envPath || strings.HasPrefix(p.path, envPath+"[")
}

// read returns n as JSON for type t; false when it is absent or faulty.
func (r *reader) read(n *yaml.Node, t reflect.Type, at position) (any, bool) {
	n, ok := r.enter(n, at)
	if !ok || isNull(n) {
		return nil, false
	}
	switch t {
	case reflect.TypeFor[v1alpha1.JSONValue]():
		return r.free(n, at)
	case reflect.TypeFor[metav1.Duration]():
		return r.text(n, t, at, "not a duration", durationRemedy(n.Value))
	case reflect.TypeFor[metav1.Time](), reflect.TypeFor[metav1.MicroTime]():
		return r.text(n, t, at, "not a time", "write one such as 2026-01-31T12:00:00Z")
	}
	switch t.Kind() {
	case reflect.Pointer:
		return r.read(n, t.Elem(), at)
	case reflect.Struct:
		return r.structure(n, t, at)
	case reflect.Map:
		return r.mapping(n, t, at)
	case reflect.Slice:
		return r.list(n, t, at)
	}
	return r.scalar(n, t, at)
}

// enter follows an alias and keeps count.
func (r *reader) enter(n *yaml.Node, at position) (*yaml.Node, bool) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	r.visited++
	switch {
	case r.visited == maxNodes:
		r.fault(n, at, "more values than can be read, aliases included", "write fewer")
	case at.depth == maxDepth:
		r.fault(n, at, "nested too deeply", "")
	}
	return n, r.visited < maxNodes && at.depth < maxDepth
}

func (r *reader) fault(n *yaml.Node, at position, problem, remedy string) {
	f := Fault{Line: n.Line, Field: at.path, Problem: problem, Remedy: remedy}
	if n.Kind == yaml.ScalarNode && !at.secret() {
		f.Value = n.Value
	}
	r.faults = append(r.faults, f)
}

func (r *reader) structure(n *yaml.Node, t reflect.Type, at position) (any, bool) {
	fields := fieldsOf(t)
	result := map[string]any{}
	ok := r.pairs(n, at, at.child, func(key, value *yaml.Node) {
		fieldType, known := fields[key.Value]
		switch place := at.child(key.Value); {
		case !known:
			r.unknown(key, t, at)
		case isNull(value) && !r.lenient && holdsOne(fieldType):
			// The key, because an empty value may count to the next line.
			r.faults = append(r.faults, Fault{Line: key.Line, Field: place.path, Problem: "has no value", Remedy: "write one or remove the line"})
		default:
			if v, ok := r.read(value, fieldType, place); ok {
				result[key.Value] = v
			}
		}
	})
	return result, ok
}

// holdsOne reports a field for one value. Without it ("enabled:" in a file
// that is being typed or was cut short) the default would start what was
// stopped; an empty section, all of it commented out, is harmless.
func holdsOne(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Int32, reflect.Int64:
		return true
	}
	return t == reflect.TypeFor[metav1.Duration]()
}

func (r *reader) unknown(key *yaml.Node, t reflect.Type, at position) {
	if r.lenient {
		return
	}
	remedy := "remove it"
	if near := suggest(key.Value, t, at.path); near != "" {
		remedy = "did you mean " + near + "?"
	}
	r.faults = append(r.faults, Fault{Line: key.Line, Field: at.child(key.Value).path, Problem: "unknown field", Remedy: remedy})
}

func (r *reader) mapping(n *yaml.Node, t reflect.Type, at position) (any, bool) {
	result := map[string]any{}
	ok := r.pairs(n, at, at.key, func(key, value *yaml.Node) {
		r.element(value, t.Elem(), at.key(key.Value), func(v any) { result[key.Value] = v })
	})
	return result, ok
}

func (r *reader) list(n *yaml.Node, t reflect.Type, at position) (any, bool) {
	if n.Kind != yaml.SequenceNode {
		r.mismatch(n, at, "a list")
		return nil, false
	}
	result := []any{}
	for i, item := range n.Content {
		r.element(item, t.Elem(), at.index(i), func(v any) { result = append(result, v) })
	}
	return result, true
}

// element reads what stands in a list or a map, where a null is a slip and
// not an absent field.
func (r *reader) element(n *yaml.Node, t reflect.Type, at position, keep func(any)) {
	if t != reflect.TypeFor[v1alpha1.JSONValue]() && isNull(n) {
		r.fault(n, at, "has no value", `write one ("" for an empty text) or remove it`)
		return
	}
	if v, ok := r.read(n, t, at); ok {
		keep(v)
	} else if t == reflect.TypeFor[v1alpha1.JSONValue]() && isNull(n) {
		keep(nil)
	}
}

// pairs calls visit for every pair of a mapping whose key is a text that did
// not occur before. step names the place of a value.
func (r *reader) pairs(n *yaml.Node, at position, step func(string) position, visit func(key, value *yaml.Node)) bool {
	if n.Kind != yaml.MappingNode {
		r.mismatch(n, at, "a mapping")
		return false
	}
	first := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		line, seen := first[key.Value]
		switch {
		case key.ShortTag() == "!!merge":
			r.faults = append(r.faults, Fault{Line: key.Line, Field: at.path, Problem: "merge keys (<<) are not supported", Remedy: "write the keys out"})
		case key.Kind != yaml.ScalarNode || isNull(key):
			r.faults = append(r.faults, Fault{Line: key.Line, Field: at.path, Problem: "a key that is not a text", Remedy: "write key: value"})
		case seen:
			r.faults = append(r.faults, Fault{Line: key.Line, Field: step(key.Value).path,
				Problem: fmt.Sprintf("duplicate, first set in line %d", line), Remedy: "remove one of them"})
		default:
			first[key.Value] = key.Line
			visit(key, value)
		}
	}
	return true
}

// text reads a scalar whose type decides itself what is a value.
func (r *reader) text(n *yaml.Node, t reflect.Type, at position, problem, remedy string) (any, bool) {
	data, err := json.Marshal(n.Value)
	if err == nil && n.Kind == yaml.ScalarNode {
		err = json.Unmarshal(data, reflect.New(t).Interface())
	}
	if err != nil || n.Kind != yaml.ScalarNode {
		r.fault(n, at, problem, remedy)
		return nil, false
	}
	return n.Value, true
}
