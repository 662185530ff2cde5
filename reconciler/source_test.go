package reconciler

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// noon is when the tests of this file begin.
func noon() time.Time { return time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC) }

const written = "apiVersion: local.stigmer.ai/v1alpha1\nkind: Temporal\nspec:\n  port: 7100\n"

// fileWorld is a home with a source of the instance temporal.
func fileWorld(t *testing.T, last *v1alpha1.Temporal) (*world, *source) {
	t.Helper()
	w := newWorld(t)
	return w, newSource(w.home, "temporal", last, newClaims(w.home, &Disk{}, nil))
}

func remove(t testing.TB, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

// describeDesired returns what a read said, in short.
func describeDesired(desired plan.Desired, problem string) string {
	words := []string{"nothing"}
	if desired.Object != nil {
		words[0] = "an object"
		if !desired.Wanted() {
			words[0] = "an unwanted object"
		}
	}
	if desired.Missing {
		words = append(words, "missing")
	}
	if desired.Removed {
		words = append(words, "removed")
	}
	if problem != "" {
		words = append(words, "problem")
	}
	return strings.Join(words, ", ")
}

// step is something that happens to the file, and what a read then says.
type step struct {
	after time.Duration
	do    func(*world)
	want  string
}

func steps(t *testing.T, w *world, s *source, list []step) {
	t.Helper()
	now := noon()
	for i, step := range list {
		now = now.Add(step.after)
		if step.do != nil {
			step.do(w)
		}
		if got := describeDesired(s.read(now)); got != step.want {
			t.Errorf("step %d, %s after noon: %s, want %s", i+1, now.Sub(noon()), got, step.want)
		}
	}
}

func TestMissingFileSettles(t *testing.T) {
	write := func(w *world) { w.write("temporal", written) }
	gone := func(w *world) { remove(w.t, w.home.Desired("temporal")) }
	folder := func(w *world) { gone(w); w.write("temporal", written); remove(w.t, w.home.Desired("temporal")) }
	blocked := func(w *world) {
		gone(w)
		if err := os.Mkdir(w.home.Desired("temporal"), 0o700); err != nil {
			w.t.Fatal(err)
		}
	}
	nearly := removalSettle - time.Millisecond
	for name, list := range map[string][]step{
		"gone for good": {
			{0, write, "an object"}, {0, gone, "an object, missing"}, {nearly, nil, "an object, missing"},
			{time.Millisecond, nil, "an unwanted object, missing, removed"}, {time.Hour, write, "an object"},
		},
		"gone for a moment, twice": {
			{0, write, "an object"}, {0, gone, "an object, missing"}, {nearly, write, "an object"},
			{0, gone, "an object, missing"}, {nearly, nil, "an object, missing"}, {nearly, folder, "an unwanted object, missing, removed"},
		},
		"unreadable between": {
			{0, write, "an object"}, {0, gone, "an object, missing"}, {nearly, blocked, "an object, problem"},
			{time.Hour, gone, "an object, missing"}, {nearly, nil, "an object, missing"},
		},
		"invalid between": {
			{0, write, "an object"}, {0, gone, "an object, missing"},
			{nearly, func(w *world) { w.write("temporal", "spec: [\n") }, "an object, problem"}, {0, gone, "an object, missing"},
			{nearly, nil, "an object, missing"},
		},
		"the folder is gone": {
			{0, write, "an object"}, {0, gone, "an object, missing"},
			{nearly, func(w *world) { remove(w.t, w.home.DesiredDir()) }, "an object, problem"}, {time.Hour, nil, "an object, problem"},
		},
		"never there": {{0, nil, "nothing, missing"}, {removalSettle, nil, "an unwanted object, missing, removed"}},
		"never valid": {
			{0, func(w *world) { w.write("temporal", "spec: [\n") }, "nothing, problem"}, {time.Hour, nil, "nothing, problem"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, s := fileWorld(t, nil)
			steps(t, w, s, list)
		})
	}
}

func TestSettlingIsTheRestOfTheTime(t *testing.T) {
	_, s := fileWorld(t, nil)
	if left := s.settling(noon()); left != 0 {
		t.Errorf("nothing is missing, and %s are left", left)
	}
	s.read(noon())
	for after, want := range map[time.Duration]time.Duration{
		0: removalSettle, time.Second: removalSettle - time.Second, removalSettle: 0, time.Hour: 0,
	} {
		if left := s.settling(noon().Add(after)); left != want {
			t.Errorf("%s left after %s, want %s", left, after, want)
		}
	}
}

func TestGenerationGrowsWithTheDesiredState(t *testing.T) {
	w, s := fileWorld(t, nil)
	annotated := strings.Replace(written, "spec:", "metadata:\n  annotations: {KEY: \"2026-01-02T03:04:05Z\"}\nspec:", 1)
	for i, c := range []struct {
		content string
		want    int64
	}{
		{written, 1},
		{written, 1},
		{"# a remark\n" + written, 1},
		{written + "  ip: 127.0.0.1 # the default\n", 1},
		{strings.Replace(annotated, "KEY", "example.com/owner", 1), 1},
		{strings.Replace(written, "7100", "7200", 1), 2},
		{"spec: [\n", 2},
		{strings.Replace(written, "7100", "7200", 1), 2},
		{written, 3},
		{strings.Replace(annotated, "KEY", v1alpha1.RestartedAtAnnotation, 1), 4},
		{written + "  enabled: false\n", 5},
	} {
		w.write("temporal", c.content)
		for range 3 {
			if desired, problem := s.read(noon()); desired.Object.Generation != c.want {
				t.Errorf("file %d: generation %d, want %d (%s)", i+1, desired.Object.Generation, c.want, problem)
			}
		}
	}
}

// TestGenerationGoesOnAfterADaemon: the next daemon counts on from the status.
func TestGenerationGoesOnAfterADaemon(t *testing.T) {
	w, s := fileWorld(t, nil)
	w.write("temporal", written)
	desired, _ := s.read(noon())
	last := desired.Object.DeepCopy()
	last.Generation = 7
	for content, want := range map[string]int64{written: 7, written + "  logLevel: debug\n": 8} {
		w.write("temporal", content)
		if desired, _ := newSource(w.home, "temporal", last, newClaims(w.home, &Disk{}, nil)).read(noon()); desired.Object.Generation != want {
			t.Errorf("generation %d, want %d", desired.Object.Generation, want)
		}
	}
}

// TestVersionThatWasFilledIn: older versions wrote it into the status, and nobody has
// edited the file since.
func TestVersionThatWasFilledIn(t *testing.T) {
	now := v1alpha1.Complete(v1alpha1.New("temporal"), "/home")
	older := now.DeepCopy()
	older.Spec.Binary.Version = v1alpha1.DefaultVersion
	if !sameDesire(older, asKept(older, now)) || now.Spec.Binary.Version != "" {
		t.Errorf("it is an edit: %+v", asKept(older, now).Spec.Binary)
	}
	older.Spec.Binary.Version = "0.0.1"
	if sameDesire(older, asKept(older, now)) {
		t.Error("another version is no edit")
	}
}
