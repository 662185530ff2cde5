package local

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/stigmer/stigmer-local/api/encoding"
	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/config/samples"
	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// homeWith makes a home with a stopped instance for each name.
func homeWith(t *testing.T, names ...string) reconciler.Home {
	t.Helper()
	home, err := reconciler.CreateHome(filepath.Join(t.TempDir(), "home"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := encoding.Edit(samples.Temporal(),
			encoding.Change{Path: []string{"metadata", "name"}, Value: name},
			encoding.Change{Path: []string{"spec", "enabled"}, Value: false})
		if err != nil {
			t.Fatal(err)
		}
		write(t, home.Desired(name), string(data))
	}
	return home
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// sessionIn returns a session whose output goes to the buffers.
func sessionIn(t *testing.T, home reconciler.Home, output string) (s *session, stdout, stderr *bytes.Buffer) {
	t.Helper()
	stdout, stderr = &bytes.Buffer{}, &bytes.Buffer{}
	a := &app{stdout: stdout, stderr: stderr, homeFlag: string(home), name: "temporal", output: output}
	s, err := a.open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return s, stdout, stderr
}

// TestOneDocument: what a program reads is one document, whatever there is.
func TestOneDocument(t *testing.T) {
	type document struct {
		Kind     string
		Name     string
		Metadata struct{ Name string }
		Items    *[]struct {
			Name     string
			Metadata struct{ Name string }
		}
	}
	for _, command := range []string{"plan", "status"} {
		for _, output := range []string{"json", "yaml"} {
			for _, names := range [][]string{{}, {"orders"}, {"orders", "payments"}} {
				home := homeWith(t, names...)
				stdout, stderr, code := run("local", command, "-o", output, "--home", string(home))
				if code != 0 {
					t.Fatalf("%s: exit %d, %s", command, code, stderr)
				}
				var d document
				err := yaml.Unmarshal([]byte(stdout), &d)
				if output == "json" {
					err = json.Unmarshal([]byte(stdout), &d)
				}
				if err != nil {
					t.Fatalf("%s -o %s of %v: %v:\n%s", command, output, names, err, stdout)
				}
				if len(names) == 1 {
					if d.Name+d.Metadata.Name != "orders" || d.Items != nil {
						t.Errorf("%s -o %s of one:\n%s", command, output, stdout)
					}
					continue
				}
				if d.Kind != "List" || d.Items == nil || len(*d.Items) != len(names) {
					t.Errorf("%s -o %s of %v:\n%s", command, output, names, stdout)
					continue
				}
				for i, item := range *d.Items {
					if item.Name+item.Metadata.Name != names[i] {
						t.Errorf("item %d is %+v, want %s", i, item, names[i])
					}
				}
			}
		}
	}
}

func TestPrintResult(t *testing.T) {
	object := &v1alpha1.Temporal{ObjectMeta: metav1.ObjectMeta{Name: "orders"}}
	for output, want := range map[string]struct{ stdout, stderr string }{
		"text": {"done\n", ""},
		"wide": {"done\n", ""},
		"json": {`"name": "orders"`, "done\n"},
		"yaml": {"name: orders", "done\n"},
	} {
		s, stdout, stderr := sessionIn(t, homeWith(t), output)
		if err := s.printResult(object, "done"); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(stdout.String(), want.stdout) || stderr.String() != want.stderr {
			t.Errorf("-o %s: %q and %q", output, stdout, stderr)
		}
	}
	s, stdout, stderr := sessionIn(t, homeWith(t), "json")
	if err := s.printResult(nil, "nothing to stop"); err != nil || stdout.Len() > 0 || stderr.String() != "nothing to stop\n" {
		t.Errorf("without an object: %v, %q and %q", err, stdout, stderr)
	}
}

// ready is the object of a server that runs.
func ready() *v1alpha1.Temporal {
	return &v1alpha1.Temporal{ObjectMeta: metav1.ObjectMeta{Name: "orders"}, Status: v1alpha1.TemporalStatus{
		Message: "it runs",
		Process: &v1alpha1.ProcessStatus{PID: 42},
		Endpoints: &v1alpha1.EndpointsStatus{
			Frontend: "127.0.0.1:7233", UI: "http://127.0.0.1:8233",
			HTTP: "http://127.0.0.1:7243", Metrics: "http://127.0.0.1:9233/metrics",
		},
		Storage:    &v1alpha1.StorageStatus{Type: v1alpha1.StorageFile, Path: "/d/orders.db"},
		Conditions: []metav1.Condition{{Type: "Ready", Status: "True", Reason: "Converged", Message: "yes"}},
	}}
}

func TestPrintReady(t *testing.T) {
	s, stdout, stderr := sessionIn(t, homeWith(t), "text")
	if err := s.printReady(reconciler.Look{Object: ready()}, "reusing", false); err != nil {
		t.Fatal(err)
	}
	want := "Temporal is ready: reusing pid 42\n  address  127.0.0.1:7233\n  UI       http://127.0.0.1:8233\n  data     /d/orders.db\n"
	if stdout.String() != want || stderr.Len() > 0 {
		t.Errorf("%q and %q", stdout, stderr)
	}
	for _, output := range []string{"json", "yaml"} {
		s, stdout, stderr := sessionIn(t, homeWith(t), output)
		if err := s.printReady(reconciler.Look{Object: ready()}, "reusing", false); err != nil {
			t.Fatal(err)
		}
		var object v1alpha1.Temporal
		if err := yaml.Unmarshal(stdout.Bytes(), &object); err != nil || object.Status.Process.PID != 42 {
			t.Errorf("-o %s: %v\n%s", output, err, stdout)
		}
		if stderr.String() != "Temporal is ready: reusing pid 42\n" {
			t.Errorf("-o %s: standard error %q", output, stderr)
		}
	}
}

func TestPrintWanted(t *testing.T) {
	home := homeWith(t, "temporal")
	for output, want := range map[string]string{"text": "temporal is wanted", "json": `"name": "temporal"`, "yaml": "name: temporal"} {
		s, stdout, stderr := sessionIn(t, home, output)
		if err := s.printWanted(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(stdout.String(), want) || (stderr.Len() > 0) != s.structured() {
			t.Errorf("-o %s: %q and %q", output, stdout, stderr)
		}
	}
}

func TestPrintWide(t *testing.T) {
	home := homeWith(t)
	s, stdout, _ := sessionIn(t, home, "wide")
	s.printWide(reconciler.Look{Object: ready()})
	var got [][]string
	for line := range strings.Lines(stdout.String()) {
		got = append(got, strings.Fields(line))
	}
	want := [][]string{
		nil, {"orders:", "it", "runs"},
		{"frontend", "127.0.0.1:7233"}, {"ui", "http://127.0.0.1:8233"},
		{"http", "http://127.0.0.1:7243"}, {"metrics", "http://127.0.0.1:9233/metrics"},
		{"log", home.Files("orders").Log}, {"data", "/d/orders.db"},
		{"Ready", "True", "Converged", "yes"},
	}
	for i, line := range got {
		if len(line) == 0 {
			got[i] = nil
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s\n%s", diff, stdout)
	}
	for _, place := range places(reconciler.Look{Object: &v1alpha1.Temporal{}}, "/l")[:4] {
		if place[1] != "-" {
			t.Errorf("what is not served is %q", place)
		}
	}
	if data := dataOf(&v1alpha1.Temporal{}); !strings.HasPrefix(data, "in memory") {
		t.Errorf("data in memory is %q", data)
	}
}

// TestPlacesOfAnother: where the workflows are when a Temporal is used that is
// not ours, and not where ours would be.
func TestPlacesOfAnother(t *testing.T) {
	used := observed.Process{Identity: observed.Identity{PID: 7}, Executable: "/opt/temporal", User: "ada"}
	for database, want := range map[string]string{
		"/theirs.db": "/theirs.db, of pid 7 (temporal, user ada), which is not ours",
		"":           "in memory, of pid 7 (temporal, user ada), which is not ours",
	} {
		look := reconciler.Look{Object: ready(), Plan: plan.Plan{External: &observed.External{Process: used, Database: database}}}
		got := places(look, "/home/log")
		if diff := cmp.Diff([][2]string{{"log", "-"}, {"data", want}}, got[4:]); diff != "" {
			t.Error(diff)
		}
	}
}

// TestAddressOfNothing: where nothing listens there is no address, whatever the
// file asks for.
func TestAddressOfNothing(t *testing.T) {
	object := ready()
	object.Spec.Port = 7333
	object.Status.Endpoints = nil
	if got := row(object, time.Now()); got[3] != "-" || got[4] != "-" {
		t.Errorf("row %q", got)
	}
	for _, place := range places(reconciler.Look{Object: object}, "/l")[:4] {
		if place[1] != "-" {
			t.Errorf("wide %q", place)
		}
	}
}

// TestPlanThatWaits is not one with nothing to do.
func TestPlanThatWaits(t *testing.T) {
	state := func(reconciling metav1.ConditionStatus, p plan.Plan) reconciler.Look {
		object := &v1alpha1.Temporal{}
		object.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReconciling, Status: reconciling}}
		return reconciler.Look{Object: object, Plan: p}
	}
	quiet := plan.Plan{Situation: plan.Terminating, Message: "pid 7 has 10s left"}
	busy := plan.Plan{Situation: plan.Stopping, Message: "m", Actions: []plan.Action{{Verb: plan.Terminate}}}
	inVain := state(metav1.ConditionTrue, busy)
	inVain.Told = &metav1.Condition{Message: "somebody has the lock"}
	asks := plan.Plan{Situation: plan.PortHeldByStranger, Message: "m", Remedy: "stop it"}
	for name, c := range map[string]struct {
		look reconciler.Look
		want string
		code int
	}{
		"waits":         {state(metav1.ConditionTrue, quiet), "Terminating: pid 7 has 10s left\n  waiting; nothing to do right now\n", exitPending},
		"settled":       {state(metav1.ConditionFalse, plan.Plan{Situation: plan.Converged, Message: "m"}), "Converged: m\n  nothing to do\n", exitDone},
		"acts":          {state(metav1.ConditionTrue, busy), busy.String(), exitPending},
		"acts in vain":  {inVain, busy.String() + "  the last attempt: somebody has the lock\n", exitUserAction},
		"asks the user": {state(metav1.ConditionFalse, asks), asks.String(), exitUserAction},
	} {
		if got := planText(c.look); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		code := exitDone
		if outcome := outcomeOf("temporal", c.look); outcome != nil {
			code = outcome.code
		}
		if code != c.code {
			t.Errorf("%s: exit %d, want %d", name, code, c.code)
		}
	}
}
