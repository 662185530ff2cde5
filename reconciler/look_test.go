package reconciler

import (
	"os"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// TestLookAsTheDaemon: a command that would find a Temporal shows what a daemon
// does that finds none.
func TestLookAsTheDaemon(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	wished := w.desired("temporal", w.port)
	w.write("temporal", strings.Replace(wished, "path: "+self, "version: 0.0.1", 1))
	w.run()
	reported := w.eventually("temporal", "reported", func(o *v1alpha1.Temporal) bool {
		return o.Status.Situation == string(plan.ExecutableMissing)
	})
	eyes := observer.New(observer.Options{})
	defer eyes.Close()
	looker := Looker{Home: w.home, Search: Search{Override: self}, Observer: eyes, DaemonRuns: true}
	look, err := looker.Look(t.Context(), "temporal")
	if err != nil || look.Plan.Situation != plan.ExecutableMissing || look.Object.Status.Message != reported.Status.Message {
		t.Errorf("as the daemon: %v, %s\n%s, want %s", err, look.Plan, look.Object.Status.Message, reported.Status.Message)
	}
	looker.DaemonRuns = false
	if look, err := looker.Look(t.Context(), "temporal"); err != nil || look.Plan.Situation != plan.NotRunning {
		t.Errorf("for itself: %v, %s", err, look.Plan)
	}
}

// TestTold: what the daemon tells counts where a look does not see it for itself.
func TestTold(t *testing.T) {
	acts := plan.Plan{Situation: plan.RestorePending, Actions: []plan.Action{{Verb: plan.RestoreBackup}}}
	for name, c := range map[string]struct {
		reason plan.Situation
		status metav1.ConditionStatus
		plan   plan.Plan
		want   bool
	}{
		"the same, in vain":            {plan.RestorePending, metav1.ConditionTrue, acts, true},
		"the same, and it goes on":     {plan.RestorePending, metav1.ConditionFalse, acts, false},
		"it is over":                   {plan.RestorePending, metav1.ConditionTrue, plan.Plan{Situation: plan.Starting}, false},
		"nothing is done":              {plan.Starting, metav1.ConditionTrue, plan.Plan{Situation: plan.Starting}, false},
		"the look sees it":             {plan.PortHeldByStranger, metav1.ConditionTrue, plan.Plan{Situation: plan.PortHeldByStranger, Remedy: "end it"}, false},
		"it saw who is in the way":     {plan.ReplacementBlocked, metav1.ConditionTrue, plan.Plan{Situation: plan.Drifted}, true},
		"it finds no Temporal":         {plan.ExecutableMissing, metav1.ConditionTrue, acts, true},
		"it finds one that is no good": {plan.ExecutableUnusable, metav1.ConditionTrue, acts, true},
	} {
		reported := v1alpha1.TemporalStatus{Conditions: []metav1.Condition{
			{Type: v1alpha1.ConditionStalled, Status: c.status, Reason: string(c.reason)},
		}}
		if got := told(reported, c.plan); (got != nil) != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := told(v1alpha1.TemporalStatus{}, acts); got != nil {
		t.Errorf("of a daemon that has told nothing: %+v", got)
	}
}
