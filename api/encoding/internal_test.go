package encoding

import (
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

func TestSplitPath(t *testing.T) {
	tests := map[string][]string{
		"":                            nil,
		"spec":                        {"spec"},
		"spec.ui.port":                {"spec", "ui", "port"},
		"spec.namespaces[0].name":     {"spec", "namespaces", "0", "name"},
		"spec.env[A.B]":               {"spec", "env", "A.B"},
		"metadata.annotations[a.b/c]": {"metadata", "annotations", "a.b/c"},
		"spec.dynamicConfig[a]b].c":   {"spec", "dynamicConfig", "a]b", "c"},
		"a[b][c]":                     {"a", "b", "c"},
		"a[open":                      {"a", "open"},
		"a[]":                         {"a", ""},
	}
	for path, want := range tests {
		if got := splitPath(path); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: want %q, got %q", path, want, got)
		}
	}
}

func TestLineOf(t *testing.T) {
	const text = "metadata:\n  name: x\nspec:\n  port: 1\n  list:\n    - a: 1\n    -\n      a: 2\n  other: &o\n    deep: 1\n  alias: *o\n"
	root, fault := parse([]byte(text))
	if fault != nil {
		t.Fatal(fault)
	}
	tests := map[string]int{
		"metadata.name": 2, "spec.port": 4, "spec.list[0].a": 6, "spec.list[1].a": 8, "spec.alias.deep": 10,
		// Derived, and so the line of what it is derived from.
		"spec.ui.port": 4, "spec.httpPort": 4, "spec.storage.path": 2,
		// Missing, and so the nearest parent.
		"spec.ip": 3, "spec.list[7]": 5, "spec.list[x]": 5, "spec.port.x": 4, "nothing": 1,
	}
	for path, want := range tests {
		if got := lineOf(root, path); got != want {
			t.Errorf("%s: want line %d, got %d", path, want, got)
		}
	}
}

func TestDistance(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"port", "port", 0}, {"prot", "port", 1}, {"por", "port", 1}, {"ports", "port", 1}, {"pott", "port", 1},
		{"", "port", 4}, {"port", "", 4}, {"abc", "xyz", 3}, {"ab", "ba", 1}, {"enabeld", "enabled", 1},
	}
	for _, tt := range tests {
		if got := distance(tt.a, tt.b); got != tt.want {
			t.Errorf("%q to %q: want %d, got %d", tt.a, tt.b, tt.want, got)
		}
	}
}

// Every text reads back as itself from every style that it is written in.
func TestRenderReadsBack(t *testing.T) {
	texts := []string{
		"", " ", "a", "a b", "true", "Yes", "no", "null", "~", "1", "0x1", "1e3", ".5", ".inf", "-", "- a", "? a", "a: b", "a #b", "#", "'", `"`, `\`,
		"it's", "{a}", "[a]", "a,b", "&a", "*a", "!a", "|", ">", "%a", "@a", "`a", "<<", "=", "2026-01-31", "12:30:45", "0o17", "1_000", "---", "...",
		"a\nb", "\n", "\t", "\r", "\x00", "\x1b", "\x7f", "\u0085", "\u00a0", "\u2028", "\ufeff", "\ufffe", "\U0001f600", "\U000e0001", strings.Repeat("long ", 100),
	}
	for _, text := range texts {
		for _, style := range []yaml.Style{0, yaml.SingleQuotedStyle, yaml.DoubleQuotedStyle} {
			for _, frame := range []string{"key: %\n", "{key: %}\n", "[%]\n"} {
				var n yaml.Node
				if err := yaml.Unmarshal([]byte(strings.Replace(frame, "%", render(text, style), 1)), &n); err != nil {
					t.Errorf("%q as %s in %s: %v", text, render(text, style), frame, err)
					continue
				}
				content := n.Content[0].Content
				if got := content[len(content)-1]; got.ShortTag() != "!!str" || got.Value != text {
					t.Errorf("%q as %s reads back as %s %q", text, render(text, style), got.ShortTag(), got.Value)
				}
			}
		}
	}
}

// The end of a node is where another parser would have to stop: what is cut
// out between start and end means the node alone.
func TestEndOfEveryNode(t *testing.T) {
	texts := []string{
		"a: 1 # c\nb: 'it''s' \nc: \"x\\\"\n  y\" # d\nd: two\n  lines\ne: [1, {f: 2}, 'x]', ] # e\ng: {h: , i}\n",
		"{a: [], b: {}, c: \"\", 'd': 'e', \"f\": [g, [h]]}\n",
		"- a\n- b: c\n  d: |\n    e\n    # f\n\n  g: >-\n   h\n\n   i\n- [j]\n",
		"ä: 'ö'\nü: [€, \"\U0001f600\"]\n",
	}
	for _, text := range texts {
		root, fault := parse([]byte(text))
		if fault != nil {
			t.Fatal(fault)
		}
		checkEnds(t, newDocument([]byte(text), root), root)
	}
}

func checkEnds(t *testing.T, d *document, n *yaml.Node) {
	t.Helper()
	for _, child := range n.Content {
		checkEnds(t, d, child)
	}
	block := n.Style&(yaml.LiteralStyle|yaml.FoldedStyle|yaml.FlowStyle) == 0 && n.Kind != yaml.ScalarNode
	if block || n.Value == "" && len(n.Content) == 0 && n.Style == 0 {
		return
	}
	end, err := d.end(n)
	if err != nil {
		t.Errorf("line %d: %v", n.Line, err)
		return
	}
	cut := string(d.data[d.offset(n):end])
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		cut += "\n"
	}
	root, fault := parse([]byte(cut))
	if fault != nil {
		t.Errorf("%q: %v", cut, fault)
		return
	}
	got, _ := treeOf(root)
	want, _ := treeOf(n)
	if !got.equal(want) {
		t.Errorf("%q is not the node of line %d", cut, n.Line)
	}
}

func TestFaultPrints(t *testing.T) {
	tests := map[string]Fault{
		"problem":                    {Problem: "problem"},
		"a.b: problem":               {Field: "a.b", Problem: "problem"},
		"a.b: problem (remedy)":      {Field: "a.b", Problem: "problem", Remedy: "remedy"},
		`a\nb: two\nlines (and\tme)`: {Field: "a\nb", Problem: "two\nlines", Remedy: "and\tme"},
	}
	for want, fault := range tests {
		if got := fault.String(); got != want {
			t.Errorf("want %s, got %s", want, got)
		}
	}
	if got := quoteValue(strings.Repeat("ä", 100)); got != `"`+strings.Repeat("ä", 80)+`…"` {
		t.Errorf("not shortened: %s", got)
	}
}

func TestInvalidErrorIsInTheOrderOfTheFile(t *testing.T) {
	err := invalid("f", []Fault{{Line: 3, Problem: "c"}, {Line: 1, Problem: "a"}, {Line: 3, Problem: "d"}, {Problem: "whole"}})
	if want := "f: whole\nf:1: a\nf:3: c\nf:3: d"; err.Error() != want {
		t.Errorf("want\n%s\ngot\n%s", want, err)
	}
	if invalid("f", nil) != nil {
		t.Error("an error without a fault")
	}
}

// A parser that panics must not end the daemon.
func TestSplitSurvivesGarbage(t *testing.T) {
	for _, text := range []string{"\x00", "\xff", "%YAML 9.9\n---\n", "&", "*", "!", "!<", "? ? ?", "- - -\n -", "|9\n", "a: &a &b c", strings.Repeat("{", 20000)} {
		if _, err := split([]byte(text)); err != nil && err.Error() == "" {
			t.Errorf("%q: an empty error", text)
		}
	}
}
