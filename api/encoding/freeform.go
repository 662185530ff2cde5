package encoding

import (
	"encoding/json"
	"math"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// free returns n as whatever JSON value it is.
func (r *reader) free(n *yaml.Node, at position) (any, bool) {
	switch n.Kind {
	case yaml.MappingNode:
		result := map[string]any{}
		ok := r.pairs(n, at, at.child, func(key, value *yaml.Node) {
			r.freeElement(value, at.child(key.Value), func(v any) { result[key.Value] = v })
		})
		return result, ok
	case yaml.SequenceNode:
		result := []any{}
		for i, item := range n.Content {
			r.freeElement(item, at.index(i), func(v any) { result = append(result, v) })
		}
		return result, true
	}
	return r.freeScalar(n, at)
}

func (r *reader) freeElement(n *yaml.Node, at position, keep func(any)) {
	n, ok := r.enter(n, at)
	if !ok {
		return
	}
	if v, ok := r.free(n, at); ok {
		keep(v)
	}
}

func (r *reader) freeScalar(n *yaml.Node, at position) (any, bool) {
	var err error
	switch n.ShortTag() {
	case "!!str", "!!timestamp":
		return n.Value, true
	case "!!null":
		return nil, true
	case "!!bool":
		var value bool
		if err = n.Decode(&value); err == nil {
			return value, true
		}
	case "!!int":
		if value, ok := wholeNumber(n); ok {
			return value, true
		}
	case "!!float":
		if value, ok := fraction(n); ok {
			return value, true
		}
	}
	r.fault(n, at, describe(n)+" that JSON cannot hold", "put it in quotes")
	return nil, false
}

func wholeNumber(n *yaml.Node) (json.Number, bool) {
	var signed int64
	if n.Decode(&signed) == nil {
		return json.Number(strconv.FormatInt(signed, 10)), true
	}
	var unsigned uint64
	err := n.Decode(&unsigned)
	return json.Number(strconv.FormatUint(unsigned, 10)), err == nil
}

// fraction keeps the spelling where JSON has the same, because 1.0 and 1 are
// different to a reader that distinguishes them.
func fraction(n *yaml.Node) (json.Number, bool) {
	var value float64
	if err := n.Decode(&value); err != nil || math.IsInf(value, 0) || math.IsNaN(value) {
		return "", false
	}
	if json.Valid([]byte(n.Value)) {
		return json.Number(n.Value), true
	}
	return json.Number(strconv.FormatFloat(value, 'g', -1, 64)), true
}
