package v1alpha1_test

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

func TestValidateNamespaces(t *testing.T) {
	named := func(names ...string) func(*v1alpha1.Temporal) {
		return spec(func(s *v1alpha1.TemporalSpec) {
			for _, name := range names {
				s.Namespaces = append(s.Namespaces, v1alpha1.NamespaceSpec{Name: name})
			}
		})
	}
	check(t, []row{
		{name: "several", mutate: named("orders", "payments.eu", "a_b-c", "X1")},
		{name: "default may be named", mutate: named("default")},
		{name: "longest", mutate: named(strings.Repeat("n", 255))},
		{"empty", named("a", ""), "spec.namespaces[1].name", "missing"},
		{"twice", named("a", "b", "a"), "spec.namespaces[2].name", "Duplicate"},
		{"Temporal's own", named("temporal-system"), "spec.namespaces[0].name", "Temporal's own"},
		{"too long", named(strings.Repeat("n", 256)), "spec.namespaces[0].name", "at most 255"},
		{"space", named("a b"), "spec.namespaces[0].name", "not a namespace name"},
		{"flag", named("--port"), "spec.namespaces[0].name", "not a namespace name"},
	})
}

// namespace returns a change to two namespaces, of which the second one is
// changed by mutate.
func namespace(mutate func(n *v1alpha1.NamespaceSpec)) func(*v1alpha1.Temporal) {
	return spec(func(s *v1alpha1.TemporalSpec) {
		s.Namespaces = []v1alpha1.NamespaceSpec{{Name: "first"}, {Name: "orders"}}
		mutate(&s.Namespaces[1])
	})
}

func TestValidateRetention(t *testing.T) {
	const century = 100 * 365 * 24 * time.Hour
	kept := func(d time.Duration) func(*v1alpha1.Temporal) {
		return namespace(func(n *v1alpha1.NamespaceSpec) { n.Retention = &metav1.Duration{Duration: d} })
	}
	path := "spec.namespaces[1].retention"
	check(t, []row{
		{name: "an hour", mutate: kept(time.Hour)},
		{name: "a hundred years", mutate: kept(century)},
		{name: "odd seconds", mutate: kept(72*time.Hour + 61*time.Second)},
		{name: "parts of a second", mutate: kept(time.Hour + time.Nanosecond)},
		{
			name: "of default", mutate: namespace(func(n *v1alpha1.NamespaceSpec) {
				n.Name, n.Retention = "default", &metav1.Duration{Duration: 720 * time.Hour}
			}),
		},
		{"below", kept(time.Hour - time.Nanosecond), path, "choose from 1h to 876000h"},
		{"above", kept(century + time.Nanosecond), path, "choose from 1h to 876000h"},
		{"zero", kept(0), path, "out of range"},
		{"negative", kept(-time.Hour), path, "out of range"},
	})
}

func TestValidateDescription(t *testing.T) {
	says := func(text string) func(*v1alpha1.Temporal) {
		return namespace(func(n *v1alpha1.NamespaceSpec) { n.Description = text })
	}
	path := "spec.namespaces[1].description"
	check(t, []row{
		{name: "a sentence", mutate: says("Orders of the shop: \"new\" ones, café.")},
		{name: "several lines", mutate: says("one\n\ttwo\n")},
		{name: "longest", mutate: says(strings.Repeat("é", 1000))},
		{"too long", says(strings.Repeat("é", 1001)), path, "1001 characters long; write at most 1000"},
		{"control", says("a\x1b[31m"), path, "control character"},
		{"carriage return", says("a\rb"), path, "control character"},
		{"not text", says("a\xff"), path, "not UTF-8"},
	})
}

// A list of several faults names each of them, at its own item.
func TestValidateNamespacesTellsEveryFaultOfAnItem(t *testing.T) {
	written := valid()
	namespace(func(n *v1alpha1.NamespaceSpec) {
		*n = v1alpha1.NamespaceSpec{Name: "first", Retention: &metav1.Duration{}, Description: "\x00"}
	})(written)
	var got []string
	for _, fault := range validate(written) {
		got = append(got, strings.TrimPrefix(fault.Field, "spec.namespaces[1]."))
	}
	if strings.Join(got, " ") != "name retention description" {
		t.Errorf("faults of %q", got)
	}
}
