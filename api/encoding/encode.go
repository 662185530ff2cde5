package encoding

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

// Encode returns the object as YAML: the same bytes for the same object, keys
// in alphabetical order, empty sections left out. DecodeStatus of the result
// is the object again. It fails only on a dynamicConfig value that is not JSON.
func Encode(t *v1alpha1.Temporal) ([]byte, error) {
	data, err := json.Marshal(t)
	if err != nil {
		return nil, fmt.Errorf("cannot encode %s %q: %w", v1alpha1.Kind, t.Name, err)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var object map[string]any
	if err := decoder.Decode(&object); err != nil {
		return nil, fmt.Errorf("cannot encode %s %q: %w", v1alpha1.Kind, t.Name, err)
	}
	prune(object)
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(nodeOf(object)); err != nil {
		return nil, fmt.Errorf("cannot encode %s %q: %w", v1alpha1.Kind, t.Name, err)
	}
	return out.Bytes(), nil
}

// prune removes what omitempty leaves of an empty struct or time.
func prune(object map[string]any) {
	if metadata, ok := object["metadata"].(map[string]any); ok && metadata["creationTimestamp"] == nil {
		delete(metadata, "creationTimestamp")
	}
	if spec, ok := object["spec"].(map[string]any); ok {
		pruneEmpty(spec, "ui", "storage", "binary", "health", "restart")
	}
	pruneEmpty(object, "metadata", "status")
}

func pruneEmpty(object map[string]any, keys ...string) {
	for _, key := range keys {
		if section, ok := object[key].(map[string]any); ok && len(section) == 0 {
			delete(object, key)
		}
	}
}

// nodeOf builds the nodes itself: handed a json.Number, the YAML encoder
// would write a text.
func nodeOf(value any) *yaml.Node {
	switch v := value.(type) {
	case map[string]any:
		n := &yaml.Node{Kind: yaml.MappingNode}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			n.Content = append(n.Content, nodeOf(key), nodeOf(v[key]))
		}
		return n
	case []any:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		for _, item := range v {
			n.Content = append(n.Content, nodeOf(item))
		}
		return n
	case json.Number:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: v.String()}
	case string:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: v}
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: fmt.Sprint(v)}
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
}
