package encoding_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stigmer/stigmer-local/api/encoding"
)

func set(value any, path ...string) encoding.Change {
	return encoding.Change{Path: path, Value: value}
}

func remove(path ...string) encoding.Change {
	return encoding.Change{Path: path, Delete: true}
}

type editRow struct {
	name, before string
	change       encoding.Change
	after        string
}

func checkEdits(t *testing.T, rows []editRow) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			got, err := encoding.Edit([]byte(r.before), r.change)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(r.after, string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			again, err := encoding.Edit(got, r.change)
			if err != nil || string(again) != string(got) {
				t.Errorf("the same edit again changes it: %v\n%s", err, again)
			}
		})
	}
}

var (
	enabled = []string{"spec", "enabled"}
	port    = []string{"spec", "port"}
)

func TestEditReplacesOnlyTheScalar(t *testing.T) {
	checkEdits(t, []editRow{
		{"plain", "spec:\n  port: 7233\n", set(9000, port...), "spec:\n  port: 9000\n"},
		{"comment", "spec: # a\n  port: 7233   # b: c\n  # d\n", set(1, port...), "spec: # a\n  port: 1   # b: c\n  # d\n"},
		{"odd spaces", "spec:\n      port :    7233  \n\n\n", set(1, port...), "spec:\n      port :    1  \n\n\n"},
		{"no last newline", "spec:\n  port: 7233", set(1, port...), "spec:\n  port: 1"},
		{"CRLF", "spec:\r\n  port: 7233\r\n  ip: x\r\n", set(1, port...), "spec:\r\n  port: 1\r\n  ip: x\r\n"},
		{"byte order mark", "\ufeffspec: {port: 7233}\n", set(1, port...), "\ufeffspec: {port: 1}\n"},
		{"wide letters before", "größe: {ü: '€'}\nspec: {ö: ü, port: 7233}\n", set(1, port...), "größe: {ü: '€'}\nspec: {ö: ü, port: 1}\n"},
		{"tab in a comment", "spec:\n  port: 7233\t# a\tb\n", set(1, port...), "spec:\n  port: 1\t# a\tb\n"},
		{"odd line ends", "# a\u2028# b\u0085# c\rspec:\n  port: 7233\n", set(1, port...), "# a\u2028# b\u0085# c\rspec:\n  port: 1\n"},
		{"bool", "spec:\n  enabled: true\n", set(false, enabled...), "spec:\n  enabled: false\n"},
		{"word for bool", "spec:\n  enabled: yes\n", set(true, enabled...), "spec:\n  enabled: true\n"},
		{"quoted key", "\"spec\":\n  'port': 7233\n", set(1, port...), "\"spec\":\n  'port': 1\n"},
		{"JSON", `{"spec":{"port":7233,"ip":"x"}}`, set(1, port...), `{"spec":{"port":1,"ip":"x"}}`},
		{"an alias is replaced", "a: &a 1\nspec:\n  port: *a\n", set(2, port...), "a: &a 1\nspec:\n  port: 2\n"},
		{"folded text", "spec:\n  port: a\n    b\n    c # d\n  ip: x\n", set(1, port...), "spec:\n  port: 1 # d\n  ip: x\n"},
		{"text for a number", "spec:\n  port: 'it''s'  # c\n", set(1, port...), "spec:\n  port: 1  # c\n"},
		{"the same", "spec:\n  port:  1 #\n", set(1, port...), "spec:\n  port:  1 #\n"},
		{"int32", "spec:\n  port: 2\n", set(int32(1), port...), "spec:\n  port: 1\n"},
		{"int64", "spec:\n  port: 2\n", set(int64(1), port...), "spec:\n  port: 1\n"},
	})
}

func TestEditWritesTextsSoThatTheyStayTexts(t *testing.T) {
	ip := []string{"spec", "ip"}
	checkEdits(t, []editRow{
		{"plain", "spec:\n  ip: a\n", set("/data/x.db", ip...), "spec:\n  ip: /data/x.db\n"},
		{"single quotes stay", "spec:\n  ip: 'a'\n", set("it's", ip...), "spec:\n  ip: 'it''s'\n"},
		{"double quotes stay", "spec:\n  ip: \"a\\\"\"\n", set("b", ip...), "spec:\n  ip: \"b\"\n"},
		{"address", "spec:\n  ip: a\n", set("::1", ip...), "spec:\n  ip: \"::1\"\n"},
		{"number", "spec:\n  ip: a\n", set("12", ip...), "spec:\n  ip: \"12\"\n"},
		{"truth", "spec:\n  ip: a\n", set("true", ip...), "spec:\n  ip: \"true\"\n"},
		{"yes", "spec:\n  ip: a\n", set("Yes", ip...), "spec:\n  ip: \"Yes\"\n"},
		{"null", "spec:\n  ip: a\n", set("null", ip...), "spec:\n  ip: \"null\"\n"},
		{"empty", "spec:\n  ip: a\n", set("", ip...), "spec:\n  ip: \"\"\n"},
		{"time", "spec:\n  ip: a\n", set("2026-01-31T12:00:00Z", ip...), "spec:\n  ip: \"2026-01-31T12:00:00Z\"\n"},
		{"hash", "spec:\n  ip: a\n", set("a #b", ip...), "spec:\n  ip: \"a #b\"\n"},
		{"merge", "spec:\n  ip: a\n", set("<<", ip...), "spec:\n  ip: \"<<\"\n"},
		{"control letters", "spec:\n  ip: 'a'\n", set("a\n\t\x01\x7f\u0085\"\\\U000e0001", ip...), "spec:\n  ip: \"a\\n\\t\\u0001\\u007F\\u0085\\\"\\\\\\U000E0001\"\n"},
	})
}

func TestEditInsertsIntoABlock(t *testing.T) {
	checkEdits(t, []editRow{
		{"after its siblings", "spec:\n  ip: x # a\nother: 1\n", set(1, port...), "spec:\n  ip: x # a\n  port: 1\nother: 1\n"},
		{"with their indentation", "spec:\n     ip: x\n", set(1, port...), "spec:\n     ip: x\n     port: 1\n"},
		{"before the comments below", "spec:\n  ip: x\n\n  # ui:\n  #   port: 1\n", set(1, port...), "spec:\n  ip: x\n  port: 1\n\n  # ui:\n  #   port: 1\n"},
		{"no last newline", "spec:\n  ip: x", set(1, port...), "spec:\n  ip: x\n  port: 1"},
		{"CRLF", "spec:\r\n  ip: x\r\n", set(1, port...), "spec:\r\n  ip: x\r\n  port: 1\r\n"},
		{"after a nested sibling", "spec:\n  ui:\n    port: 1\n  # end\n", set(1, port...), "spec:\n  ui:\n    port: 1\n  port: 1\n  # end\n"},
		{"after a list", "spec:\n  extraArgs:\n  - a\n  - b # c\n", set(1, port...), "spec:\n  extraArgs:\n  - a\n  - b # c\n  port: 1\n"},
		{"after a flow list", "spec:\n  extraArgs: [a, # b\n    'c]',\n  ]\n", set(1, port...), "spec:\n  extraArgs: [a, # b\n    'c]',\n  ]\n  port: 1\n"},
		{"after a block text", "spec:\n  a: |\n    x\n    # no comment\n\n# end\n", set(1, port...), "spec:\n  a: |\n    x\n    # no comment\n  port: 1\n\n# end\n"},
		{"after a kept block text", "spec:\n  a: |+\n    x\n\nb: 1\n", set(1, port...), "spec:\n  a: |+\n    x\n\n  port: 1\nb: 1\n"},
		{"after a long quote", "spec:\n  a: \"x\n    y\\\" \n z\"\n", set(1, port...), "spec:\n  a: \"x\n    y\\\" \n z\"\n  port: 1\n"},
		{"after an empty sibling", "spec:\n  a: # c\n", set(1, port...), "spec:\n  a: # c\n  port: 1\n"},
		{"after an anchor", "spec:\n  a: &x b\n", set(1, port...), "spec:\n  a: &x b\n  port: 1\n"},
		{"after an empty anchor", "spec:\n  a: &x\n  b: *x\n", set(1, port...), "spec:\n  a: &x\n  b: *x\n  port: 1\n"},
		{"after a tag", "spec:\n  a: !!str 1\n", set(1, port...), "spec:\n  a: !!str 1\n  port: 1\n"},
		{"after an empty item", "spec:\n  a:\n  - x\n  -\n", set(1, port...), "spec:\n  a:\n  - x\n  -\n  port: 1\n"},
		{"before an end marker", "spec:\n  ip: x\n...\n", set(1, port...), "spec:\n  ip: x\n  port: 1\n...\n"},
		{"before a separator", "spec:\n  ip: x\n---\n", set(1, port...), "spec:\n  ip: x\n  port: 1\n---\n"},
	})
}

func TestEditInsertsParents(t *testing.T) {
	at := []string{"metadata", "annotations", "local.stigmer.ai/restarted-at"}
	checkEdits(t, []editRow{
		{"a section", "kind: T\n", set(1, port...), "kind: T\nspec:\n  port: 1\n"},
		{"in the file's own step", "a:\n    b: 1\n", set(1, port...), "a:\n    b: 1\nspec:\n    port: 1\n"},
		{"an annotation", "metadata:\n  name: x\nspec: {}\n", set("t", at...), "metadata:\n  name: x\n  annotations:\n    local.stigmer.ai/restarted-at: t\nspec: {}\n"},
		{"an odd key", "a: {b: 1}\n", set("t", "a", "c: d"), "a: {b: 1, \"c: d\": t}\n"},
		{"an empty parent", "spec: # c\n# d\n", set(1, port...), "spec: # c\n  port: 1\n# d\n"},
		{"an empty parent at the end", "spec:", set(1, port...), "spec:\n  port: 1"},
		{"a null parent", "spec: null # c\n", set(1, port...), "spec: {port: 1} # c\n"},
		{"a tilde", "spec: ~\n", set(1, "spec", "ui", "port"), "spec: {ui: {port: 1}}\n"},
		{"an empty value", "spec:\n  port: # c\n", set(1, port...), "spec:\n  port: 1 # c\n"},
		{"an empty file", "", set(1, port...), "spec:\n  port: 1\n"},
		{"only comments", "# a\n# b", set(1, port...), "# a\n# b\nspec:\n  port: 1\n"},
		{"only a separator", "---\n", set(1, port...), "---\nspec:\n  port: 1\n"},
	})
}

func TestEditInsertsIntoFlow(t *testing.T) {
	checkEdits(t, []editRow{
		{"after its siblings", "spec: {enabled: true} # c\n", set(1, port...), "spec: {enabled: true, port: 1} # c\n"},
		{"empty", "spec: {}\n", set(1, port...), "spec: {port: 1}\n"},
		{"empty with a blank", "spec: { }\n", set(1, port...), "spec: {port: 1 }\n"},
		{"last comma", "spec: {a: 1,}\n", set(1, port...), "spec: {a: 1, port: 1,}\n"},
		{"several lines", "spec: {\n  a: 1 # one\n}\n", set(1, port...), "spec: {\n  a: 1, port: 1 # one\n}\n"},
		{"nested", "spec: {a: {b: [1, 2]}}\n", set(1, port...), "spec: {a: {b: [1, 2]}, port: 1}\n"},
		{"parents", "{a: 1}", set(1, port...), "{a: 1, spec: {port: 1}}"},
		{"JSON", `{"a": 1}`, set("x", "spec", "ip"), `{"a": 1, "spec": {"ip": "x"}}`},
		{"a key alone", "spec: {a}\n", set(1, port...), "spec: {a, port: 1}\n"},
		{"the key alone", "spec: {port}\n", set(1, port...), "spec: {port: 1}\n"},
		{"an empty value", "spec: {port: }\n", set(1, port...), "spec: {port: 1 }\n"},
		{"an empty parent", "{spec: , a: 1}\n", set(1, port...), "{spec: {port: 1} , a: 1}\n"},
		{"an anchored mapping", "spec: &s {a: 1}\n", set(1, port...), "spec: &s {a: 1, port: 1}\n"},
		{"an anchored empty one", "spec: &s {}\n", set(1, port...), "spec: &s {port: 1}\n"},
	})
}

func TestEditDeletes(t *testing.T) {
	checkEdits(t, []editRow{
		{"a line", "spec:\n  # about\n  port: 1 # c\n  ip: x\n", remove(port...), "spec:\n  # about\n  ip: x\n"},
		{"the last one", "spec:\n  port: 1\nb: 1\n", remove(port...), "spec:\nb: 1\n"},
		{"a section", "a: 1\nspec:\n  # c\n  ui:\n    port: 1\n# end\n", remove("spec"), "a: 1\n# end\n"},
		{"all there is", "spec: 1\n", remove("spec"), ""},
		{"a missing key", "spec:\n  ip: x\n", remove(port...), "spec:\n  ip: x\n"},
		{"under a missing parent", "a: 1\n", remove(port...), "a: 1\n"},
		{"under an empty parent", "spec:\n", remove(port...), "spec:\n"},
		{"from an empty file", "# c\n", remove(port...), "# c\n"},
		{"the first in flow", "spec: {port: 1, ip: x}\n", remove(port...), "spec: {ip: x}\n"},
		{"the last in flow", "spec: {ip: x, port: 1}\n", remove(port...), "spec: {ip: x}\n"},
		{"the only one in flow", "spec: {port: 1}\n", remove(port...), "spec: {}\n"},
		{"a block text", "spec:\n  port: |\n    a\n    # b\n  ip: x\n", remove(port...), "spec:\n  ip: x\n"},
		{"at the end without newline", "spec:\n  ip: x\n  port: 1", remove(port...), "spec:\n  ip: x\n"},
	})
}
