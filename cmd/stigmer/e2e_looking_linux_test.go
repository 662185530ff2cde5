package main

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const noDaemon = "no daemon runs, so nothing is kept up"

func TestLookingWithoutADaemon(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if r := w.expect(0, "local", "status"); !strings.Contains(r.stderr, "no instance is known") || r.stdout != "" {
		t.Errorf("status of nothing: %s", r)
	}
	if found := w.inventory(); len(found) != 0 {
		t.Errorf("status made %v", found)
	}
	w.wish()
	w.looksOnly(5)
	if r := w.expect(0, "local", "plan"); !strings.Contains(r.stdout, "Start ") {
		t.Errorf("plan printed %s", r)
	}
	w.up()
	pid := w.temporal().pid
	w.kill9(w.daemon().pid)
	w.looksOnly(0)
	r := w.expect(0, "local", "status")
	if want := w.goldenStatus(); oneSpace(w.mask(r.stdout)) != want || !strings.Contains(r.stderr, noDaemon) {
		t.Errorf("status: want %q and on stderr %q, got %s", want, noDaemon, r)
	}
	w.kill9(pid)
	w.looksOnly(5)
	if o := w.status(); o.is("Ready") || o.pid() != 0 {
		t.Errorf("status of a killed server: %s", o)
	}
}

// looksOnly checks the exit code of plan, and that looking changes nothing.
func (w *world) looksOnly(code int) {
	w.Helper()
	before := w.inventory()
	w.expect(code, "local", "plan", "--exit-code")
	w.expect(0, "local", "plan")
	w.expect(0, "local", "status", "-o", "wide")
	w.expect(0, "local", "logs")
	after := w.inventory()
	if diff := cmp.Diff(before, after); diff != "" {
		w.Errorf("looking changed something (-before +after):\n%s", diff)
	}
}

// inventory lists the home with the mode, size and time of each entry. The
// data folder and the log are Temporal's to change.
func (w *world) inventory() map[string]string {
	found := map[string]string{}
	_ = filepath.WalkDir(w.home, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Name() == "temporal-data" {
			return fs.SkipDir
		}
		if info, err := entry.Info(); err == nil && entry.Name() != "temporal.log" {
			found[path] = fmt.Sprint(info.Mode(), info.Size(), info.ModTime())
		}
		return nil
	})
	return found
}

// goldenStatus is the table, masked, with one space between the columns. The
// age, a few seconds, is masked by oneSpace.
func (w *world) goldenStatus() string {
	return "NAME READY SITUATION FRONTEND UI PID AGE RESTARTS\n" +
		fmt.Sprintf("temporal True Converged 127.0.0.1:FRONTEND http://127.0.0.1:UI %d AGE 0\n", w.temporal().pid)
}

func oneSpace(table string) string {
	var b strings.Builder
	for line := range strings.Lines(table) {
		fields := strings.Fields(line)
		if len(fields) == 8 && fields[0] != "NAME" {
			fields[6] = "AGE"
		}
		b.WriteString(strings.Join(fields, " ") + "\n")
	}
	return b.String()
}

func TestPlanOfAConvergedInstance(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wishStub(nil)
	w.up()
	w.awaitReported("Ready", "True")
	w.looksOnly(0)
	if r := w.expect(0, "local", "status"); strings.Contains(r.stderr, noDaemon) {
		t.Errorf("a daemon runs: %s", r)
	}
	w.wishStub(nil, "enabled: false")
	w.awaitStatus("is stopped", func(o object) bool { return o.Status.Situation == "Stopped" })
	w.await("the pid record is removed", func() (bool, string) {
		r := w.run("local", "plan", "--exit-code")
		return r.code == 0, r.String()
	})
}
