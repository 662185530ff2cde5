package encoding

import (
	"bytes"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// end returns the offset after the last byte of a node; the parser tells only
// where a node starts. For a block scalar that is the end of its last line.
func (d *document) end(n *yaml.Node) (int, error) {
	start := d.skipProperties(n)
	switch {
	case n.Kind == yaml.AliasNode:
		return start + len("*") + len(n.Value), nil
	case n.Kind == yaml.ScalarNode:
		return d.endOfScalar(n, start)
	case n.Style&yaml.FlowStyle != 0:
		return d.endOfFlow(n, start)
	case len(n.Content) == 0:
		return 0, byHand(n, "its end cannot be told")
	case n.Kind == yaml.MappingNode:
		return d.endOfPair(n, len(n.Content)-2)
	}
	return d.end(n.Content[len(n.Content)-1])
}

// endOfPair returns the end of the value, or of the colon before an empty one.
func (d *document) endOfPair(mapping *yaml.Node, at int) (int, error) {
	key, value := mapping.Content[at], mapping.Content[at+1]
	bare := value.Kind == yaml.ScalarNode && value.Value == "" && value.Style == 0 && value.Anchor == ""
	if !bare {
		return d.end(value)
	}
	_, end, err := d.colon(key)
	return end, err
}

// colon returns the offset after a key's colon, or after the key when it has
// none, as in {a, b}.
func (d *document) colon(key *yaml.Node) (found bool, end int, err error) {
	if key.Kind != yaml.ScalarNode {
		return false, 0, byHand(key, "the key is not a plain text")
	}
	end, err = d.end(key)
	if err != nil {
		return false, 0, err
	}
	rest := bytes.TrimLeft(d.data[end:], " \t")
	if bytes.HasPrefix(rest, []byte(":")) {
		return true, len(d.data) - len(rest) + 1, nil
	}
	return false, end, nil
}

// skipProperties returns the offset after a node's anchor and tag.
func (d *document) skipProperties(n *yaml.Node) int {
	at := d.offset(n)
	if n.Anchor == "" && n.Style&yaml.TaggedStyle == 0 {
		return at
	}
	for at < len(d.data) && (d.data[at] == '&' || d.data[at] == '!') {
		for at < len(d.data) && !isSpace(d.data[at]) {
			at++
		}
		if n.Kind == yaml.ScalarNode && n.Value == "" && n.Style&^yaml.TaggedStyle == 0 {
			return at
		}
		for at < len(d.data) && isSpace(d.data[at]) {
			at++
		}
	}
	return at
}

func (d *document) endOfScalar(n *yaml.Node, start int) (int, error) {
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		return d.closing(n, start, '"', `\`)
	case n.Style&yaml.SingleQuotedStyle != 0:
		return d.closing(n, start, '\'', `'`)
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return d.endOfBlockScalar(n), nil
	}
	return d.endOfPlain(n, start)
}

// closing finds the quote that ends a quoted scalar. escape is what makes a
// quote after it, or for single quotes before it, part of the text.
func (d *document) closing(n *yaml.Node, start int, quote byte, escape string) (int, error) {
	if start >= len(d.data) || d.data[start] != quote {
		return 0, byHand(n, "the quoted text cannot be found")
	}
	for at := start + 1; at < len(d.data); at++ {
		next := at + 1
		switch {
		case d.data[at] == quote && quote == escape[0] && next < len(d.data) && d.data[next] == quote:
			at++
		case d.data[at] == quote:
			return next, nil
		case d.data[at] == escape[0] && quote != escape[0]:
			at++
		}
	}
	return 0, byHand(n, "the quoted text does not end")
}

// endOfPlain follows the text in the file. Over several lines the parser has
// folded each break with the blanks around it.
func (d *document) endOfPlain(n *yaml.Node, start int) (int, error) {
	at := start
	for i := 0; i < len(n.Value); {
		if isSpace(n.Value[i]) {
			if at >= len(d.data) || !isSpace(d.data[at]) {
				return 0, byHand(n, "the text cannot be found")
			}
			i, at = skipSpace([]byte(n.Value), i), skipSpace(d.data, at)
			continue
		}
		r, size := utf8.DecodeRuneInString(n.Value[i:])
		if got, _ := utf8.DecodeRune(d.data[min(at, len(d.data)):]); got != r {
			return 0, byHand(n, "the text cannot be found")
		}
		i, at = i+size, at+size
	}
	return at, nil
}

func skipSpace(data []byte, at int) int {
	for at < len(data) && isSpace(data[at]) {
		at++
	}
	return at
}

// endOfFlow goes on from the last child to the bracket that closes.
func (d *document) endOfFlow(n *yaml.Node, start int) (int, error) {
	at, err := start+1, error(nil)
	if last := len(n.Content) - 1; last >= 0 && n.Kind == yaml.MappingNode {
		at, err = d.endOfPair(n, last-1)
	} else if last >= 0 {
		at, err = d.end(n.Content[last])
	}
	if err != nil {
		return 0, err
	}
	at = d.skipFiller(at)
	if at >= len(d.data) || (d.data[at] != '}' && d.data[at] != ']') {
		return 0, byHand(n, "the closing bracket cannot be found")
	}
	return at + 1, nil
}

// skipFiller passes blanks, commas and comments.
func (d *document) skipFiller(at int) int {
	for at < len(d.data) {
		switch c := d.data[at]; {
		case isSpace(c) || c == ',':
			at++
		case c == '#':
			for at < len(d.data) && breakAt(d.data, at) == 0 {
				at++
			}
		default:
			return at
		}
	}
	return at
}

// open returns the offset after the bracket that opens an empty flow mapping.
func (d *document) open(n *yaml.Node) (int, error) {
	at := d.skipProperties(n)
	if at >= len(d.data) || d.data[at] != '{' {
		return 0, byHand(n, "the mapping cannot be found")
	}
	return at + 1, nil
}

// endOfBlockScalar takes every following line that is blank or indented at
// least as deep as the first line of the text, then gives back the blank ones
// unless "+" keeps them.
func (d *document) endOfBlockScalar(n *yaml.Node) int {
	header := n.Line
	last, depth := header, -1
	for line := header + 1; line <= len(d.lines); line++ {
		text := d.lineText(line)
		indent := len(text) - len(bytes.TrimLeft(text, " "))
		blank := len(bytes.TrimSpace(text)) == 0
		if !blank && depth < 0 {
			depth = indent
		}
		if !blank && (indent < depth || indent == 0) {
			break
		}
		if !blank || bytes.ContainsRune(d.lineText(header), '+') {
			last = line
		}
	}
	return d.lines[last-1] + len(d.lineText(last))
}

// lineText returns a line without its line end.
func (d *document) lineText(line int) []byte {
	start, end := d.lines[line-1], len(d.data)
	if line < len(d.lines) {
		end = d.lines[line]
	}
	return bytes.TrimRight(d.data[start:end], "\r\n\u0085\u2028\u2029")
}
