package reconciler

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

func (w *world) writeStatus(name, content string) {
	w.t.Helper()
	if err := os.WriteFile(w.home.Status(name), []byte(content), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// TestUselessStatusIsNotUsed: a status file that is there and does not hold a
// whole, valid object of this instance is no last good desired state.
func TestUselessStatusIsNotUsed(t *testing.T) {
	head := "apiVersion: local.stigmer.ai/v1alpha1\nkind: Temporal\n"
	for name, content := range map[string]string{
		"no generation":     head + "metadata: {name: temporal}\nspec: {port: 7100}\n",
		"of another":        head + "metadata: {name: other, generation: 3}\n",
		"no name":           head + "metadata: {generation: 3}\n",
		"an invalid spec":   head + "metadata: {name: temporal, generation: 3}\nspec: {port: 99999}\n",
		"an invalid health": head + "metadata: {name: temporal, generation: 3}\nspec: {health: {timeout: 0s}}\n",
		"JSON, no spec":     `{"apiVersion":"local.stigmer.ai/v1alpha1","kind":"Temporal","metadata":{"name":"temporal"},"status":{"situation":"Converged"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.writeStatus("temporal", content)
			last, err := w.home.ReadStatus("temporal")
			if err != nil {
				t.Fatal(err)
			}
			w.write("temporal", "spec: [\n")
			if got := describeDesired(newSource(w.home, "temporal", last, newClaims(w.home, &Disk{}, nil)).read(noon())); got != "nothing, problem" {
				t.Errorf("%s, want nothing and a problem", got)
			}
		})
	}
}

// TestIncompleteStatusIsCompleted: a status of a version that knew fewer
// fields says enough; what it lacks is what a file that lacks it would mean.
func TestIncompleteStatusIsCompleted(t *testing.T) {
	w := newWorld(t)
	w.writeStatus("temporal", "apiVersion: local.stigmer.ai/v1alpha1\nkind: Temporal\n"+
		"metadata: {name: temporal, generation: 3}\nspec: {port: 7100}\n")
	last, err := w.home.ReadStatus("temporal")
	if err != nil {
		t.Fatal(err)
	}
	w.write("temporal", "spec: [\n")
	desired, problem := newSource(w.home, "temporal", last, newClaims(w.home, &Disk{}, nil)).read(noon())
	if desired.Object == nil || problem == "" {
		t.Fatal(describeDesired(desired, problem))
	}
	spec := desired.Object.Spec
	if spec.Port != 7100 || spec.Health.Timeout == nil || spec.Health.StartupTimeout == nil || spec.Restart.MaxDelay == nil ||
		spec.Interval == nil || spec.TerminationGracePeriod == nil || spec.Storage.Path == "" {
		t.Errorf("an incomplete object is used: %+v", spec)
	}
}

// TestUnreadableStatusAndInvalidFile: what should run is not known, and
// nothing is started on a guess.
func TestUnreadableStatusAndInvalidFile(t *testing.T) {
	head := "apiVersion: local.stigmer.ai/v1alpha1\nkind: Temporal\nmetadata: {name: temporal}\n"
	for name, content := range map[string]string{
		"garbage": "\x00\x01", "empty": "", "incomplete": head, "no health": head + "spec: {port: 7100}\nstatus: {process: {pid: 1}}\n",
	} {
		t.Run(name, func(t *testing.T) {
			parallel(t)
			w := newQuickWorld(t)
			w.writeStatus("temporal", content)
			w.write("temporal", "spec: [\n")
			stop := w.run()
			object := w.eventually("temporal", "unreadable", func(o *v1alpha1.Temporal) bool {
				c := meta.FindStatusCondition(o.Status.Conditions, v1alpha1.ConditionReady)
				return c != nil && c.Status == "Unknown" && c.Reason == "Invalid"
			})
			if object.Generation != 0 || object.Spec.Port != 0 || object.Status.Process != nil {
				t.Errorf("a guess is reported: %+v", object)
			}
			stop()
			if pids := marked(string(w.home)); len(pids) > 0 {
				t.Errorf("a server was started on a guess: %v", pids)
			}
		})
	}
}

// TestFileDeletedWhileNoDaemonRan: the next daemon starts nothing, not even
// for the moment until the deletion counts, and drops the instance.
func TestFileDeletedWhileNoDaemonRan(t *testing.T) {
	parallel(t)
	w := newQuickWorld(t)
	w.write("temporal", w.desired("temporal", w.port))
	stop := w.run()
	pid := w.ready("temporal").Status.Process.PID
	stop()
	remove(t, w.home.Desired("temporal"))
	process, err := os.FindProcess(int(pid))
	if err != nil || process.Kill() != nil {
		t.Fatal("cannot kill the server")
	}
	w.await("the server is gone", func() bool { return len(marked(string(w.home))) == 0 })
	lines := w.logs.len()
	w.run()
	w.await("the instance is forgotten", func() bool {
		_, err := os.Stat(w.home.Status("temporal"))
		return errors.Is(err, fs.ErrNotExist)
	})
	if said := w.logs.since(lines); strings.Contains(said, `"Start"`) || !strings.Contains(said, "FileMissing") {
		t.Errorf("the daemon did not wait, or started a server:\n%s", said)
	}
	if pids := marked(string(w.home)); len(pids) > 0 {
		t.Errorf("a server runs: %v", pids)
	}
}

// TestFileGoneForAMomentKeepsTheServer.
func TestFileGoneForAMomentKeepsTheServer(t *testing.T) {
	parallel(t)
	w := newQuickWorld(t)
	w.write("temporal", w.desired("temporal", w.port))
	w.run()
	before := w.ready("temporal").Status.Process.PID
	remove(t, w.home.Desired("temporal"))
	w.wait(removalSettle / 2)
	w.write("temporal", w.desired("temporal", w.port, "  logLevel: warn"))
	after := w.eventually("temporal", "ready", func(o *v1alpha1.Temporal) bool {
		return ready(o) && time.Since(o.Status.Process.StartTime.Time) > removalSettle
	})
	if after.Status.Process.PID != before {
		t.Error("the server was replaced")
	}
}
