package encoding

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// plan finds the one place in the text that the change is about.
func (d *document) plan(c Change) (splice, error) {
	if d.root == nil {
		return d.fillEmptyFile(c), nil
	}
	node := d.root
	for i, step := range c.Path {
		if node.Kind != yaml.MappingNode {
			return splice{}, byHand(node, pathTo(c.Path[:i])+" is "+describeForEdit(node)+", not a mapping")
		}
		at, err := indexOf(node, step)
		if err != nil {
			return splice{}, err
		}
		if at < 0 {
			return d.insertMissing(node, c, i)
		}
		last := i == len(c.Path)-1
		key, value := node.Content[at], node.Content[at+1]
		switch {
		case last && c.Delete:
			return d.deletePair(node, at)
		case last:
			return d.setScalar(node, key, value, c.Value)
		case isNull(value):
			return d.fillNull(node, key, value, c, i+1)
		}
		node = value
	}
	return splice{}, nil
}

func (d *document) insertMissing(mapping *yaml.Node, c Change, from int) (splice, error) {
	if c.Delete {
		return splice{}, nil
	}
	return d.insertPair(mapping, c.Path[from:], c.Value)
}

// indexOf returns the index of the key's node, -1 when there is none, and
// an error when there are several.
func indexOf(mapping *yaml.Node, key string) (int, error) {
	at := -1
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if n := mapping.Content[i]; n.Kind != yaml.ScalarNode || n.Value != key {
			continue
		}
		if at >= 0 {
			return 0, byHand(mapping.Content[i], key+" is there twice")
		}
		at = i
	}
	return at, nil
}

func pathTo(path []string) string {
	if len(path) == 0 {
		return "the file"
	}
	return strings.Join(path, ".")
}

func describeForEdit(n *yaml.Node) string {
	if n.Kind == yaml.AliasNode {
		return "an alias"
	}
	return describe(n)
}

// fillEmptyFile appends to a file that holds at most comments.
func (d *document) fillEmptyFile(c Change) splice {
	if c.Delete {
		return splice{}
	}
	end := len(d.data)
	text := d.block(c.Path, c.Value, 0)
	if end > 0 && !d.atLineStart(end) {
		text = d.eol + text
	}
	return splice{end, end, text}
}

// setScalar replaces the scalar's own bytes.
func (d *document) setScalar(mapping, key, value *yaml.Node, want any) (splice, error) {
	if same(value, want) {
		return splice{}, nil
	}
	if err := checkReplaceable(value); err != nil {
		return splice{}, err
	}
	if value.Kind == yaml.ScalarNode && value.Value == "" && value.Style == 0 {
		return d.afterColon(key, render(want, styleOf(mapping)))
	}
	start := d.offset(value)
	end, err := d.end(value)
	return splice{start, end, render(want, value.Style)}, err
}

// checkReplaceable refuses what has more to it than its own bytes.
func checkReplaceable(n *yaml.Node) error {
	switch {
	case n.Kind == yaml.AliasNode:
		return nil
	case n.Kind != yaml.ScalarNode:
		return byHand(n, "there is "+describe(n))
	case n.Anchor != "":
		return byHand(n, "the value has an anchor (&"+n.Anchor+")")
	case n.Style&yaml.TaggedStyle != 0:
		return byHand(n, "the value has a tag ("+n.Tag+")")
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return byHand(n, "the value is a block of text")
	}
	return nil
}

// afterColon fills an empty value.
func (d *document) afterColon(key *yaml.Node, text string) (splice, error) {
	colon, end, err := d.colon(key)
	if err != nil {
		return splice{}, err
	}
	if !colon {
		return splice{end, end, ": " + text}, nil
	}
	return splice{end, end, " " + text}, nil
}

// fillNull gives an empty parent its first key.
func (d *document) fillNull(mapping, key, value *yaml.Node, c Change, from int) (splice, error) {
	if c.Delete {
		return splice{}, nil
	}
	if err := checkReplaceable(value); err != nil {
		return splice{}, err
	}
	flow := "{" + d.inline(c.Path[from:], c.Value, styleOf(mapping)) + "}"
	switch {
	case value.Value != "":
		start := d.offset(value)
		return splice{start, start + len(value.Value), flow}, nil
	case mapping.Style&yaml.FlowStyle != 0:
		return d.afterColon(key, flow)
	}
	_, end, err := d.colon(key)
	if err != nil {
		return splice{}, err
	}
	return d.newLine(end, d.block(c.Path[from:], c.Value, key.Column-1+d.step()))
}

// insertPair adds the rest of the path after the last pair of the mapping.
func (d *document) insertPair(mapping *yaml.Node, rest []string, value any) (splice, error) {
	flow := mapping.Style&yaml.FlowStyle != 0
	if len(mapping.Content) == 0 {
		start, err := d.open(mapping)
		return splice{start, start, d.inline(rest, value, 0)}, err
	}
	end, err := d.endOfPair(mapping, len(mapping.Content)-2)
	if err != nil {
		return splice{}, err
	}
	if flow {
		return splice{end, end, ", " + d.inline(rest, value, styleOf(mapping))}, nil
	}
	first := mapping.Content[0]
	if !d.startsLine(first) {
		return splice{}, byHand(first, "the mapping does not start on a line of its own")
	}
	return d.newLine(end, d.block(rest, value, first.Column-1))
}

// newLine inserts text, which ends in a line end, after the line of offset.
func (d *document) newLine(offset int, text string) (splice, error) {
	next, err := d.nextLine(offset)
	if err != nil {
		return splice{}, err
	}
	if next == len(d.data) && !d.atLineStart(next) {
		text = d.eol + strings.TrimSuffix(text, d.eol)
	}
	return splice{next, next, text}, nil
}

func (d *document) deletePair(mapping *yaml.Node, at int) (splice, error) {
	key := mapping.Content[at]
	end, err := d.endOfPair(mapping, at)
	if err != nil {
		return splice{}, err
	}
	if mapping.Style&yaml.FlowStyle != 0 {
		return d.deleteInline(mapping, at, end)
	}
	if !d.startsLine(key) {
		return splice{}, byHand(key, "the key does not start its line")
	}
	next, err := d.nextLine(end)
	return splice{start: d.lines[key.Line-1], end: next}, err
}

// deleteInline removes a pair of a {flow: mapping} with one of its commas.
func (d *document) deleteInline(mapping *yaml.Node, at, end int) (splice, error) {
	start := d.offset(mapping.Content[at])
	if at+2 < len(mapping.Content) {
		end = d.offset(mapping.Content[at+2])
	} else if at > 0 {
		before, err := d.endOfPair(mapping, at-2)
		if err != nil {
			return splice{}, err
		}
		start = before
	}
	if slices.Contains(d.data[start:end], '#') {
		return splice{}, byHand(mapping.Content[at], "there may be a comment beside it")
	}
	return splice{start: start, end: end}, nil
}
