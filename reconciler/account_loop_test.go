package reconciler

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/reconciler/events"
)

// story returns the events of the instance.
func (w *world) story(name string) []events.Event {
	w.t.Helper()
	list, err := events.Read(w.home.Events(name))
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

// tells waits until an event is as wanted, and returns the first that is.
func (w *world) tells(name, what string, ok func(events.Event) bool) events.Event {
	w.t.Helper()
	var found events.Event
	w.await("an event tells: "+what, func() bool {
		list := w.story(name)
		i := slices.IndexFunc(list, ok)
		if i >= 0 {
			found = list[i]
		}
		return i >= 0
	})
	return found
}

// TestWhyDidItRestart is answered by the events alone.
func TestWhyDidItRestart(t *testing.T) {
	parallel(t)
	w := newQuickWorld(t)
	w.write("temporal", w.desired("temporal", w.port, "  env: {A_PASSWORD: hunter2hunter2}"))
	w.run()
	first := w.ready("temporal").Status.Process.PID
	kill(t, first, syscall.SIGKILL)
	second := w.eventually("temporal", "ready again", func(o *v1alpha1.Temporal) bool {
		return ready(o) && o.Status.Process.PID != first
	}).Status.Process.PID
	exit := w.tells("temporal", "the first was killed", func(e events.Event) bool { return e.Type == events.Exit })
	if exit.PID != int(first) || exit.Signal != "killed" || !strings.Contains(exit.Message, "the server, ") || !strings.Contains(exit.Message, "not asked") {
		t.Errorf("exit %+v", exit)
	}
	again := w.tells("temporal", "the second was started", func(e events.Event) bool { return e.StartedPID == int(second) })
	if again.ID < exit.ID || again.Verb != "Start" || !strings.Contains(again.Message, "because") {
		t.Errorf("start %+v after exit %+v", again, exit)
	}
	w.write("temporal", w.desired("temporal", w.port, "  env: {A_PASSWORD: hunter3hunter3}"))
	w.eventually("temporal", "replaced", func(o *v1alpha1.Temporal) bool {
		return ready(o) && o.Status.ObservedGeneration == 2 && o.Status.Process.PID != second
	})
	edit := w.tells("temporal", "the edit", func(e events.Event) bool { return e.Type == events.DesiredState && e.Generation == 2 })
	stop := w.tells("temporal", "the second was asked to stop", func(e events.Event) bool { return e.Verb == "Terminate" && e.PID == int(second) })
	end := w.tells("temporal", "the second ended", func(e events.Event) bool { return e.Type == events.Exit && e.PID == int(second) })
	if !strings.HasSuffix(edit.Message, "changed spec.env") || stop.Reason != "Drifted" || !strings.Contains(end.Message, "asked to stop: Drifted") {
		t.Errorf("edit %+v\nstop %+v\nend %+v", edit, stop, end)
	}
	w.tells("temporal", "Ready", func(e events.Event) bool { return e.Condition == v1alpha1.ConditionReady && e.To == "True/Serving" })
	w.hidesSecrets()
}

// hidesSecrets: no value of spec.env is in the events.
func (w *world) hidesSecrets() {
	w.t.Helper()
	w.write("temporal", "spec: {env: {A_PASSWORD: [hunter2hunter2]}}\n")
	w.tells("temporal", "the file is bad", func(e events.Event) bool { return e.Reason == "Invalid" })
	data, err := os.ReadFile(w.home.Events("temporal"))
	if err != nil || strings.Contains(string(data), "hunter") {
		w.t.Errorf("a value of spec.env (%v):\n%s", err, data)
	}
}

// TestHistoryOutlivesTheInstance: the events of one that is forgotten stay,
// and do not make it known.
func TestHistoryOutlivesTheInstance(t *testing.T) {
	parallel(t)
	w := newQuickWorld(t)
	w.write("temporal", w.desired("temporal", w.port))
	stop := w.run()
	w.ready("temporal")
	remove(t, w.home.Desired("temporal"))
	w.tells("temporal", "it is forgotten", func(e events.Event) bool { return e.Reason == "Forgotten" })
	w.await("the instance is forgotten", func() bool {
		_, err := os.Stat(w.home.Status("temporal"))
		return errors.Is(err, fs.ErrNotExist)
	})
	stop()
	before := w.story("temporal")
	if names, err := w.home.names(); err != nil || len(names) > 0 {
		t.Errorf("known: %v, %v", names, err)
	}
	if names, err := w.home.Recorded(); err != nil || !slices.Equal(names, []string{"temporal"}) {
		t.Errorf("recorded: %v, %v", names, err)
	}
	w.write("temporal", w.desired("temporal", w.port))
	w.run()
	w.ready("temporal")
	after := w.story("temporal")
	if len(after) <= len(before) || after[len(before)].ID <= before[len(before)-1].ID {
		t.Errorf("%d events after %d", len(after), len(before))
	}
}

// TestNextDaemonTellsNothingNew about what has not changed, and quiet passes
// write nothing.
func TestNextDaemonTellsNothingNew(t *testing.T) {
	parallel(t)
	w := newQuickWorld(t)
	w.write("temporal", w.desired("temporal", w.port))
	stop := w.run()
	w.eventually("temporal", "converged", func(o *v1alpha1.Temporal) bool { return ready(o) && o.Status.Situation == "Converged" })
	stop()
	info, err := os.Stat(w.home.Events("temporal"))
	if err != nil {
		t.Fatal(err)
	}
	w.adopted("temporal")
	w.wait(3 * 500 * time.Millisecond)
	if after, err := os.Stat(w.home.Events("temporal")); err != nil || !after.ModTime().Equal(info.ModTime()) {
		t.Errorf("written again (%v): %+v", err, w.story("temporal"))
	}
}

// TestEventsThatCannotBeWrittenStopNothing.
func TestEventsThatCannotBeWrittenStopNothing(t *testing.T) {
	parallel(t)
	w := newQuickWorld(t)
	if err := unix.Mkfifo(w.home.Events("temporal"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.write("temporal", w.desired("temporal", w.port))
	w.run()
	w.ready("temporal")
	if n := strings.Count(w.logs.since(0), "cannot write the events"); n != 1 {
		t.Errorf("logged %d times:\n%s", n, w.logs.since(0))
	}
	remove(t, w.home.Events("temporal"))
	w.tells("temporal", "what happened before", func(e events.Event) bool { return e.Verb == "Start" })
}
