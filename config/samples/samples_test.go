package samples_test

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stigmer/stigmer-local/api/encoding"
	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/config/samples"
)

const home = "/home/ada/.stigmer"

func decode(t *testing.T, file string, data []byte) *v1alpha1.Temporal {
	t.Helper()
	object, err := encoding.Decode(file, data, home)
	if err != nil {
		t.Fatalf("the sample is not valid:\n%v", err)
	}
	return object
}

func TestTemporalAsksForTheDefaults(t *testing.T) {
	got := decode(t, "temporal.yaml", samples.Temporal())
	want := v1alpha1.Complete(v1alpha1.New("temporal"), home)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the first run must get the defaults (-want +got):\n%s", diff)
	}
}

// What the comments call defaults must be the defaults: with every commented
// field of a fixed default set, the object is the same.
func TestCommentedDefaultsAreTrue(t *testing.T) {
	text := uncomment(string(samples.Temporal()))
	for _, example := range []string{
		"    path: /absolute/path/of/temporal.db\n", "    path: /absolute/path/of/temporal\n",
		"  namespaces:\n    - name: orders\n      retention: 72h\n      description: \"Orders\"\n",
		"  searchAttributes:\n    CustomerId: Keyword\n", "  dynamicConfig:\n    frontend.namespaceRPS: 2400\n",
		"  sqlitePragmas:\n    cache_size: \"-20000\"\n", "  env:\n    GOMAXPROCS: \"2\"\n", "  extraArgs:\n    - --log-config\n",
	} {
		if !strings.Contains(text, example) {
			t.Errorf("the sample lacks the example %q", example)
		}
		text = strings.Replace(text, example, "", 1)
	}
	got := decode(t, "temporal.yaml", []byte(text))
	want := v1alpha1.Complete(v1alpha1.New("temporal"), home)
	want.Spec.Binary.Version = v1alpha1.DefaultVersion // which Complete leaves out
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("a comment names a default that is none (-want +got):\n%s", diff)
	}
}

func TestEveryCommentedFieldCanBeSetAtOnce(t *testing.T) {
	got := decode(t, "temporal.yaml", []byte(uncomment(string(samples.Temporal()))))
	if len(got.Spec.Namespaces) != 1 || got.Spec.Namespaces[0].Retention == nil || got.Spec.SearchAttributes["CustomerId"] == "" ||
		got.Spec.Env["GOMAXPROCS"] != "2" || got.Spec.Binary.Path == "" {
		t.Errorf("the examples were not read: %+v", got.Spec)
	}
}

// uncomment removes the "# " before fields, list items and their children,
// and leaves sentences alone.
func uncomment(text string) string {
	return regexp.MustCompile(`(?m)^  # ( *(?:[a-zA-Z_.]+:(?: [^ ]+)?|- .+))$`).ReplaceAllString(text, "  $1")
}

func TestPortEditKeepsDerivedPortsDerived(t *testing.T) {
	data, err := encoding.Edit(samples.Temporal(), encoding.Change{Path: []string{"spec", "port"}, Value: 9000})
	if err != nil {
		t.Fatal(err)
	}
	spec := decode(t, "temporal.yaml", data).Spec
	if spec.UI.Port != 10000 || spec.HTTPPort != 9010 || spec.MetricsPort != 11000 {
		t.Errorf("ports are %d, %d, %d", spec.UI.Port, spec.HTTPPort, spec.MetricsPort)
	}
}

func TestAllFieldsRoundTrip(t *testing.T) {
	object := decode(t, "all-fields.yaml", samples.AllFields())
	data, err := encoding.Encode(object)
	if err != nil {
		t.Fatal(err)
	}
	again := decode(t, "all-fields.yaml", data)
	if diff := cmp.Diff(object, again); diff != "" {
		t.Errorf("lost on the way (-before +after):\n%s", diff)
	}
}

func TestCopiesAreFresh(t *testing.T) {
	for name, sample := range map[string]func() []byte{"temporal": samples.Temporal, "all fields": samples.AllFields} {
		first := sample()
		first[0] = '!'
		if sample()[0] == '!' {
			t.Errorf("%s: a caller can change the sample of the next one", name)
		}
	}
}

// A field that nobody explained to the user is a field that nobody uses.
func TestTheSampleNamesEveryFieldOfTheSpec(t *testing.T) {
	for name, sample := range map[string][]byte{"temporal.yaml": samples.Temporal(), "all-fields.yaml": samples.AllFields()} {
		walk(reflect.TypeFor[v1alpha1.TemporalSpec](), func(field string) {
			if !regexp.MustCompile(`(?m)^[ #-]*` + field + `:`).Match(sample) {
				t.Errorf("%s does not mention %s", name, field)
			}
		})
	}
}

func walk(t reflect.Type, visit func(field string)) {
	for t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return
	}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		visit(name)
		walk(t.Field(i).Type, visit)
	}
}
