package v1alpha1_test

import (
	"strings"
	"testing"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

func TestValidateDynamicConfig(t *testing.T) {
	config := func(key, raw string) func(*v1alpha1.Temporal) {
		return spec(func(s *v1alpha1.TemporalSpec) {
			s.DynamicConfig = map[string]v1alpha1.JSONValue{key: {Raw: []byte(raw)}}
		})
	}
	check(t, []row{
		{name: "number", mutate: config("frontend.namespaceRPS", "1")},
		{name: "object", mutate: config("a_b-c.d", `{"x": [1, null]}`)},
		{"assignment", config("a=b", "1"), "spec.dynamicConfig[a=b]", "not a dynamic configuration key"},
		{"space", config("a b", "1"), "spec.dynamicConfig[a b]", "not a dynamic configuration key"},
		{"no key", config("", "1"), "spec.dynamicConfig[]", "not a dynamic configuration key"},
		{"no value", config("a", ""), "spec.dynamicConfig[a]", "has no value"},
		{"null", config("a", " null "), "spec.dynamicConfig[a]", "has no value"},
		{"not JSON", config("a", "{"), "spec.dynamicConfig[a]", "not a JSON value"},
	})
}

func TestValidatePragmas(t *testing.T) {
	pragma := func(key, value string) func(*v1alpha1.Temporal) {
		return spec(func(s *v1alpha1.TemporalSpec) { s.SQLitePragmas = map[string]string{key: value} })
	}
	check(t, []row{
		{name: "number", mutate: pragma("cache_size", "-2000")},
		{name: "word", mutate: pragma("synchronous", "normal")},
		{"name", pragma("a.b", "1"), "spec.sqlitePragmas[a.b]", "not the name of a pragma"},
		{"assignment", pragma("a=b", "1"), "spec.sqlitePragmas[a=b]", "not the name of a pragma"},
		{"mode would lose the data", pragma("mode", "memory"), "spec.sqlitePragmas[mode]", "option of the connection"},
		{"in any case", pragma("Cache", "shared"), "spec.sqlitePragmas[Cache]", "option of the connection"},
		{"empty", pragma("synchronous", " "), "spec.sqlitePragmas[synchronous]", "has no value"},
		{"newline", pragma("synchronous", "1\n2"), "spec.sqlitePragmas[synchronous]", "control"},
		{"NUL", pragma("synchronous", "1\x00"), "spec.sqlitePragmas[synchronous]", "control"},
	})
}

func TestValidateEnv(t *testing.T) {
	env := func(name, value string) func(*v1alpha1.Temporal) {
		return spec(func(s *v1alpha1.TemporalSpec) { s.Env = map[string]string{name: value} })
	}
	check(t, []row{
		{name: "name", mutate: env("GO_MAX2", "any thing\n=")},
		{name: "underscore", mutate: env("_x", "")},
		{"digit first", env("1A", "s3cret"), "spec.env[1A]", "not the name"},
		{"dash", env("A-B", "s3cret"), "spec.env[A-B]", "not the name"},
		{"assignment", env("A=B", "s3cret"), "spec.env[A=B]", "not the name"},
		{"our mark", env("STIGMER_INSTANCE", "s3cret"), "spec.env[STIGMER_INSTANCE]", "our own processes"},
		{"Temporal's", env("TEMPORAL_ADDRESS", "s3cret"), "spec.env[TEMPORAL_ADDRESS]", "use a field"},
		{"NUL", env("A", "s3cret\x00"), "spec.env[A]", "NUL"},
	})
}

func TestNoFaultCarriesAValueOfTheEnvironment(t *testing.T) {
	const secret = "s3cret"
	written := valid()
	written.Spec.Env = map[string]string{
		"1A": secret, "A-B": secret, "STIGMER_X": secret, "TEMPORAL_X": secret, "N": secret + "\x00", "OK": secret,
	}
	faults := validate(written)
	if len(faults) != 5 {
		t.Errorf("want 5 faults, got %v", faults.ToAggregate())
	}
	for _, fault := range faults {
		if strings.Contains(fault.Error(), secret) {
			t.Errorf("a secret is told: %s", fault)
		}
	}
}
