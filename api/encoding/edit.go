package encoding

import (
	"bytes"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Change is one value to set, or one key to remove, in the user's file.
type Change struct {
	// Path of mapping keys from the root, such as {"spec", "ui", "port"}.
	Path []string
	// Value to set: a bool, an int, int32 or int64, or a string.
	Value any
	// Delete removes the key instead, with its line; Value is not used.
	Delete bool
}

// String returns the change as it would be told to a person, without a value
// of spec.env.
func (c Change) String() string {
	path := printable(strings.Join(c.Path, "."))
	text, isText := c.Value.(string)
	switch {
	case c.Delete:
		return "remove " + path
	case strings.HasPrefix(path, envPath+"."):
		return "set " + path
	case isText:
		return fmt.Sprintf("set %s to %s", path, quoteValue(text))
	}
	return fmt.Sprintf("set %s to %v", path, c.Value)
}

// Edit applies the changes to the text of a YAML file, one after the other.
// Only the bytes of the changed values differ: comments, order, blank lines,
// quotes, line ends and a missing last newline stay. A missing key goes after
// its last sibling, with the parents that it needs; a value that is already
// there changes nothing. The file need not be valid to Decode.
//
// The result is parsed again and compared with the original. Where a change
// cannot be made for certain (a block scalar, an anchor, a tag, a duplicate
// key), the error says what to change by hand and no data is returned.
func Edit(data []byte, changes ...Change) ([]byte, error) {
	bom := []byte("\ufeff")
	text, hasBOM := bytes.CutPrefix(data, bom)
	for _, change := range changes {
		edited, err := editOne(text, change)
		if err != nil {
			return nil, fmt.Errorf("cannot %s: %w", change, err)
		}
		text = edited
	}
	if hasBOM {
		return append(bytes.Clone(bom), text...), nil
	}
	return bytes.Clone(text), nil
}

func editOne(data []byte, change Change) ([]byte, error) {
	if err := checkChange(change); err != nil {
		return nil, err
	}
	root, fault := parse(data)
	if fault != nil {
		return nil, faultError(fault)
	}
	want, err := expected(root, change)
	if err != nil {
		return nil, err
	}
	edit, err := newDocument(data, root).plan(change)
	if err != nil {
		return nil, err
	}
	result := edit.apply(data)
	if err := verify(result, want); err != nil {
		return nil, err
	}
	return result, nil
}

func checkChange(c Change) error {
	if len(c.Path) == 0 {
		return fmt.Errorf("the path is empty")
	}
	if c.Delete {
		return nil
	}
	switch c.Value.(type) {
	case bool, int, int32, int64, string:
		return nil
	}
	return fmt.Errorf("a value of type %T is not supported", c.Value)
}

func faultError(f *Fault) error {
	if f.Line > 0 {
		return fmt.Errorf("line %d: %s", f.Line, f)
	}
	return fmt.Errorf("%s", f)
}

// splice replaces the bytes from start to end by text. The zero value is no
// change.
type splice struct {
	start, end int
	text       string
}

func (s splice) apply(data []byte) []byte {
	var out bytes.Buffer
	out.Write(data[:s.start])
	out.WriteString(s.text)
	out.Write(data[s.end:])
	return out.Bytes()
}

// byHand is the error for what Edit leaves to the user.
func byHand(n *yaml.Node, what string) error {
	return fmt.Errorf("line %d: %s; change it by hand", n.Line, what)
}
