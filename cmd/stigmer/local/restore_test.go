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
	look.Input.Observed.Database.Staged = observed.Is(observed.Meta{Restored: wish, Replaces: "/db.replaced-1"})
	if err := refused(wish)(look); err != nil {
		t.Errorf("the swap has begun: %v", err)
	}
}
