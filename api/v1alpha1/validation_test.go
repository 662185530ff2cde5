package v1alpha1_test

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

func TestValidateType(t *testing.T) {
	check(t, []row{
		{name: "all good", mutate: func(*v1alpha1.Temporal) {}},
		{"no apiVersion", func(t *v1alpha1.Temporal) { t.APIVersion = "" }, "apiVersion", "write apiVersion: local.stigmer.ai/v1alpha1"},
		{"other apiVersion", func(t *v1alpha1.Temporal) { t.APIVersion = "v1" }, "apiVersion", "supported values"},
		{"no kind", func(t *v1alpha1.Temporal) { t.Kind = "" }, "kind", "write kind: Temporal"},
		{"other kind", func(t *v1alpha1.Temporal) { t.Kind = "Pod" }, "kind", `"Pod"`},
	})
}

func TestValidateName(t *testing.T) {
	named := func(name string) func(*v1alpha1.Temporal) {
		return func(t *v1alpha1.Temporal) { t.Name = name }
	}
	check(t, []row{
		{name: "one letter", mutate: named("a")},
		{name: "longest", mutate: named(strings.Repeat("a", 63))},
		{"too long", named(strings.Repeat("a", 64)), "metadata.name", "63"},
		{"missing", func(t *v1alpha1.Temporal) { t.Name, t.Spec.Storage.Path = "", "/x.db" }, "metadata.name", "missing"},
		{"dot", named("a.b"), "metadata.name", "DNS"},
		{"capital", named("Orders"), "metadata.name", "lower-case"},
		{"dash first", named("-a"), "metadata.name", "DNS"},
		{"reserved", named("daemon"), "metadata.name", "another name"},
		// The derived path is in its shortest form and so stays silent.
		{"folder", named("a/b"), "metadata.name", "DNS"},
	})
}

func TestValidateIP(t *testing.T) {
	ip := func(value string) func(*v1alpha1.Temporal) {
		return spec(func(s *v1alpha1.TemporalSpec) { s.IP = value })
	}
	check(t, []row{
		{name: "v4", mutate: ip("192.168.1.5")},
		{name: "v6", mutate: ip("::1")},
		{name: "every v4", mutate: ip("0.0.0.0")},
		{name: "every v6", mutate: ip("::")},
		{"host name", ip("localhost"), "spec.ip", "not a host name"},
		{"with port", ip("127.0.0.1:80"), "spec.ip", "not an IP address"},
		{"brackets", ip("[::1]"), "spec.ip", "not an IP address"},
		{"leading zero", ip("127.0.0.01"), "spec.ip", "not an IP address"},
		{"zone", ip("fe80::1%eth0"), "spec.ip", "without %eth0"},
		{"v4 in v6", ip("::ffff:127.0.0.1"), "spec.ip", "write 127.0.0.1"},
		{"multicast", ip("224.0.0.1"), "spec.ip", "multicast"},
	})
}

func TestValidateLogLevel(t *testing.T) {
	level := func(value string) func(*v1alpha1.Temporal) {
		return spec(func(s *v1alpha1.TemporalSpec) { s.LogLevel = value })
	}
	check(t, []row{
		{name: "debug", mutate: level("debug")},
		{name: "never", mutate: level("never")},
		{"unknown", level("trace"), "spec.logLevel", `"warn"`},
		{"capital", level("Info"), "spec.logLevel", `"info"`},
	})
}

func TestValidateTellsEverythingAtOnce(t *testing.T) {
	written := valid()
	written.Kind, written.Name = "Pod", "A"
	written.Spec.IP, written.Spec.Port, written.Spec.LogLevel = "x", 70000, "x"
	written.Spec.Storage.Path, written.Spec.Binary.Path = "x", "x"
	written.Spec.Namespaces = []v1alpha1.NamespaceSpec{{Name: " ", Retention: &metav1.Duration{}, Description: "\x00"}}
	written.Spec.PortConflict = "Fight"
	written.Spec.SearchAttributes = map[string]v1alpha1.SearchAttributeType{"RunId": "Keyword", "A": "x"}
	written.Annotations = map[string]string{v1alpha1.RestoreAnnotation: "x"}
	written.Spec.Env = map[string]string{"1": "x"}
	written.Spec.ExtraArgs = []string{"--port"}
	got := map[string]bool{}
	for _, fault := range validate(written) {
		got[fault.Field] = true
	}
	for _, path := range []string{
		"kind", "metadata.name", "spec.ip", "spec.port", "spec.logLevel", "spec.storage.path", "spec.binary.path",
		"spec.namespaces[0].name", "spec.namespaces[0].retention", "spec.namespaces[0].description", "spec.portConflict",
		"spec.searchAttributes[RunId]", "spec.searchAttributes[A]", "metadata.annotations[local.stigmer.ai/restore]",
		"spec.env[1]", "spec.extraArgs[0]",
	} {
		if !got[path] {
			t.Errorf("nothing is said of %s", path)
		}
	}
}

func TestDetailsReadProblemThenRemedy(t *testing.T) {
	written := valid()
	written.Spec.Port, written.Spec.IP = 65000, "localhost"
	written.Spec.ExtraArgs = []string{"--headless"}
	written.Spec.PortConflict = "reuse"
	written.Spec.Namespaces = []v1alpha1.NamespaceSpec{
		{Name: "temporal-system", Retention: &metav1.Duration{Duration: 1}, Description: "\x00"},
		{Name: "a", Retention: &metav1.Duration{Duration: time.Minute}, Description: strings.Repeat("n", 1001)},
	}
	written.Spec.SearchAttributes = map[string]v1alpha1.SearchAttributeType{
		"": "Int", "RunId": "Int", "TemporalX": "Int", "a b": "Int", "A": "keyword",
	}
	written.Annotations = map[string]string{v1alpha1.RestoreAnnotation: "x", v1alpha1.RestartedAtAnnotation: "x"}
	for _, fault := range validate(written) {
		if strings.Count(fault.Detail, "; ") != 1 {
			t.Errorf("%s: %q is not \"problem; remedy\"", fault.Field, fault.Detail)
		}
	}
}
