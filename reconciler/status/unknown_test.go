package status

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// declaredConditions returns the condition types of the API, from its source.
func declaredConditions(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../api/v1alpha1/conditions.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, isConst := n.(*ast.ValueSpec); isConst {
			name, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, name)
		}
		return true
	})
	return names
}

// looked is a pass of the real plan over a look.
func looked(state observed.State, change func(*plan.Input)) Pass {
	in := healthyPass().Input
	in.Observed = state
	change(&in)
	return Pass{Input: in, Plan: plan.Compute(in)}
}

// TestNothingIsKnown: a look that saw nothing tells every condition, each
// Unknown as far as it is about the machine, and none is True that Ready needs.
func TestNothingIsKnown(t *testing.T) {
	previous := v1alpha1.TemporalStatus{Process: &v1alpha1.ProcessStatus{PID: 7}, Binary: &v1alpha1.BinaryStatus{Path: "/t"}}
	status := Compute(previous, looked(observed.State{Time: testTime()}, func(*plan.Input) {}))
	if status.Process == nil || status.Binary == nil {
		t.Errorf("process %v, binary %v: the next daemon has to know what it should find", status.Process, status.Binary)
	}
	for _, name := range declaredConditions(t) {
		c := meta.FindStatusCondition(status.Conditions, name)
		switch {
		case c == nil || c.Reason == "":
			t.Errorf("%s is not told", name)
		case c.Status != metav1.ConditionUnknown && slices.Contains(neededForReady(), name) &&
			!slices.Contains([]string{"NamespacesReady", "SearchAttributesReady"}, name): // nothing is asked of those
			t.Errorf("%s is %s of what nobody saw: %s", name, c.Status, c.Message)
		}
	}
	if got, want := len(status.Conditions), len(declaredConditions(t)); got != want {
		t.Errorf("%d conditions are told, %d are declared", got, want)
	}
	ready := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionReady)
	if ready.Status != metav1.ConditionUnknown {
		t.Errorf("Ready is %s", ready.Status)
	}
}

// TestNothingRuns: each aspect of a server that is not there is False, whatever
// kind of storage it would have.
func TestNothingRuns(t *testing.T) {
	nothing := observed.State{
		Time: testTime(), Processes: observed.Is([]observed.Process{}), Lock: observed.None[observed.Lock](""),
		External: observed.None[observed.External](""), Executable: observed.None[observed.Executable]("nowhere"),
	}
	for storage, file := range map[v1alpha1.StorageType]metav1.ConditionStatus{
		v1alpha1.StorageFile: metav1.ConditionFalse, v1alpha1.StorageMemory: metav1.ConditionTrue,
	} {
		status := Compute(v1alpha1.TemporalStatus{}, looked(nothing, func(in *plan.Input) { in.Desired.Object.Spec.Storage.Type = storage }))
		want := map[string]metav1.ConditionStatus{
			"Ready": "False", "ProcessRunning": "False", "LockHeld": "False", "PortsOwned": "False", "Serving": "False",
			"StoreReadable": "False", "StoreWritable": "False", "VisibilityReadable": "False", "UIServing": "False", "DatabaseFile": file,
		}
		for name, is := range want {
			if c := meta.FindStatusCondition(status.Conditions, name); c.Status != is {
				t.Errorf("%s: %s is %s (%s), want %s", storage, name, c.Status, c.Reason, is)
			}
		}
	}
}

// TestEveryConditionHasAPolarity: the doc of each type tells it, and no
// condition whose True is bad has to be True for Ready.
func TestEveryConditionHasAPolarity(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../../api/v1alpha1/conditions.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	negative := []string{"Exposed", "Shadowed", "VersionSkew", "Reconciling", "Stalled"}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, isConst := n.(*ast.ValueSpec)
		if !isConst {
			return true
		}
		name, _ := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		want := "Positive polarity"
		if slices.Contains(negative, name) {
			want = "Negative polarity"
		}
		if !strings.Contains(strings.Join(strings.Fields(spec.Doc.Text()), " "), want) {
			t.Errorf("%s: its doc does not say %q", name, want)
		}
		if slices.Contains(negative, name) && slices.Contains(neededForReady(), name) {
			t.Errorf("%s has to be True for Ready, and True is its bad state", name)
		}
		return true
	})
}
