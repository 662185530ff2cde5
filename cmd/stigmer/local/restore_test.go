package local

import (
	"errors"
	"testing"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler"
)

// TestRestoreOfWhatWasStopped: nobody carries it out, so nobody waits for it; a
// swap that has begun is another matter.
func TestRestoreOfWhatWasStopped(t *testing.T) {
	const wish = "/b/x.db@2026-01-02T03:04:04Z"
	look := reconciler.Look{Object: v1alpha1.Complete(v1alpha1.New("orders"), "/home/ada/.stigmer")}
	look.Object.Annotations = map[string]string{v1alpha1.RestoreAnnotation: wish}
	if err := refused(wish)(look); err != nil {
		t.Errorf("it is wanted: %v", err)
	}
	no := false
	look.Object.Spec.Enabled = &no
	var refusal *refusedError
	if err := refused(wish)(look); !errors.As(err, &refusal) {
		t.Errorf("it was stopped: %v", err)
	}
	look.Input.Observed.Database.Meta = observed.Is(observed.Meta{Restored: wish})
	if err := refused(wish)(look); err == nil || errors.As(err, &refusal) {
		t.Errorf("it was restored, and stopped then: %v", err)
	}
	look.Input.Observed.Database.Meta = observed.None[observed.Meta]("")
	look.Plan.Restore.Begun = true
	if err := refused(wish)(look); err != nil {
		t.Errorf("the swap has begun: %v", err)
	}
}

// TestRestoreAndAnotherWish: what was restored was, whatever is wished since, and a
// wish is over when another one takes its place.
func TestRestoreAndAnotherWish(t *testing.T) {
	const wish, other = "/b/x.db@2026-01-02T03:04:04Z", "/b/y.db@2026-01-02T03:04:05Z"
	for _, c := range []struct {
		restored, now, want string
	}{
		{"", wish, ""},
		{"", other, "not restored: the wish was taken out of the file, or another one took its place"},
		{"", "", "not restored: the wish was taken out of the file, or another one took its place"},
		{wish, wish, ""},
		{wish, "", ""},
		{wish, other, "orders was restored, and another restore was asked for since"},
	} {
		look := reconciler.Look{Object: v1alpha1.Complete(v1alpha1.New("orders"), "/home/ada/.stigmer")}
		look.Object.Annotations = map[string]string{v1alpha1.RestoreAnnotation: c.now}
		look.Input.Observed.Database.Meta = observed.Is(observed.Meta{Restored: c.restored})
		look.Plan.Restore.Backup = "/b/x.db"
		got := ""
		if err := refused(wish)(look); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("restored %q, asked for %q: %q, want %q", c.restored, c.now, got, c.want)
		}
	}
}
