package encoding_test

import (
	"strings"
	"testing"

	"github.com/stigmer/stigmer-local/api/encoding"
	"github.com/stigmer/stigmer-local/config/samples"
)

func TestEditRefusesWhatItCannotDoForCertain(t *testing.T) {
	tests := map[string]struct {
		before string
		change encoding.Change
		want   string
	}{
		"a block text":          {"spec:\n  port: |\n    x\n", set(1, port...), "line 2: the value is a block of text; change it by hand"},
		"an anchored value":     {"spec:\n  port: &p 1\n", set(2, port...), "line 2: the value has an anchor (&p)"},
		"an anchored null":      {"spec: &p\n", set(2, port...), "line 1: the value has an anchor (&p)"},
		"a tagged value":        {"spec:\n  port: !!int 1\n", set(2, port...), "line 2: the value has a tag (!!int)"},
		"a mapping":             {"spec:\n  port: {a: 1}\n", set(2, port...), "line 2: there is a mapping"},
		"a list":                {"spec:\n  port: [1]\n", set(2, port...), "line 2: there is a list"},
		"a list on the way":     {"spec: [1]\n", set(2, port...), "line 1: spec is a list, not a mapping"},
		"a text on the way":     {"spec: x\n", set(2, port...), "line 1: spec is a text, not a mapping"},
		"a list as the file":    {"[1]\n", set(2, port...), "line 1: the file is a list, not a mapping"},
		"an alias on the way":   {"a: &a {port: 1}\nspec: *a\n", set(2, port...), "line 2: spec is an alias, not a mapping"},
		"a mapping with alias":  {"spec: &a\n  port: 1\nb: *a\n", set(2, port...), "the result would differ in more than this; change it by hand"},
		"an insert with alias":  {"spec: &a\n  ip: x\nb: *a\n", set(2, port...), "the result would differ in more than this"},
		"an anchor in use":      {"spec:\n  port: &p 1\nb: *p\n", remove(port...), "the result would not be valid"},
		"a duplicate key":       {"spec:\n  port: 1\n  port: 2\n", set(2, port...), "line 3: port is there twice"},
		"a question mark":       {"spec:\n  ? port\n  : 1\n", remove(port...), "change it by hand"},
		"a comment in flow":     {"spec: {port: 1, # c\n ip: x}\n", remove(port...), "line 1: there may be a comment beside it"},
		"invalid YAML":          {"spec: {\n", set(2, port...), "line 1: not valid YAML"},
		"two documents":         {"a: 1\n---\nb: 2\n", set(2, port...), "line 2: more than one document"},
		"no UTF-8":              {"a: \xff\n", set(2, port...), "not UTF-8"},
		"no path":               {"a: 1\n", set(2), "the path is empty"},
		"an unsupported type":   {"a: 1\n", set(1.5, "a"), "a value of type float64 is not supported"},
		"a text that is no one": {"a: 1\n", set("\xff", "a"), "the result would differ"},
		"too large":             {strings.Repeat("#", encoding.MaxFileSize+1), set(1, "a"), "larger than 1 MiB"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := encoding.Edit([]byte(tt.before), tt.change)
			if err == nil || got != nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("want %s\ngot  %v\n%s", tt.want, err, got)
			}
			if err != nil && !strings.HasPrefix(err.Error(), "cannot "+tt.change.String()+": ") {
				t.Errorf("the change is not named: %v", err)
			}
		})
	}
}

func TestEditChangesNothingWhenOneOfSeveralFails(t *testing.T) {
	got, err := encoding.Edit([]byte("spec:\n  port: 1\n  ip: |\n    x\n"), set(2, port...), set("y", "spec", "ip"))
	if err == nil || got != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestEditDoesNotTouchItsInput(t *testing.T) {
	data := samples.Temporal()
	got, err := encoding.Edit(data, set(false, enabled...), set(1, port...))
	if err != nil || string(data) != string(samples.Temporal()) {
		t.Fatalf("the input changed, %v", err)
	}
	same, err := encoding.Edit(got)
	if err != nil || string(same) != string(got) || &same[0] == &got[0] {
		t.Errorf("no change must give a copy, %v", err)
	}
}

func TestChangePrintsItself(t *testing.T) {
	tests := map[string]encoding.Change{
		"set spec.port to 1":         set(1, port...),
		"set spec.enabled to false":  set(false, enabled...),
		"remove metadata.labels.a/b": remove("metadata", "labels", "a/b"),
		`set spec.ip to "a\nb"`:      set("a\nb", "spec", "ip"),
		`set a\nb to 1`:              set(1, "a\nb"),
		"set spec.env.KEY":           set("s3cret", "spec", "env", "KEY"),
	}
	for want, change := range tests {
		if got := change.String(); got != want {
			t.Errorf("want %s, got %s", want, got)
		}
	}
}
