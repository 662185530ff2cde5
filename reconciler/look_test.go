package reconciler

import (
	"os"
	"strings"
	"testing"

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
