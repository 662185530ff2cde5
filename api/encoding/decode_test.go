package encoding_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stigmer/stigmer-local/api/encoding"
	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

const (
	home   = "/home/ada/.stigmer"
	header = "apiVersion: local.stigmer.ai/v1alpha1\nkind: Temporal\n"
)

// faultsOf decodes text as temporal.yaml and returns the error's lines.
func faultsOf(t *testing.T, text string) []string {
	t.Helper()
	object, err := encoding.Decode("temporal.yaml", []byte(text), home)
	if err == nil {
		return nil
	}
	var invalid *encoding.InvalidError
	if !errors.As(err, &invalid) || object != nil {
		t.Fatalf("want no object and an InvalidError, got %v and %T", object, err)
	}
	return strings.Split(err.Error(), "\n")
}

func TestDecodeCompletes(t *testing.T) {
	got, err := encoding.Decode("/some/where/orders.yaml", []byte(header+"spec: {port: 7300}\n"), home)
	if err != nil {
		t.Fatal(err)
	}
	written := v1alpha1.New("orders")
	written.Spec.Port = 7300
	if diff := cmp.Diff(v1alpha1.Complete(written, home), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDecodeAccepts(t *testing.T) {
	tests := map[string]string{
		"an empty spec":         header + "spec: {}\n",
		"a trailing separator":  header + "spec: {}\n---\n",
		"a leading separator":   "---\n" + header + "spec: {}\n",
		"an end marker":         header + "spec: {}\n...\n",
		"a comment after it":    header + "spec: {}\n---\n# the end\n",
		"a name":                header + "metadata: {name: temporal}\nspec: {}\n",
		"CRLF":                  strings.ReplaceAll(header+"spec:\n  port: 7300\n", "\n", "\r\n"),
		"a byte order mark":     "\ufeff" + header + "spec: {}\n",
		"no last newline":       header + "spec: {}",
		"JSON":                  `{"apiVersion": "local.stigmer.ai/v1alpha1", "kind": "Temporal", "spec": {"port": 7300}}`,
		"yes for true":          header + "spec: {enabled: yes}\n",
		"empty sections":        header + "spec:\n  ui:\n  env: ~\n  namespaces: null\n",
		"an alias":              header + "metadata:\n  labels: {a: &x orders}\nspec:\n  namespaces: [{name: *x}]\n",
		"an unquoted time":      header + "metadata:\n  annotations:\n    local.stigmer.ai/restarted-at: 2026-01-31T12:00:00Z\nspec: {}\n",
		"a status":              header + "spec: {}\nstatus: {restartCount: 3}\n",
		"comments":              "# one\n" + header + "spec: # two\n  # three\n  port: 7300 # four\n",
		"a hexadecimal port":    header + "spec: {port: 0x1C41}\n",
		"a creation time":       header + "metadata: {creationTimestamp: null}\nspec: {}\n",
		"an explicit empty map": header + "spec: {env: {}, namespaces: [], extraArgs: []}\n",
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			if faults := faultsOf(t, text); faults != nil {
				t.Errorf("refused:\n%s", strings.Join(faults, "\n"))
			}
		})
	}
}

func TestDecodeDropsTheStatus(t *testing.T) {
	got, err := encoding.Decode("temporal.yaml", []byte(header+"spec: {}\nstatus: {restartCount: 3}\n"), home)
	if err != nil || got.Status.RestartCount != 0 {
		t.Errorf("the status was kept: %+v, %v", got, err)
	}
}

func TestDecodeNamesFileLineFieldProblemAndRemedy(t *testing.T) {
	text := header + `metadata:
  name: other
spec:
  enable: true
  enabled: "true"
  port: 64540
  uiPort: 3
  port: 1
  ip: localhost
  interval: 5
  env:
    FOO: 12
    BAR:
  extraArgs: [--port=1]
  storage: {type: Memory, path: x}
  httpPort: 0
`
	want := []string{
		`temporal.yaml:4: metadata.name: "other" is not the file's name (write name: temporal, or rename the file to other.yaml)`,
		`temporal.yaml:6: spec.enable: unknown field (did you mean spec.enabled?)`,
		`temporal.yaml:7: spec.enabled: "true" is a text, not true or false (remove the quotes)`,
		`temporal.yaml:8: spec.metricsPort: invalid value 66540: derived from spec.port + 2000 (set spec.metricsPort)`,
		`temporal.yaml:8: spec.ui.port: invalid value 65540: derived from spec.port + 1000 (set spec.ui.port)`,
		`temporal.yaml:9: spec.uiPort: unknown field (did you mean spec.ui.port?)`,
		`temporal.yaml:10: spec.port: duplicate, first set in line 8 (remove one of them)`,
		`temporal.yaml:11: spec.ip: invalid value "localhost": not an IP address (write one such as 127.0.0.1 or ::1, not a host name)`,
		`temporal.yaml:12: spec.interval: not a duration (write a number and a unit, such as 5s or 250ms)`,
		`temporal.yaml:14: spec.env[FOO]: is a number, not a text (put it in quotes)`,
		`temporal.yaml:15: spec.env[BAR]: has no value (write one ("" for an empty text) or remove it)`,
		`temporal.yaml:16: spec.extraArgs[0]: invalid value "--port=1": --port is managed by spec.port (set spec.port instead)`,
		`temporal.yaml:17: spec.storage.path: invalid value "x": not allowed with spec.storage.type Memory (remove it, or set the type to File)`,
		`temporal.yaml:18: spec.httpPort: 0 is not allowed (remove it for the default)`,
	}
	if diff := cmp.Diff(want, faultsOf(t, text)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDecodeRefuses(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"an empty file":       {"", "temporal.yaml:1: the file asks for nothing (write apiVersion: local.stigmer.ai/v1alpha1"},
		"only comments":       {"# nothing\n", "temporal.yaml:1: the file asks for nothing"},
		"only a separator":    {"---\n", "temporal.yaml:1: the file asks for nothing"},
		"null":                {"null\n", "temporal.yaml:1: apiVersion: missing"},
		"a list":              {"[]\n", "temporal.yaml:1: is a list, not a mapping"},
		"a word":              {"hello\n", `temporal.yaml:1: "hello" is a text, not a mapping`},
		"no spec":             {header, "temporal.yaml:1: spec: missing (write spec: {} for the defaults"},
		"a null spec":         {header + "spec:\n", "temporal.yaml:3: spec: missing"},
		"a text for a spec":   {header + "spec: on\n", `temporal.yaml:3: spec: "on" is a text, not a mapping`},
		"no apiVersion":       {"kind: Temporal\nspec: {}\n", "temporal.yaml:1: apiVersion: missing (write apiVersion: local.stigmer.ai/v1alpha1)"},
		"no kind":             {"apiVersion: local.stigmer.ai/v1alpha1\nspec: {}\n", "temporal.yaml:1: kind: missing (write kind: Temporal)"},
		"two documents":       {header + "spec: {}\n---\n" + header, "temporal.yaml:4: more than one document in the file (give each instance a file of its own)"},
		"an empty one first":  {"---\n---\n" + header + "spec: {}\n", "temporal.yaml:2: more than one document"},
		"a merge key":         {header + "spec: {<<: {port: 1}}\n", "temporal.yaml:3: spec: merge keys (<<) are not supported (write the keys out)"},
		"a list as a key":     {header + "spec: {[a]: 1}\n", "temporal.yaml:3: spec: a key that is not a text"},
		"a list for a map":    {header + "spec: {env: [A=1]}\n", "temporal.yaml:3: spec.env: is a list, not a mapping"},
		"a map for a list":    {header + "spec: {extraArgs: {a: b}}\n", "temporal.yaml:3: spec.extraArgs: is a mapping, not a list"},
		"a map for a text":    {header + "spec: {ip: {a: b}}\n", "temporal.yaml:3: spec.ip: is a mapping, not a text"},
		"a number for a text": {header + "spec: {binary: {version: 1.5}}\n", `temporal.yaml:3: spec.binary.version: "1.5" is a number, not a text (put it in quotes)`},
		"a text for a number": {header + `spec: {port: "7233"}`, `temporal.yaml:3: spec.port: "7233" is a text, not a whole number (remove the quotes)`},
		"a word for a number": {header + "spec: {port: abc}\n", `temporal.yaml:3: spec.port: "abc" is a text, not a whole number`},
		"a fraction":          {header + "spec: {port: 7233.5}\n", `temporal.yaml:3: spec.port: "7233.5" is a number, not a whole number`},
		"a huge number":       {header + "spec: {port: 99999999999}\n", `temporal.yaml:3: spec.port: "99999999999" is out of range`},
		"a field being typed": {header + "spec:\n  enabled:\n", "temporal.yaml:4: spec.enabled: has no value (write one or remove the line)"},
		"a null duration":     {header + "spec: {interval: ~}\n", "temporal.yaml:3: spec.interval: has no value"},
		"a null item":         {header + "spec:\n  extraArgs:\n    -\n", "temporal.yaml:5: spec.extraArgs[0]: has no value"},
		"an unknown tag":      {header + "spec: {ip: !x y}\n", `temporal.yaml:3: spec.ip: "y" is of an unknown type, not a text`},
		"binary data":         {header + "spec: {ip: !!binary aGk=}\n", "is of type !!binary, not a text"},
		"infinity":            {header + "spec: {dynamicConfig: {a: .inf}}\n", "temporal.yaml:3: spec.dynamicConfig[a]: a number that JSON cannot hold (put it in quotes)"},
		"deep in any value":   {header + "spec: {dynamicConfig: {a: {b: 1, b: 2}}}\n", "spec.dynamicConfig[a].b: duplicate, first set in line 3"},
		"an item's field":     {header + "spec:\n  namespaces:\n    - name: a\n      keep: 1d\n", "temporal.yaml:6: spec.namespaces[0].keep: unknown field"},
		"days":                {header + "spec:\n  namespaces:\n    - name: a\n      retention: 30d\n", "temporal.yaml:6: spec.namespaces[0].retention: not a duration (days are no unit, write 720h)"},
		"a duration and days": {header + "spec: {interval: 1d12h}\n", "spec.interval: not a duration (write a number and a unit, such as 5s or 250ms)"},
		"many days":           {header + "spec: {interval: 99999999999999999999d}\n", "spec.interval: not a duration (write a number and a unit, such as 5s or 250ms)"},
		"a mistyped time":     {header + "metadata: {creationTimestamp: soon}\nspec: {}\n", "metadata.creationTimestamp: not a time"},
		"a name with a slash": {header + "metadata: {name: a/b}\nspec: {}\n", `metadata.name: "a/b" is not the file's name`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := strings.Join(faultsOf(t, tt.text), "\n")
			if !strings.Contains(got, tt.want) {
				t.Errorf("want …%s…\ngot  %s", tt.want, got)
			}
		})
	}
}

func TestDecodeTellsAnotherKindOnly(t *testing.T) {
	got := faultsOf(t, "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 3}\n")
	want := []string{
		`temporal.yaml:1: apiVersion: unsupported value "apps/v1" (write apiVersion: local.stigmer.ai/v1alpha1)`,
		`temporal.yaml:2: kind: unsupported value "Deployment" (write kind: Temporal)`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDecodeTakesTheNameOfTheFile(t *testing.T) {
	tests := map[string]struct{ file, name, fault string }{
		"no name":       {file: "a/orders.yaml"},
		"same name":     {file: "orders.yaml", name: "orders"},
		"other name":    {"orders.yaml", "temporal", `orders.yaml:3: metadata.name: "temporal" is not the file's name`},
		"invalid name":  {"my orders.yaml", "", `my orders.yaml:1: metadata.name: invalid value "my orders": not a DNS label`},
		"reserved name": {"daemon.yaml", "", `daemon.yaml:1: metadata.name: invalid value "daemon": kept for the daemon's own files`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			text := header + "metadata: {name: " + tt.name + "}\nspec: {}\n"
			if tt.name == "" {
				text = header + "spec: {}\n"
			}
			object, err := encoding.Decode(tt.file, []byte(text), home)
			switch {
			case tt.fault == "" && (err != nil || object.Name != "orders"):
				t.Errorf("got %v, %v", object, err)
			case tt.fault != "" && (err == nil || !strings.Contains(err.Error(), tt.fault)):
				t.Errorf("want %s\ngot  %v", tt.fault, err)
			}
		})
	}
}
