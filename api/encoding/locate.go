package encoding

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

// Locate returns an *InvalidError for faults that a caller has found in a file
// that Decode accepts: each with the line of its field, and told like Decode's own.
func Locate(file string, data []byte, faults ...*field.Error) error {
	root, fault := parse(data)
	if fault != nil || root == nil {
		// Lines cannot be told; the faults can.
		root = &yaml.Node{}
	}
	located := make([]Fault, 0, len(faults))
	for _, e := range faults {
		located = append(located, faultOf(root, e))
	}
	return invalid(file, located)
}

// lineOf returns the line of the field at path, of the field that its default
// is derived from, or of the nearest parent that is written.
func lineOf(root *yaml.Node, path string) int {
	line, found := find(root, splitPath(path))
	if source := v1alpha1.DerivedFrom(path); !found && source != "" {
		if derived, ok := find(root, splitPath(source)); ok {
			return derived
		}
	}
	return line
}

// find walks down as far as it can and reports whether that was all the way.
func find(n *yaml.Node, steps []string) (line int, found bool) {
	line = n.Line
	for _, step := range steps {
		if n.Kind == yaml.AliasNode {
			n = n.Alias
		}
		key, value := descend(n, step)
		if value == nil {
			return line, false
		}
		line, n = key.Line, value
	}
	return line, true
}

// descend returns the value at one step and the node that tells its line.
func descend(n *yaml.Node, step string) (at, value *yaml.Node) {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == step {
				return n.Content[i], n.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i], n.Content[i]
		}
	}
	return nil, nil
}

// splitPath takes a path such as spec.env[A.B].x apart. A bracket is closed
// by the first "]" that a "." or "[" or the end follows.
func splitPath(path string) []string {
	var steps []string
	for path != "" {
		var step string
		if inner, ok := strings.CutPrefix(path, "["); ok {
			step, path = cutBracket(inner)
		} else if end := strings.IndexAny(path, ".["); end >= 0 {
			step, path = path[:end], path[end:]
		} else {
			step, path = path, ""
		}
		steps = append(steps, step)
		path = strings.TrimPrefix(path, ".")
	}
	return steps
}

func cutBracket(s string) (inside, rest string) {
	for i := range len(s) {
		if s[i] == ']' && (i+1 == len(s) || s[i+1] == '.' || s[i+1] == '[') {
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}
