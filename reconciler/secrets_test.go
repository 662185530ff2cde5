package reconciler

import (
	"strings"
	"testing"

	"github.com/stigmer/stigmer-local/api/redact"
	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

// withEnv returns an object whose server gets these variables.
func withEnv(env map[string]string) *v1alpha1.Temporal {
	object := v1alpha1.New("temporal")
	object.Spec.Env = env
	return object
}

func TestConcealed(t *testing.T) {
	plain, secret := withEnv(map[string]string{"A": "b"}), withEnv(map[string]string{"A": "b", "API_TOKEN": "c"})
	if concealed(plain) != plain || concealed(nil) != nil {
		t.Error("an object without secrets is copied")
	}
	shown := concealed(secret)
	if shown.Spec.Env["API_TOKEN"] != redact.Hidden || shown.Spec.Env["A"] != "b" || secret.Spec.Env["API_TOKEN"] != "c" {
		t.Errorf("%v is shown as %v", secret.Spec.Env, shown.Spec.Env)
	}
	if words := lacking(shown); !strings.Contains(words, "goes without API_TOKEN:") || lacking(secret) != "" || lacking(nil) != "" {
		t.Errorf("a start lacks %q", words)
	}
	if changed := changed(shown, secret); changed != "" {
		t.Errorf("what was not kept has changed%s", changed)
	}
	other := withEnv(map[string]string{"A": "x", "API_TOKEN": "c"})
	if changed := changed(shown, other); changed != ": changed spec.env" {
		t.Errorf("what was kept has not changed: %q", changed)
	}
}
