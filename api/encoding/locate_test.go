package encoding_test

import (
	"errors"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/stigmer/stigmer-local/api/encoding"
)

func TestLocateTellsTheLine(t *testing.T) {
	path := field.NewPath("spec", "storage", "path")
	fault := field.Invalid(path, "/x.db", "used by somebody; choose another file")
	const told = `spec.storage.path: invalid value "/x.db": used by somebody (choose another file)`
	for name, tt := range map[string]struct{ text, where string }{
		"the field":    {header + "spec:\n  port: 7300\n  storage:\n    path: /x.db\n", "a.yaml:6: "},
		"in one line":  {header + "spec:\n  port: 7300\n  storage: {path: /x.db}\n", "a.yaml:5: "},
		"derived":      {header + "metadata:\n  name: a\nspec: {}\n", "a.yaml:4: "},
		"from nothing": {header + "spec: {}\n", "a.yaml:3: "},
		"not YAML":     {"[", "a.yaml: "},
		"empty":        {"", "a.yaml: "},
	} {
		t.Run(name, func(t *testing.T) {
			err := encoding.Locate("a.yaml", []byte(tt.text), fault)
			var invalid *encoding.InvalidError
			if !errors.As(err, &invalid) || err.Error() != tt.where+told {
				t.Errorf("want %s\ngot  %v", tt.where+told, err)
			}
		})
	}
}

func TestLocateKeepsTheOrderOfTheFile(t *testing.T) {
	text := header + "spec:\n  port: 1\n  ip: ::1\n"
	err := encoding.Locate("a.yaml", []byte(text),
		field.Invalid(field.NewPath("spec", "ip"), "::1", "no; yes"), field.Invalid(field.NewPath("spec", "port"), 1, "no"))
	want := "a.yaml:4: spec.port: invalid value 1: no\na.yaml:5: spec.ip: invalid value \"::1\": no (yes)"
	if err == nil || err.Error() != want {
		t.Errorf("want %s\ngot  %v", want, err)
	}
}

func TestLocateOfNothing(t *testing.T) {
	if err := encoding.Locate("a.yaml", []byte(header)); err != nil {
		t.Errorf("a fault of none: %v", err)
	}
}
