package reconciler

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/hack/hungmount"
	"github.com/stigmer/stigmer-local/observer"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// soon fails the test when something takes long. It may wait for a disk.
func soon(t *testing.T, what string, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); do() }()
	select {
	case <-done:
	case <-time.After(patience / 4):
		t.Fatalf("%s: not within %s", what, patience/4)
	}
}

// TestDatabaseThatHangs: of two instances one has its database on a file system
// that hangs. The other one is kept up and looked at, and the daemon ends.
func TestDatabaseThatHangs(t *testing.T) {
	folder, _ := hungmount.New(t)
	w := newWorld(t)
	w.write("hung", w.desired("hung", freePortFrom(t, w.port+4), "  storage: {path: "+folder+"/x.db}"))
	w.write("well", w.desired("well", w.port))
	stop := w.run()
	first := w.ready("well").Status.Process.PID
	kill(t, first, 9)
	second := w.eventually("well", "ready again", func(o *v1alpha1.Temporal) bool { return ready(o) && o.Status.Process.PID != first })

	hung := w.eventually("hung", "reported", func(o *v1alpha1.Temporal) bool {
		return o.Status.Situation == string(plan.ObservationFailed)
	})
	if want := "the file system of " + folder + "/x.db may hang"; !strings.Contains(hung.Status.Message, want) {
		t.Errorf("message %q, want %q", hung.Status.Message, want)
	}
	for _, c := range hung.Status.Conditions {
		if slices.Contains([]string{v1alpha1.ConditionReady, v1alpha1.ConditionServing, v1alpha1.ConditionDatabaseFile}, c.Type) && c.Status == metav1.ConditionTrue {
			t.Errorf("condition %+v", c)
		}
	}
	if !meta.IsStatusConditionTrue(hung.Status.Conditions, v1alpha1.ConditionDesiredStateValid) {
		t.Errorf("its file is not read: %+v", hung.Status.Conditions)
	}
	eyes := observer.New(observer.Options{})
	defer eyes.Close()
	soon(t, "a look at the other one", func() {
		look, err := Looker{Home: w.home, Observer: eyes, DaemonRuns: true, Thorough: true}.Look(t.Context(), "well")
		if err != nil || !ready(look.Object) {
			t.Errorf("%+v, %v", look.Object, err)
		}
	})
	soon(t, "the end of the daemon", stop)
	if left := marked(string(w.home)); !slices.Contains(left, int(second.Status.Process.PID)) {
		t.Errorf("processes left: %v, want %d", left, second.Status.Process.PID)
	}
}

// TestDaemonEndsDuringALookThatHangs: before it says that the look hangs.
func TestDaemonEndsDuringALookThatHangs(t *testing.T) {
	folder, _ := hungmount.New(t)
	w := newWorld(t)
	w.write("hung", w.desired("hung", w.port, "  storage: {path: "+folder+"/x.db}"))
	stop := w.run()
	w.await("the instance is known", func() bool { return w.logs.have(`"reconciling"`) })
	w.wait(diskPatience)
	soon(t, "the end of the daemon", stop)
}

// TestPlacesThatHang: they are what their names say, and are compared so.
func TestPlacesThatHang(t *testing.T) {
	folder, end := hungmount.New(t)
	w := newClaimWorld(t)
	w.asks("b", "x.db")
	w.dir = folder
	w.asks("a", "x.db")
	w.asks("c", "x.db")
	w.asks("d", "y.db")
	for _, want := range []string{"b: x.db", "a: x.db", "c: nothing, refused by a", "d: y.db", "a: x.db"} {
		name, _, _ := strings.Cut(want, ": ")
		soon(t, name, func() {
			if got := name + ": " + w.pass(name); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
	if w.sources["a"].again == nil || w.sources["b"].again != nil {
		t.Errorf("what was not seen is not judged again, or what was: %v, %v", w.sources["a"].again, w.sources["b"].again)
	}
	// What is sound again is seen.
	end()
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(folder, link); err != nil {
		t.Fatal(err)
	}
	w.await("the two are known to be one", func() bool {
		a, b := w.claims.disk.place(folder+"/x.db"), w.claims.disk.place(link+"/x.db")
		return !a.unseen && !b.unseen && a.is(b)
	})
}

// TestEditThatIsNotSeen: an edit whose database does not answer is in force, and is
// judged again, but is one edit.
func TestEditThatIsNotSeen(t *testing.T) {
	folder, _ := hungmount.New(t)
	w := newClaimWorld(t)
	last := v1alpha1.Complete(v1alpha1.New("a"), string(w.home))
	last.Generation = 7
	w.dir = folder
	w.asks("a", "x.db")
	s := newSource(w.home, "a", last, w.claims)
	for range 3 {
		soon(t, "a", func() {
			if desired, problem := s.read(noon()); problem != "" || desired.Object.Generation != 8 || databaseOf(desired.Object) != folder+"/x.db" {
				t.Errorf("%+v, %q", desired.Object, problem)
			}
		})
	}
}

// TestDesiredFileThatHangs: it may be a link to where a user keeps such files. At first
// it may only be slow; nothing is decided then.
func TestDesiredFileThatHangs(t *testing.T) {
	folder, _ := hungmount.New(t)
	w := newClaimWorld(t)
	if err := os.Symlink(folder+"/a.yaml", w.home.Desired("a")); err != nil {
		t.Fatal(err)
	}
	w.asks("b", "x.db")
	soon(t, "b", func() {
		if got := w.pass("b"); got != "x.db" {
			t.Errorf("b: %s", got)
		}
	})
	a := newSource(w.home, "a", nil, w.claims)
	for at, want := range map[time.Duration]string{0: "nothing ", readPatience - 1: "nothing ", readPatience: "no answer within 1s"} {
		soon(t, "a", func() {
			a.waiting = noon()
			if got := sees(a, noon().Add(at)); !strings.Contains(got, want) || a.settling(noon().Add(at)) == 0 && at < readPatience {
				t.Errorf("a, after %s: %q and %s left, want %q", at, got, a.settling(noon().Add(at)), want)
			}
		})
		a = newSource(w.home, "a", nil, w.claims)
	}
	soon(t, "a look", func() {
		eyes := observer.New(observer.Options{})
		defer eyes.Close()
		look, err := Looker{Home: w.home, Observer: eyes}.Look(t.Context(), "a")
		if err != nil || !strings.Contains(look.Problem, "no answer within 1s") {
			t.Errorf("a look: %q, %v", look.Problem, err)
		}
	})
}

// TestNobodyWaitsForADisk: what the other instances need is free while one waits.
func TestNobodyWaitsForADisk(t *testing.T) {
	folder, _ := hungmount.New(t)
	w := newClaimWorld(t)
	object := v1alpha1.New("a")
	object.Spec.Storage = v1alpha1.StorageSpec{Type: v1alpha1.StorageFile, Path: folder + "/x.db"}
	taken := make(chan struct{})
	go func() {
		defer close(taken)
		if holder := w.claims.take("a", object); holder != "" {
			t.Errorf("it is %s's", holder)
		}
	}()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for asked := 0; ; asked++ {
		select {
		case <-taken:
			if asked == 0 {
				t.Error("nobody asked while it waited")
			}
			return
		case <-tick.C:
			began := time.Now()
			soon(t, "another one", func() { w.claims.hold("b", nil); w.claims.release("b") })
			if took := time.Since(began); took > diskPatience/2 {
				t.Fatalf("it took %s", took)
			}
		}
	}
}
