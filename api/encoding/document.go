package encoding

import (
	"bytes"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// document is a YAML text with the means to go from a node to its bytes.
type document struct {
	data []byte
	// root is nil when the text holds at most comments.
	root *yaml.Node
	// lines holds the offset of the start of each line.
	lines []int
	// eol is the line end that the text uses.
	eol string
}

func newDocument(data []byte, root *yaml.Node) *document {
	d := &document{data: data, root: root, lines: []int{0}, eol: "\n"}
	for i := 0; i < len(data); {
		size := breakAt(data, i)
		if size == 0 {
			i++
			continue
		}
		i += size
		d.lines = append(d.lines, i)
	}
	if first := bytes.IndexByte(data, '\n'); first > 0 && data[first-1] == '\r' {
		d.eol = "\r\n"
	}
	return d
}

// breakAt returns the size of the line break at an offset, 0 for none. The
// parser counts lines by YAML 1.1, where CR, NEL, LS and PS end one too.
func breakAt(data []byte, i int) int {
	rest := data[i:]
	switch {
	case bytes.HasPrefix(rest, []byte("\r\n")), bytes.HasPrefix(rest, []byte("\u0085")):
		return 2
	case rest[0] == '\n', rest[0] == '\r':
		return 1
	case bytes.HasPrefix(rest, []byte("\u2028")), bytes.HasPrefix(rest, []byte("\u2029")):
		return 3
	}
	return 0
}

// offset returns where a node starts, its anchor or tag included. Columns
// count characters.
func (d *document) offset(n *yaml.Node) int {
	if n.Line < 1 || n.Line > len(d.lines) {
		return len(d.data)
	}
	at := d.lines[n.Line-1]
	for range n.Column - 1 {
		_, size := utf8.DecodeRune(d.data[at:])
		at += size
	}
	return at
}

// step returns the indentation that the file uses.
func (d *document) step() int {
	if d.root == nil || d.root.Kind != yaml.MappingNode {
		return defaultStep
	}
	for i := 0; i+1 < len(d.root.Content); i += 2 {
		value := d.root.Content[i+1]
		if value.Kind == yaml.MappingNode && value.Style&yaml.FlowStyle == 0 && len(value.Content) > 0 {
			if step := value.Content[0].Column - d.root.Content[i].Column; step > 0 {
				return step
			}
		}
	}
	return defaultStep
}

func (d *document) atLineStart(offset int) bool {
	return d.lines[len(d.lines)-1] == offset || offset == 0
}

// startsLine reports whether nothing but spaces stands before the node.
func (d *document) startsLine(n *yaml.Node) bool {
	before := d.data[d.lines[n.Line-1]:d.offset(n)]
	return len(bytes.Trim(before, " ")) == 0
}

// nextLine returns the start of the line after the one of offset. What is left
// of the line must be blank or a comment.
func (d *document) nextLine(offset int) (int, error) {
	at := offset
	for at < len(d.data) && breakAt(d.data, at) == 0 {
		at++
	}
	rest := d.data[offset:at]
	if trimmed := bytes.TrimLeft(rest, " \t"); len(trimmed) > 0 && (trimmed[0] != '#' || len(trimmed) == len(rest)) {
		return 0, byHand(&yaml.Node{Line: d.lineAt(offset)}, "something follows the value in its line")
	}
	if at < len(d.data) {
		at += breakAt(d.data, at)
	}
	return at, nil
}

func (d *document) lineAt(offset int) int {
	line := 1
	for line < len(d.lines) && d.lines[line] <= offset {
		line++
	}
	return line
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
