package encoding

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"
)

// tree is what a YAML text means: aliases replaced, comments and styles gone,
// order kept. Edit compares the tree it wants with the tree it got.
type tree struct {
	kind       yaml.Kind
	tag, value string
	content    []*tree
}

// expected returns the tree of root with the change applied.
func expected(root *yaml.Node, c Change) (*tree, error) {
	t, err := treeOf(root)
	if err != nil {
		return nil, err
	}
	return t.with(c.Path, c), nil
}

// verify is the last word on an edit.
func verify(data []byte, want *tree) error {
	root, fault := parse(data)
	if fault != nil {
		return fmt.Errorf("the result would not be valid (%s); change it by hand", fault)
	}
	got, err := treeOf(root)
	if err != nil {
		return err
	}
	if !got.equal(want) {
		return fmt.Errorf("the result would differ in more than this; change it by hand")
	}
	return nil
}

func treeOf(root *yaml.Node) (*tree, error) {
	b := builder{budget: maxNodes}
	t := b.build(root, 0)
	if b.budget <= 0 {
		return nil, fmt.Errorf("more or deeper values than can be read, aliases included")
	}
	return t, nil
}

type builder struct{ budget int }

func (b *builder) build(n *yaml.Node, depth int) *tree {
	if n == nil {
		return &tree{kind: yaml.ScalarNode, tag: "!!null"}
	}
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if b.budget--; depth > maxDepth {
		b.budget = 0
	}
	t := &tree{kind: n.Kind, tag: n.ShortTag(), value: n.Value}
	if t.tag == "!!null" {
		t.value = ""
	}
	for _, child := range n.Content {
		if b.budget <= 0 {
			break
		}
		t.content = append(t.content, b.build(child, depth+1))
	}
	return t
}

// with returns t with the change applied at the rest of its path. What cannot
// hold a key is replaced; the plan refuses such a change before.
func (t *tree) with(path []string, c Change) *tree {
	if len(path) == 0 {
		return scalarTree(c.Value)
	}
	at := slices.IndexFunc(t.keys(), func(key string) bool { return key == path[0] })
	if at < 0 && c.Delete {
		return t
	}
	result := &tree{kind: yaml.MappingNode, tag: "!!map", content: slices.Clone(t.content)}
	switch {
	case at < 0:
		child := (&tree{}).with(path[1:], c)
		result.content = append(result.content, scalarTree(path[0]), child)
	case c.Delete && len(path) == 1:
		result.content = slices.Delete(result.content, 2*at, 2*at+2)
	default:
		result.content[2*at+1] = t.content[2*at+1].with(path[1:], c)
	}
	return result
}

func (t *tree) keys() []string {
	var keys []string
	if t.kind == yaml.MappingNode {
		for i := 0; i+1 < len(t.content); i += 2 {
			keys = append(keys, t.content[i].value)
		}
	}
	return keys
}

// equal treats an empty mapping and nothing alike: that is what is left of a
// section when its last key is removed.
func (t *tree) equal(other *tree) bool {
	if t.empty() && other.empty() {
		return true
	}
	return t.kind == other.kind && t.tag == other.tag && t.value == other.value &&
		slices.EqualFunc(t.content, other.content, (*tree).equal)
}

func (t *tree) empty() bool {
	return t.tag == "!!null" || t.kind == yaml.MappingNode && len(t.content) == 0
}

func scalarTree(value any) *tree {
	t := &tree{kind: yaml.ScalarNode, tag: "!!int", value: fmt.Sprint(value)}
	switch value.(type) {
	case string:
		t.tag = "!!str"
	case bool:
		t.tag = "!!bool"
	}
	return t
}

// same reports whether the value stands there already.
func same(n *yaml.Node, value any) bool {
	t := scalarTree(value)
	return n.Kind == yaml.ScalarNode && n.ShortTag() == t.tag && n.Value == t.value
}
