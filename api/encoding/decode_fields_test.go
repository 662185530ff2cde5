package encoding_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/stigmer/stigmer-local/api/encoding"
	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/config/samples"
)

// Every field, alone in a file, arrives where it belongs.
func TestDecodeReadsEveryField(t *testing.T) {
	type spec = v1alpha1.TemporalSpec
	second := func(d *metav1.Duration) bool { return d.Duration == 1500*time.Millisecond }
	tests := map[string]func(s *spec) bool{
		"enabled: false":                          func(s *spec) bool { return !*s.Enabled },
		"ip: ::1":                                 func(s *spec) bool { return s.IP == "::1" },
		"port: 99":                                func(s *spec) bool { return s.Port == 99 && s.UI.Port == 1099 },
		"ui: {enabled: false}":                    func(s *spec) bool { return !*s.UI.Enabled && s.UI.Port == 0 },
		"ui: {port: 99}":                          func(s *spec) bool { return s.UI.Port == 99 },
		"httpPort: 99":                            func(s *spec) bool { return s.HTTPPort == 99 },
		"metricsPort: 99":                         func(s *spec) bool { return s.MetricsPort == 99 },
		"storage: {type: Memory}":                 func(s *spec) bool { return s.Storage.Type == v1alpha1.StorageMemory && s.Storage.Path == "" },
		"storage: {path: /x.db}":                  func(s *spec) bool { return s.Storage.Path == "/x.db" },
		"binary: {path: /t}":                      func(s *spec) bool { return s.Binary.Path == "/t" },
		"binary: {version: 1.8.2}":                func(s *spec) bool { return s.Binary.Version == "1.8.2" },
		"namespaces: [{name: a}, {name: b}]":      func(s *spec) bool { return len(s.Namespaces) == 2 && s.Namespaces[1].Name == "b" },
		"namespaces: [{name: a, retention: 72h}]": func(s *spec) bool { return s.Namespaces[0].Retention.Duration == 72*time.Hour },
		"namespaces: [{name: a, description: b}]": func(s *spec) bool { return s.Namespaces[0].Description == "b" },
		"searchAttributes: {A: Keyword, b: Int}": func(s *spec) bool {
			return s.SearchAttributes["A"] == v1alpha1.SearchAttributeKeyword && len(s.SearchAttributes) == 2
		},
		"portConflict: Reuse":                      func(s *spec) bool { return s.PortConflict == v1alpha1.PortConflictReuse },
		"dynamicConfig: {a: {b: [1, 0x10, .5]}}":   func(s *spec) bool { return string(s.DynamicConfig["a"].Raw) == `{"b":[1,16,0.5]}` },
		"dynamicConfig: {a: 1.0}":                  func(s *spec) bool { return string(s.DynamicConfig["a"].Raw) == `1.0` },
		"dynamicConfig: {a: 18446744073709551615}": func(s *spec) bool { return string(s.DynamicConfig["a"].Raw) == `18446744073709551615` },
		"dynamicConfig: {a: 2026-01-31}":           func(s *spec) bool { return string(s.DynamicConfig["a"].Raw) == `"2026-01-31"` },
		"dynamicConfig: {a: [~, yes, true]}":       func(s *spec) bool { return string(s.DynamicConfig["a"].Raw) == `[null,"yes",true]` },
		"sqlitePragmas: {cache_size: \"1\"}":       func(s *spec) bool { return s.SQLitePragmas["cache_size"] == "1" },
		"logLevel: never":                          func(s *spec) bool { return s.LogLevel == "never" },
		"env: {A: yes}":                            func(s *spec) bool { return s.Env["A"] == "yes" },
		"env: {A: \"\"}":                           func(s *spec) bool { v, ok := s.Env["A"]; return ok && v == "" },
		"extraArgs: [--log-config]":                func(s *spec) bool { return reflect.DeepEqual(s.ExtraArgs, []string{"--log-config"}) },
		"interval: 1500ms":                         func(s *spec) bool { return second(s.Interval) },
		"health: {startupTimeout: 1.5s}":           func(s *spec) bool { return second(s.Health.StartupTimeout) },
		"health: {timeout: 1s500ms}":               func(s *spec) bool { return second(s.Health.Timeout) },
		"health: {failureThreshold: 9}":            func(s *spec) bool { return s.Health.FailureThreshold == 9 },
		"restart: {initialDelay: 1.5s}":            func(s *spec) bool { return second(s.Restart.InitialDelay) },
		"restart: {maxDelay: 1.5s}":                func(s *spec) bool { return second(s.Restart.MaxDelay) },
		"restart: {resetAfter: 1.5s}":              func(s *spec) bool { return second(s.Restart.ResetAfter) },
		"terminationGracePeriod: 1.5s":             func(s *spec) bool { return second(s.TerminationGracePeriod) },
	}
	for text, arrived := range tests {
		t.Run(text, func(t *testing.T) {
			object, err := encoding.Decode("temporal.yaml", []byte(header+"spec:\n  "+text+"\n"), home)
			if err != nil {
				t.Fatal(err)
			}
			if !arrived(&object.Spec) {
				t.Errorf("got %+v", object.Spec)
			}
		})
	}
}

// An unknown key is found wherever it hides, and its line is told.
func TestDecodeFindsAnUnknownKeyInEverySection(t *testing.T) {
	for _, section := range []string{"ui", "storage", "binary", "health", "restart"} {
		text := fmt.Sprintf("%sspec:\n  %s:\n    zzzzzz: 1\n", header, section)
		want := fmt.Sprintf("temporal.yaml:5: spec.%s.zzzzzz: unknown field (remove it)", section)
		if got := strings.Join(faultsOf(t, text), "\n"); got != want {
			t.Errorf("want %s\ngot  %s", want, got)
		}
	}
	if got := faultsOf(t, header+"spec:\n  namespaces:\n    - name: a\n      zzzzzz: 1\n"); len(got) != 1 ||
		got[0] != "temporal.yaml:6: spec.namespaces[0].zzzzzz: unknown field (remove it)" {
		t.Errorf("got %s", got)
	}
	got := strings.Join(faultsOf(t, "zzzzzz: 1\n"+header+"metadata:\n  zzzzzz: 1\nspec: {}\nstatus: {zzzzzz: 1}\n"), "\n")
	for _, want := range []string{":1: zzzzzz:", ":5: metadata.zzzzzz:", ":7: status.zzzzzz:"} {
		if !strings.Contains(got, want) {
			t.Errorf("want …%s…\ngot  %s", want, got)
		}
	}
}

// A validation fault points at the line of its field, also deep in a file.
func TestDecodePointsAtTheFieldOfAValidationFault(t *testing.T) {
	text := string(samples.AllFields())
	tests := map[string]string{
		"  ip: ::1":                   "  ip: ::1%eth0",
		"    port: 18080":             "    port: 17233",
		"  httpPort: 17300":           "  httpPort: 70000",
		"    version: 1.8.2":          "    version: latest",
		"    - name: payments.eu":     "    - name: orders",
		"      retention: 2160h":      "      retention: 1s",
		"    Express: Bool":           "    Express: bool",
		"    Amount: Double":          "    RunId: Double",
		"  portConflict: Reuse":       "  portConflict: reuse",
		"    synchronous: normal":     "    synchronous: \"\"",
		"  logLevel: debug":           "  logLevel: loud",
		"    GOMAXPROCS: \"2\"":       "    STIGMER_X: \"2\"",
		"    - --log-config":          "    - --headless",
		"  interval: 2s":              "  interval: 2h",
		"    initialDelay: 1s":        "    initialDelay: 2m",
		"    failureThreshold: 5":     "    failureThreshold: 500",
		"    limit.maxIDLength: 1000": "    limit maxIDLength: 1000",
	}
	for old, edited := range tests {
		t.Run(strings.TrimSpace(edited), func(t *testing.T) {
			before, _, found := strings.Cut(text, old+"\n")
			if !found {
				t.Fatalf("the sample lacks %q", old)
			}
			_, err := encoding.Decode("all-fields.yaml", []byte(strings.Replace(text, old+"\n", edited+"\n", 1)), home)
			want := fmt.Sprintf("all-fields.yaml:%d: spec.", 1+strings.Count(before, "\n"))
			if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("want one fault %s…\ngot %v", want, err)
			}
		})
	}
}

// A file that is cut anywhere, as by a full disk, is never taken for one that
// asks for less: it is refused, or says what its lines say.
func TestDecodeOfACutFileInventsNothing(t *testing.T) {
	data := samples.AllFields()
	whole, err := encoding.Decode("all-fields.yaml", data, home)
	if err != nil {
		t.Fatal(err)
	}
	spec := strings.Index(string(data), "\nspec:") + len("\nspec:")
	for n := range len(data) {
		object, err := encoding.Decode("all-fields.yaml", data[:n], home)
		if err == nil && n < spec {
			t.Errorf("the first %d bytes are accepted", n)
		}
		if err == nil && *object.Spec.Enabled != *whole.Spec.Enabled {
			t.Errorf("the first %d bytes enable the instance", n)
		}
	}
}
