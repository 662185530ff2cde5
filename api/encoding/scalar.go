package encoding

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// scalar reads a text, a truth value or a whole number.
func (r *reader) scalar(n *yaml.Node, t reflect.Type, at position) (any, bool) {
	switch t.Kind() {
	case reflect.String:
		return r.str(n, at)
	case reflect.Bool:
		return r.boolean(n, at)
	case reflect.Int32, reflect.Int64, reflect.Int:
		return r.integer(n, t, at)
	}
	// Types with a JSON form of their own, such as metav1.FieldsV1.
	return r.free(n, at)
}

func (r *reader) str(n *yaml.Node, at position) (any, bool) {
	if n.Kind != yaml.ScalarNode {
		r.mismatch(n, at, "a text")
		return nil, false
	}
	switch n.ShortTag() {
	// A time without quotes is a text to everybody but YAML.
	case "!!str", "!!timestamp":
		return n.Value, true
	}
	r.mismatch(n, at, "a text")
	return nil, false
}

func (r *reader) boolean(n *yaml.Node, at position) (any, bool) {
	var value bool
	// Plain yes, no, on and off are accepted, as by kubectl.
	if n.Kind != yaml.ScalarNode || quoted(n) || n.Decode(&value) != nil {
		r.mismatch(n, at, "true or false")
		return nil, false
	}
	return value, true
}

func (r *reader) integer(n *yaml.Node, t reflect.Type, at position) (any, bool) {
	var value int64
	if n.Kind != yaml.ScalarNode || quoted(n) || n.ShortTag() != "!!int" {
		r.mismatch(n, at, "a whole number")
		return nil, false
	}
	if n.Decode(&value) != nil || reflect.Zero(t).OverflowInt(value) {
		r.fault(n, at, quoteValue(n.Value)+" is out of range", "write a smaller number")
		return nil, false
	}
	if value == 0 && !r.lenient {
		r.fault(n, at, "0 is not allowed", "remove it for the default")
		return nil, false
	}
	return value, true
}

func quoted(n *yaml.Node) bool {
	return n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0
}

// mismatch says what stands there and what should.
func (r *reader) mismatch(n *yaml.Node, at position, want string) {
	got := describe(n)
	if n.Kind == yaml.ScalarNode && !at.secret() {
		got = fmt.Sprintf("%s is %s", quoteValue(n.Value), got)
	} else {
		got = "is " + got
	}
	r.fault(n, at, fmt.Sprintf("%s, not %s", got, want), conversion(n, want))
}

func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!str", "!!timestamp":
		return "a text"
	case "!!int", "!!float":
		return "a number"
	case "!!bool":
		return "a truth value"
	case "!!null":
		return "nothing"
	}
	if strings.HasPrefix(n.ShortTag(), "!!") {
		return "of type " + n.ShortTag()
	}
	return "of an unknown type"
}

func conversion(n *yaml.Node, want string) string {
	switch {
	case want == "a text" && n.Kind == yaml.ScalarNode:
		return "put it in quotes"
	case want == "a whole number" && quoted(n):
		if _, err := strconv.Atoi(n.Value); err == nil {
			return "remove the quotes"
		}
	case want == "true or false" && quoted(n):
		return "remove the quotes"
	}
	return ""
}

// durationRemedy says what to write instead of text. Go has no unit for days,
// and a retention is thought of in days.
func durationRemedy(text string) string {
	days, isDays := strings.CutSuffix(text, "d")
	if n, err := strconv.ParseUint(days, 10, 16); isDays && err == nil {
		return fmt.Sprintf("days are no unit, write %dh", n*24)
	}
	return "write a number and a unit, such as 5s or 250ms"
}
