package actuator

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// learned is one call of OnDone.
type learned struct {
	path string
	err  error
}

// pupil is an actuator whose LearnSchema runs the scratch role.
type pupil struct {
	*rig
	hands *Actuator
	told  chan learned
	work  plan.DatabaseWork
}

// newPupil returns one whose server is in the mood.
func newPupil(t *testing.T, mood string) *pupil {
	t.Helper()
	p := &pupil{rig: newRig(t), told: make(chan learned, 16)}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p.hands = New(Options{
		Identifier: procIdentifier{},
		Env: append(os.Environ(), roleVariable+"=scratch", moodVariable+"="+mood, tellVariable+"="+p.pipe(), quickExit,
			"STIGMER_INSTANCE=x", "TEMPORAL_ADDRESS=x"),
		OnDone: func(action plan.Action, err error) { p.told <- learned{action.Database.SchemaPath, err} },
	})
	t.Cleanup(func() { _ = p.hands.Close() })
	p.work = plan.DatabaseWork{Build: "build 1", Executable: self, SchemaPath: filepath.Join(p.home, "schemas", "build-1.json")}
	return p
}

// begin carries out a LearnSchema, which returns at once.
func (p *pupil) begin() {
	p.t.Helper()
	began := time.Now()
	if out := p.hands.Do(context.Background(), plan.Action{Verb: plan.LearnSchema, Database: p.work}); out.Err != nil {
		p.t.Fatal(out.Err)
	}
	if took := time.Since(began); took > patience/10 {
		p.t.Errorf("it took %v", took)
	}
}

// outcome waits for the call of OnDone.
func (p *pupil) outcome() learned {
	p.t.Helper()
	select {
	case l := <-p.told:
		return l
	case <-time.After(patience):
		p.t.Fatal("OnDone was not called")
		return learned{}
	}
}

// server waits until the scratch server says who it is.
func (p *pupil) server() (id identity, told string) {
	p.t.Helper()
	number, told, _ := strings.Cut(p.line(), " ")
	pid, err := strconv.Atoi(number)
	if err != nil {
		p.t.Fatal(err)
	}
	id, err = (procIdentifier{}).Identify(pid)
	if err != nil {
		id = identity{PID: pid} // it has ended already
	}
	return id, told
}

// left requires what is left in the folder of the schemas.
func (p *pupil) left(want ...string) {
	p.t.Helper()
	entries, err := os.ReadDir(filepath.Dir(p.work.SchemaPath))
	if err != nil {
		p.t.Fatal(err)
	}
	var got []string
	for _, entry := range entries {
		got = append(got, entry.Name())
	}
	if !slices.Equal(got, want) {
		p.t.Errorf("left are %q, want %q", got, want)
	}
}

// objects reads what was learned.
func (p *pupil) objects() (list []string) {
	p.t.Helper()
	text, err := os.ReadFile(p.work.SchemaPath)
	if err == nil {
		err = json.Unmarshal(text, &list)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return list
}

func TestLearnSchema(t *testing.T) {
	p := newPupil(t, "")
	p.begin()
	p.begin() // somebody is at it
	id, told := p.server()
	if l := p.outcome(); l.err != nil || l.path != p.work.SchemaPath {
		t.Fatalf("%+v", l)
	}
	if !strings.Contains(told, "/schemas/.stigmer-scratch-") || !strings.HasSuffix(told, " 0,1,2 []") {
		t.Errorf("told %q", told)
	}
	if got := p.objects(); !slices.Contains(got, "column namespaces.name") || !slices.Contains(got, "table executions") {
		t.Errorf("%q", got)
	}
	p.left("build-1.json")
	p.awaitGone(id)
	p.begin() // it is known
	select {
	case line := <-p.lines:
		t.Errorf("another server: %q", line)
	case l := <-p.told:
		t.Errorf("told %+v", l)
	default:
	}
}

// A server that never serves does not, and is not asked again soon.
func TestNothingIsLearnedFromABrokenServer(t *testing.T) {
	p := newPupil(t, "broken")
	p.begin()
	l := p.outcome()
	if l.err == nil || !strings.Contains(l.err.Error(), "build 1") || !strings.Contains(l.err.Error(), "no such thing") {
		t.Errorf("%v", l.err)
	}
	p.left()
	p.begin()
	select {
	case l := <-p.told:
		t.Errorf("it was tried again: %v", l.err)
	case <-time.After(50 * time.Millisecond):
	}
}

// Close ends what was begun, at once, and leaves nothing.
func TestCloseEndsLearning(t *testing.T) {
	for _, mood := range []string{"mute", "deaf"} {
		p := newPupil(t, mood)
		p.begin()
		id, _ := p.server()
		began := time.Now()
		if err := p.hands.Close(); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > learnGrace/2 {
			t.Errorf("%s: Close took %v", mood, took)
		}
		if _, err := (procIdentifier{}).Identify(id.PID); err == nil {
			t.Errorf("%s: the server lives", mood)
		}
		p.left()
		if len(p.told) > 0 {
			t.Errorf("%s: OnDone was called after Close", mood)
		}
	}
}

// The scratch server does not outlive a daemon that is killed, and the next one
// removes its folder.
func TestKilledDaemonLeavesNoScratchServer(t *testing.T) {
	p := newPupil(t, "")
	_, kill := p.bare("learner", p.home)
	id, told := p.server()
	if id.StartTicks == 0 || !strings.HasPrefix(told, "scratch") {
		t.Fatalf("%v %q", id, told)
	}
	kill()
	p.awaitGone(id)
	p.begin()
	if l := p.outcome(); l.err != nil {
		t.Fatal(l.err)
	}
	p.left("build-1.json")
}

func TestLearnSchemaNeedsAnAbsolutePath(t *testing.T) {
	p := newPupil(t, "")
	p.work.Executable = "temporal"
	if out := p.hands.Do(context.Background(), plan.Action{Verb: plan.LearnSchema, Database: p.work}); out.Err == nil {
		t.Error("no error")
	}
}

// What the real server creates: two stores, with their indexes and triggers.
func TestLearnSchemaOfTheRealServer(t *testing.T) {
	p := newPupil(t, "")
	if p.work.Executable = os.Getenv("STIGMER_TEMPORAL"); p.work.Executable == "" {
		t.Skip("STIGMER_TEMPORAL does not name a Temporal to run")
	}
	p.begin()
	if l := p.outcome(); l.err != nil {
		t.Fatal(l.err)
	}
	kinds := map[string]int{}
	for _, object := range p.objects() {
		kind, _, _ := strings.Cut(object, " ")
		kinds[kind]++
	}
	if kinds["table"] != 47 || kinds["index"] != 84 || kinds["trigger"] != 3 || kinds["column"] < 200 {
		t.Errorf("%v", kinds)
	}
	p.left("build-1.json")
}

// TestSchemaWhereSomethingStands: what is not a regular file is named, and the
// folder is not left for that of a link.
func TestSchemaWhereSomethingStands(t *testing.T) {
	for name, plant := range map[string]func(path, victim string) error{
		"pipe":   func(path, _ string) error { return unix.Mkfifo(path, 0o600) },
		"folder": func(path, _ string) error { return os.Mkdir(path, 0o700) },
		"link":   func(path, victim string) error { return os.Symlink(victim, path) },
		"file for folder": func(path, _ string) error {
			return errors.Join(os.Remove(filepath.Dir(path)), os.WriteFile(filepath.Dir(path), nil, 0o600))
		},
	} {
		p := newPupil(t, "")
		victim := filepath.Join(t.TempDir(), "victim")
		if err := errors.Join(os.Mkdir(filepath.Dir(p.work.SchemaPath), 0o700), plant(p.work.SchemaPath, victim)); err != nil {
			t.Fatal(err)
		}
		out := p.hands.Do(t.Context(), plan.Action{Verb: plan.LearnSchema, Database: p.work})
		if out.Err == nil {
			out.Err = p.outcome().err
		}
		if out.Err == nil || !strings.Contains(out.Err.Error(), filepath.Dir(p.work.SchemaPath)) {
			t.Errorf("%s: %v", name, out.Err)
		}
		if _, err := os.Lstat(victim); err == nil {
			t.Errorf("%s: something was written through it", name)
		}
	}
}

// TestUnreadableSchemaIsLearnedAnew: a file that was torn is no answer.
func TestUnreadableSchemaIsLearnedAnew(t *testing.T) {
	p := newPupil(t, "")
	if err := errors.Join(os.Mkdir(filepath.Dir(p.work.SchemaPath), 0o700), os.WriteFile(p.work.SchemaPath, []byte(`["table `), 0o600)); err != nil {
		t.Fatal(err)
	}
	p.begin()
	if l := p.outcome(); l.err != nil {
		t.Fatal(l.err)
	}
	text, err := os.ReadFile(p.work.SchemaPath)
	var objects []string
	if err := errors.Join(err, json.Unmarshal(text, &objects)); err != nil || len(objects) == 0 {
		t.Errorf("%q: %v", text, err)
	}
}
