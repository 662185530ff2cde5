package encoding

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// defaultStep is the indentation where the file has none to follow.
const defaultStep = 2

// block writes a path and its value as lines, each key one step deeper.
func (d *document) block(path []string, value any, indent int) string {
	var b strings.Builder
	for i, key := range path {
		b.WriteString(strings.Repeat(" ", indent+i*d.step()) + render(key, 0) + ":")
		if i == len(path)-1 {
			b.WriteString(" " + render(value, 0))
		}
		b.WriteString(d.eol)
	}
	return b.String()
}

// inline writes a path and its value as one pair of a flow mapping.
func (d *document) inline(path []string, value any, style yaml.Style) string {
	text := render(path[0], style) + ": "
	if len(path) == 1 {
		return text + render(value, style)
	}
	return text + "{" + d.inline(path[1:], value, style) + "}"
}

// styleOf returns the style of the quotes around a flow mapping's keys, so
// that JSON stays JSON.
func styleOf(mapping *yaml.Node) yaml.Style {
	if mapping.Style&yaml.FlowStyle == 0 || len(mapping.Content) == 0 {
		return 0
	}
	return mapping.Content[0].Style & yaml.DoubleQuotedStyle
}

// render writes a scalar; a text keeps the quotes that style asks for.
func render(value any, style yaml.Style) string {
	text, isText := value.(string)
	switch {
	case !isText:
		return fmt.Sprint(value)
	case style&yaml.SingleQuotedStyle != 0 && !strings.ContainsFunc(text, unprintable):
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	case style&yaml.DoubleQuotedStyle == 0 && safePlain(text):
		return text
	}
	return doubleQuote(text)
}

// safePlain reports whether text without quotes is that text and nothing else
// to every YAML parser, in block and in flow.
func safePlain(text string) bool {
	if !regexp.MustCompile(`^[A-Za-z/._][A-Za-z0-9/._+-]*$`).MatchString(text) {
		return false
	}
	switch strings.ToLower(text) {
	case "y", "n", "yes", "no", "on", "off":
		return false
	}
	var n yaml.Node
	return yaml.Unmarshal([]byte(text), &n) == nil && len(n.Content) == 1 &&
		n.Content[0].ShortTag() == "!!str" && n.Content[0].Value == text
}

func doubleQuote(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08X`, r)
		default:
			fmt.Fprintf(&b, `\u%04X`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
