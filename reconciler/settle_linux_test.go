package reconciler

import (
	"os"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer"
)

// begins writes the first part of a file in place and keeps it open, as the shell
// does for a command that goes on.
func (w *world) begins(content string) *os.File {
	w.t.Helper()
	file, err := os.OpenFile(w.home.Desired("temporal"), os.O_WRONLY|os.O_TRUNC, 0)
	if err == nil {
		_, err = file.WriteString(content)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { file.Close() })
	return file
}

// ends writes the last part.
func (w *world) ends(file *os.File, content string) {
	w.t.Helper()
	if _, err := file.WriteString(content); err != nil {
		w.t.Error(err)
	}
	if err := file.Close(); err != nil {
		w.t.Error(err)
	}
}

// TestFileThatIsHeldOpenIsNotTaken, unless it is for ever.
func TestFileThatIsHeldOpenIsNotTaken(t *testing.T) {
	w, s := fileWorld(t, nil)
	w.write("temporal", inMemory)
	sees(s, noon())
	file := w.begins(half)
	for _, at := range []time.Duration{0, writeSettle, openSettle - 1} {
		if got := sees(s, noon().Add(at)); got != before || s.settling(noon().Add(at)) != writeSettle {
			t.Errorf("half after %s: %q, %s left", at, got, s.settling(noon().Add(at)))
		}
	}
	fresh := newSource(w.home, "temporal", nil, newClaims(w.home, &Disk{}, nil))
	if got := sees(fresh, time.Now().Add(writeSettle+coarseTimes)); got != "nothing " {
		t.Errorf("at the first read, a while later: %q", got)
	}
	if got := sees(fresh, time.Now().Add(openSettle+coarseTimes)); got != "1 File error " {
		t.Errorf("at the first read, long after: %q", got)
	}
	if got := sees(s, noon().Add(openSettle)); got != "2 File error " {
		t.Errorf("after %s: %q", openSettle, got)
	}
	w.ends(file, rest)

	w.write("temporal", inMemory)
	sees(s, noon())
	file = w.begins(edited)
	now := noon().Add(time.Second)
	sees(s, now)
	if got := sees(s, now.Add(writeSettle)); got == after {
		t.Errorf("held open: %q", got)
	}
	w.ends(file, "")
	if desired, problem := s.read(now.Add(writeSettle)); desired.Object.Spec.LogLevel != "error" || problem != "" {
		t.Errorf("closed: %+v, %s", desired.Object.Spec, problem)
	}
}

// TestLeaseHindersNobody: a writer who comes while a file is judged is let in.
func TestLeaseHindersNobody(t *testing.T) {
	w, _ := fileWorld(t, nil)
	w.write("temporal", inMemory)
	done := make(chan error)
	go func() {
		for range 1000 {
			if _, _, err := readChanged(w.home.Desired("temporal"), nil); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	began, slowest := time.Now(), time.Duration(0)
	for {
		inPlace(t, w.home.Desired("temporal"), edited, os.O_TRUNC)
		slowest, began = max(slowest, time.Since(began)), time.Now()
		select {
		case err := <-done:
			if err != nil || slowest > 5*time.Second {
				t.Errorf("%v; one write took %s", err, slowest)
			}
			return
		default:
		}
	}
}

// TestReadDesiredOfASlowWriter: a command does not make of half a file a whole one.
func TestReadDesiredOfASlowWriter(t *testing.T) {
	w, _ := fileWorld(t, nil)
	w.write("temporal", inMemory)
	file := w.begins(half)
	ended := make(chan struct{})
	time.AfterFunc(2*writeSettle, func() { w.ends(file, rest); close(ended) })
	defer func() { <-ended }()
	if data, err := w.home.ReadDesired(t.Context(), &Disk{}, "temporal"); err != nil || string(data) != edited {
		t.Errorf("%v, %s", err, data)
	}
}

// TestMemoryServerSurvivesASlowWriter, whose file is valid and asks for another
// storage for as long as half of it is there.
func TestMemoryServerSurvivesASlowWriter(t *testing.T) {
	parallel(t)
	w := newQuickWorld(t)
	storage := "  storage: {type: Memory}\n"
	first := w.desired("temporal", w.port)
	w.write("temporal", first+storage)
	w.run()
	pid := w.ready("temporal").Status.Process.PID
	eyes := observer.New(observer.Options{})
	defer eyes.Close()

	file := w.begins(first)
	w.wait(3 * writeSettle)
	look, err := Looker{Home: w.home, Observer: eyes, DaemonRuns: true}.Look(t.Context(), "temporal")
	if err != nil || look.Object.Spec.Storage.Type != v1alpha1.StorageMemory || len(look.Plan.Actions) > 0 {
		t.Errorf("while it is written, a look shows %v, %s", err, look.Plan)
	}
	w.ends(file, "  restart: {maxDelay: 20s}\n"+storage)
	edited := w.eventually("temporal", "as edited", func(o *v1alpha1.Temporal) bool {
		return ready(o) && o.Status.ObservedGeneration > 1
	})
	if edited.Generation != 2 || edited.Status.Process.PID != pid || edited.Status.RestartCount != 0 {
		t.Errorf("generation %d, pid %d, which was %d", edited.Generation, edited.Status.Process.PID, pid)
	}
}
