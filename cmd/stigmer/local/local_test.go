package local

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/stigmer/stigmer-local/api/encoding"
	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// run runs a command line and returns what it printed and its exit code.
func run(args ...string) (stdout, stderr string, code int) {
	var out, diagnostics bytes.Buffer
	code = Main(args, strings.NewReader(""), &out, &diagnostics)
	return out.String(), diagnostics.String(), code
}

func TestUsageErrors(t *testing.T) {
	home := filepath.Join(t.TempDir(), "home")
	cases := []struct {
		args []string
		want string
	}{
		{[]string{"locl"}, `unknown command "locl"; did you mean 'stigmer local'?`},
		{[]string{"status"}, `did you mean 'stigmer local status'?`},
		{[]string{"local", "statsu"}, `did you mean 'stigmer local status'?`},
		{[]string{"local", "start"}, `did you mean 'stigmer local'?`},
		{[]string{"local", "frobnicate"}, `unknown command or argument "frobnicate"; see 'stigmer local --help'`},
		{[]string{"local", "stop", "orders"}, `'stigmer local stop' takes no argument, and was given "orders"; an instance is named with --name`},
		{[]string{"local", "--prot", "1"}, "unknown flag: --prot"},
		{[]string{"local", "--port", "x"}, "--port x: give a whole number"},
		{[]string{"local", "logs", "--tail", "-2"}, "--tail -2: give a number of lines, or -1 for all"},
		{[]string{"local", "--memory", "--db-filename", "f"}, "exclude each other"},
		{[]string{"local", "status", "-o", "xml"}, `unknown output format "xml"`},
		{[]string{"local", "status", "--name", "Not_A_Label"}, "Not_A_Label"},
		{[]string{"local", "daemon", "--log-format", "xml"}, `unknown --log-format "xml"`},
		{[]string{"local", "--port", "70000"}, "--port 70000 is not a port"},
		{[]string{"local", "--port", "65000"}, "spec.ui.port"},
	}
	for _, c := range cases {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			_, stderr, code := run(append(c.args, "--home", home)...)
			if code != exitUsage || !strings.Contains(stderr, c.want) {
				t.Errorf("exit %d, %q; want exit 2 and %q", code, stderr, c.want)
			}
			if strings.Contains(stderr, "Usage:") {
				t.Errorf("the whole usage is printed for a small mistake:\n%s", stderr)
			}
		})
	}
	if _, err := os.Stat(filepath.Join(home, "desired", "temporal.yaml")); err == nil {
		t.Error("a refused command wrote the desired file")
	}
}

func TestExitCodes(t *testing.T) {
	cases := []struct {
		err  error
		want int
	}{
		{nil, 0},
		{errors.New("x"), 1},
		{usageError("x"), 2},
		{fmt.Errorf("cannot edit: %w", &encoding.InvalidError{}), 2},
		{&exitError{exitTimeout, errors.New("x")}, 3},
		{fmt.Errorf("outer: %w", &exitError{exitUserAction, errors.New("x")}), 4},
	}
	for _, c := range cases {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("exit code of %v is %d, want %d", c.err, got, c.want)
		}
	}
}

// TestNothingIsThere: commands that only look make nothing.
func TestNothingIsThere(t *testing.T) {
	for _, command := range []string{"status", "plan", "stop", "logs"} {
		home := filepath.Join(t.TempDir(), "home")
		stdout, stderr, code := run("local", command, "--home", home)
		if code != 0 || stdout+stderr == "" {
			t.Errorf("%s: exit %d, %q %q", command, code, stdout, stderr)
		}
		if _, err := os.Stat(home); err == nil {
			t.Errorf("%s made the home folder", command)
		}
	}
}

func TestHomeOfOthersIsRefused(t *testing.T) {
	home := t.TempDir()
	if err := os.Chmod(home, 0o777); err != nil {
		t.Fatal(err)
	}
	_, stderr, code := run("local", "--home", home)
	if code != exitUserAction || !strings.Contains(stderr, "chmod go-w") {
		t.Errorf("exit %d, %q; want exit 4 and what to do", code, stderr)
	}
}

func TestPlantedDaemonLock(t *testing.T) {
	home := t.TempDir()
	if err := os.Chmod(home, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(home, "daemon.lock"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, stderr, code := run("local", "--home", home, "--port", "20001")
	if code != exitUserAction || !strings.Contains(stderr, "daemon.lock") {
		t.Errorf("exit %d, %q; want exit 4 and the file's name", code, stderr)
	}
}

func TestVersion(t *testing.T) {
	stdout, _, code := run("version")
	if code != 0 || !strings.HasPrefix(stdout, "stigmer ") {
		t.Errorf("exit %d, %q", code, stdout)
	}
}

func TestWithoutMarks(t *testing.T) {
	env := []string{"A=1", "STIGMER_INSTANCE=x", "STIGMER_LAUNCH=x", "STIGMER_SPEC=x", "STIGMER_RESTARTED_AT=x", "STIGMER_BUILD=x", "STIGMER_TEMPORAL=t"}
	if got := withoutMarks(env); !slices.Equal(got, []string{"A=1", "STIGMER_TEMPORAL=t"}) {
		t.Errorf("kept %q", got)
	}
	if len(env) != 7 || env[1] != "STIGMER_INSTANCE=x" {
		t.Errorf("the environment itself was changed: %q", env)
	}
}

func TestRow(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	object := &v1alpha1.Temporal{ObjectMeta: metav1.ObjectMeta{Name: "orders"}}
	if diff := cmp.Diff([]string{"orders", "Unknown", "", "-", "-", "-", "-", "0"}, row(object, now)); diff != "" {
		t.Errorf("an object without a status:\n%s", diff)
	}
	object.Status = v1alpha1.TemporalStatus{
		Situation: "Converged", RestartCount: 2,
		Process:    &v1alpha1.ProcessStatus{PID: 42, StartTime: metav1.NewTime(now.Add(-90 * time.Minute))},
		Endpoints:  &v1alpha1.EndpointsStatus{Frontend: "127.0.0.1:7233"},
		Conditions: []metav1.Condition{{Type: "Ready", Status: "True"}},
	}
	if diff := cmp.Diff([]string{"orders", "True", "Converged", "127.0.0.1:7233", "-", "42", "90m", "2"}, row(object, now)); diff != "" {
		t.Errorf("a running one:\n%s", diff)
	}
}

func TestBlockedBy(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	told := func(reason plan.Situation) *metav1.Condition {
		return &metav1.Condition{Type: "Stalled", Status: "True", Reason: string(reason), Message: "told", LastTransitionTime: metav1.NewTime(at)}
	}
	cases := []struct {
		name string
		look reconciler.Look
		want *obstacle
	}{
		{"nothing", reconciler.Look{}, nil},
		{"invalid file", reconciler.Look{Problem: "bad"}, &obstacle{code: exitUsage, what: "bad", message: "bad"}},
		{"a stranger", reconciler.Look{Plan: plan.Plan{Message: "m", Remedy: "r"}}, &obstacle{code: exitUserAction, what: "m", message: "m; r"}},
		{"the daemon finds no Temporal", reconciler.Look{Told: told(plan.ExecutableMissing)},
			&obstacle{code: exitUserAction, what: "told", message: "told", met: at, again: time.Second}},
		{"a start that somebody prevents", reconciler.Look{Told: told(plan.NotRunning)},
			&obstacle{code: exitUserAction, what: "told", message: "told", met: at, again: 5 * time.Second}},
		{"neither finds a Temporal", reconciler.Look{Told: told(plan.ExecutableMissing), Plan: plan.Plan{Situation: plan.ExecutableMissing, Message: "m", Remedy: "r"}},
			&obstacle{code: exitUserAction, what: "told", message: "told", met: at, again: time.Second}},
	}
	for _, c := range cases {
		if diff := cmp.Diff(c.want, blockedBy(c.look), cmp.AllowUnexported(obstacle{})); diff != "" {
			t.Errorf("%s:\n%s", c.name, diff)
		}
	}
}

// TestPatience: what the daemon met before the command began may be gone, and is met
// again if it is not.
func TestPatience(t *testing.T) {
	began := time.Date(2026, 1, 2, 3, 4, 5, 600e6, time.UTC)
	for name, c := range map[string]struct {
		met  time.Time
		want time.Duration
	}{
		"the look shows it":      {time.Time{}, 500 * time.Millisecond},
		"met before":             {began.Add(-time.Second).Truncate(time.Second), 5500 * time.Millisecond},
		"met in the same second": {began.Truncate(time.Second), 500 * time.Millisecond},
		"met since":              {began.Add(time.Minute).Truncate(time.Second), 500 * time.Millisecond},
		"met long before":        {began.Add(-time.Hour), 5500 * time.Millisecond},
	} {
		if got := (&obstacle{met: c.met, again: 5 * time.Second}).patience(began); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestHowReached(t *testing.T) {
	seen := func(pid int, serving observed.Fact[bool]) reconciler.Look {
		return reconciler.Look{Plan: plan.Plan{Findings: plan.Findings{Main: &observed.Process{Identity: observed.Identity{PID: pid}}, Serving: serving}}}
	}
	serves := observed.Is(true)
	cases := []struct {
		before, now reconciler.Look
		want        string
	}{
		{seen(1, serves), seen(1, serves), "reusing"},
		{seen(1, serves), seen(2, serves), "started"},
		{seen(1, observed.Unsure[bool]("")), seen(1, serves), "started"},
		{reconciler.Look{}, seen(1, serves), "started"},
	}
	for i, c := range cases {
		if got := howReached(c.before, c.now); got != c.want {
			t.Errorf("case %d: %s, want %s", i, got, c.want)
		}
	}
}
