package encoding_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/stigmer/stigmer-local/api/encoding"
	"github.com/stigmer/stigmer-local/config/samples"
)

// author writes random documents of the layouts that people use.
type author struct {
	*rand.Rand
	out strings.Builder
	// paths of every scalar and of every mapping that was written.
	scalars, mappings [][]string
}

func (a *author) oneOf(texts ...string) string { return texts[a.IntN(len(texts))] }

func (a *author) comment(indent string) {
	for range a.IntN(3) {
		a.out.WriteString(a.oneOf("\n", indent+"# port: 1\n", "# ä: {b\n", indent+"#\ttab 'quote\n"))
	}
}

func (a *author) mapping(path []string, indent string, depth int) {
	a.mappings = append(a.mappings, path)
	step := a.oneOf("  ", "    ", " ")
	for i := range 1 + a.IntN(4) {
		key := fmt.Sprintf("k%d", i)
		a.comment(indent)
		a.out.WriteString(indent + a.oneOf(key, `"`+key+`"`, "'"+key+"'") + a.oneOf(":", " :"))
		a.value(append(slices.Clone(path), key), indent+step, depth)
	}
}

func (a *author) value(path []string, indent string, depth int) {
	switch kind := a.IntN(9); {
	case kind < 3 && depth > 0:
		a.out.WriteString(a.oneOf("\n", " # opens\n"))
		a.mapping(path, indent, depth-1)
	case kind == 3:
		a.out.WriteString(a.oneOf(" [1, 'a]', {b: c}]\n", "\n"+indent+"- x # y\n"+indent+"- {z: [1]}\n", " [\n"+indent+"a, # c\n"+indent+"]\n"))
	case kind == 4:
		a.out.WriteString(a.oneOf(" |", " >-") + "\n" + indent + "text # no comment\n\n" + indent + "  more\n")
	case kind == 5:
		a.mappings = append(a.mappings, path)
		a.out.WriteString(a.oneOf(" {}", " {q: 1}", " { 'r': \"x, }\" , }", " {s: {t: [u, v]},\n"+indent+"w: z}") + a.oneOf("\n", " # flow\n"))
	default:
		a.scalars = append(a.scalars, path)
		a.out.WriteString(" " + a.oneOf("1", "true", "plain text", "'it''s'", `"a \" # b"`, "", "~", "v # c", `"long`+"\n"+indent+`quote"`, "two\n"+indent+"lines") + a.oneOf("\n", " # end\n"))
	}
}

// write returns a document, at times with CRLF, markers or no last newline.
func (a *author) write() string {
	a.out.WriteString(a.oneOf("", "", "---\n", "# top\n\n"))
	a.mapping(nil, "", 3)
	text := a.out.String() + a.oneOf("", "", "# end\n", "...\n")
	if a.IntN(4) == 0 {
		text = strings.TrimSuffix(text, "\n")
	}
	if a.IntN(4) == 0 {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	return text
}

func (a *author) change() encoding.Change {
	if len(a.scalars) > 0 && a.IntN(2) == 0 {
		path := a.scalars[a.IntN(len(a.scalars))]
		if a.IntN(3) == 0 {
			return remove(path...)
		}
		return set(a.newValue(), path...)
	}
	path := append(slices.Clone(a.mappings[a.IntN(len(a.mappings))]), "new")
	if a.IntN(2) == 0 {
		path = append(path, "deep.er/key")
	}
	return set(a.newValue(), path...)
}

func (a *author) newValue() any {
	return []any{true, false, 0, -7, 65535, "word", "two words", "", "12", "a: b # c", "line\nbreak", "ü"}[a.IntN(12)]
}

func TestEditProperty(t *testing.T) {
	refused := 0
	const documents = 1000
	for seed := range uint64(documents) {
		a := &author{Rand: rand.New(rand.NewPCG(seed, 1))}
		before := a.write()
		change := a.change()
		after, err := encoding.Edit([]byte(before), change)
		if err != nil {
			refused++
			continue
		}
		if problem := judgeEdit(before, string(after), change); problem != "" {
			t.Fatalf("seed %d, %s: %s\nbefore:\n%s\nafter:\n%s", seed, change, problem, before, after)
		}
	}
	t.Logf("%d documents, %d edits refused", documents, refused)
	if refused > documents/50 {
		t.Errorf("%d of %d ordinary edits were refused", refused, documents)
	}
}

// judgeEdit says what is wrong with an edit, by another YAML parser than the
// one that the edit used.
func judgeEdit(before, after string, change encoding.Change) string {
	want, got := map[string]any{}, map[string]any{}
	if err := yaml.Unmarshal([]byte(before), &want); err != nil {
		return "the original is not valid: " + err.Error()
	}
	if err := yaml.Unmarshal([]byte(after), &got); err != nil {
		return err.Error()
	}
	applyTo(want, change.Path, change)
	if !reflect.DeepEqual(tidy(want), tidy(got)) {
		return fmt.Sprintf("want %v, got %v", want, got)
	}
	return lostLines(before, after, change)
}

func applyTo(object map[string]any, path []string, change encoding.Change) {
	key := path[0]
	child, _ := object[key].(map[string]any)
	switch {
	case len(path) > 1 && child == nil:
		child = map[string]any{}
		object[key] = child
		fallthrough
	case len(path) > 1:
		applyTo(child, path[1:], change)
	case change.Delete:
		delete(object, key)
	default:
		object[key] = change.Value
		if n, ok := change.Value.(int); ok {
			object[key] = float64(n)
		}
	}
}

// tidy makes an empty mapping nothing, at every depth.
func tidy(value any) any {
	object, ok := value.(map[string]any)
	if !ok {
		return value
	}
	result := map[string]any{}
	for key, child := range object {
		result[key] = tidy(child)
	}
	if len(result) == 0 {
		return nil
	}
	return result
}

// lostLines checks that all lines but those of the changed value are still
// there, byte for byte and in order, with their own line ends.
func lostLines(before, after string, change encoding.Change) string {
	old, edited := strings.SplitAfter(before, "\n"), strings.SplitAfter(after, "\n")
	kept := 0
	for kept < min(len(old), len(edited)) && old[kept] == edited[kept] {
		kept++
	}
	old, edited = old[kept:], edited[kept:]
	for len(old) > 0 && len(edited) > 0 && old[len(old)-1] == edited[len(edited)-1] {
		old, edited = old[:len(old)-1], edited[:len(edited)-1]
	}
	// A value takes at most two lines in these documents.
	if len(old) > 2 {
		return fmt.Sprintf("%d lines are lost", len(old))
	}
	if !change.Delete && comments(after) < comments(before) {
		return "a comment is lost"
	}
	return ""
}

// comments counts comments, and not the values that look like one.
func comments(text string) int {
	return strings.Count(strings.NewReplacer(`\" # b`, "", "b # c", "").Replace(text), "# ")
}

func TestEditRealFiles(t *testing.T) {
	crd, err := os.ReadFile("../../config/crd/local.stigmer.ai_temporals.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		"sample": string(samples.Temporal()), "all fields": string(samples.AllFields()), "crd": string(crd),
		"sample CRLF": strings.ReplaceAll(string(samples.Temporal()), "\n", "\r\n"),
	}
	changes := []encoding.Change{
		set(false, "spec", "enabled"), set(9000, "spec", "port"), set(9001, "spec", "ui", "port"), set("Memory", "spec", "storage", "type"),
		set("/data/x.db", "spec", "storage", "path"), set("2026-01-31T12:00:00Z", "metadata", "annotations", "local.stigmer.ai/restarted-at"),
		remove("spec", "storage", "path"), remove("metadata", "annotations", "local.stigmer.ai/restarted-at"), remove("spec", "storage"),
	}
	for name, before := range files {
		for _, change := range changes {
			after, err := encoding.Edit([]byte(before), change)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if problem := judgeEdit(before, string(after), change); problem != "" && !change.Delete {
				t.Errorf("%s, %s: %s", name, change, problem)
			}
		}
	}
}
