package plan

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A process that was just asked to stop is looked at again when its time is
// up, not an interval later.
func TestGracePeriodIsLookedAtWhenItEnds(t *testing.T) {
	b := healthy()
	enabled := false
	b.Desired.Object.Spec.Enabled = &enabled
	b.Desired.Object.Spec.TerminationGracePeriod = &metav1.Duration{Duration: time.Second}
	p := Compute(b.Input)
	if p.Situation != Stopping || p.RequeueAfter != time.Second {
		t.Errorf("%s: next look after %s, want the grace period", p, p.RequeueAfter)
	}
}
