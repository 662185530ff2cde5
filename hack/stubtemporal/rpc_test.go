package stubtemporal

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc/codes"
)

func TestMisbehaves(t *testing.T) {
	t.Parallel()
	for variable, methods := range map[string]string{
		"STUB_STORE":      "GetClusterInfo DescribeNamespace ListNamespaces ListSearchAttributes DescribeWorkflowExecution",
		"STUB_WRITE":      "UpdateNamespace AddSearchAttributes",
		"STUB_VISIBILITY": "ListWorkflowExecutions CountWorkflowExecutions",
	} {
		for value, bad := range map[string]codes.Code{"hang": codes.DeadlineExceeded, "error": codes.Unavailable} {
			t.Run(variable+"="+value, func(t *testing.T) {
				t.Parallel()
				s := launch(t, []string{variable + "=" + value}).awaitStart(t)
				for method, code := range s.client(t).codes(t) {
					want := codes.OK
					if strings.Contains(methods, method) {
						want = bad
					}
					if code != want {
						t.Errorf("%s is %s, want %s", method, code, want)
					}
				}
				if got, _ := s.health(t, WorkflowService); got != "SERVING" {
					t.Errorf("health is %s, want SERVING", got)
				}
			})
		}
	}
}

func TestMuteAnswersNothing(t *testing.T) {
	t.Parallel()
	for method, code := range launch(t, []string{"STUB_HEALTH=mute"}).awaitStart(t).client(t).codes(t) {
		if code != codes.DeadlineExceeded {
			t.Errorf("%s is %s, want DeadlineExceeded", method, code)
		}
	}
}

func TestMisbehavesFromNowOn(t *testing.T) {
	t.Parallel()
	control := filepath.Join(t.TempDir(), "control")
	s := launch(t, []string{"STUB_CONTROL=" + control}).awaitStart(t)
	c := s.client(t)
	c.cluster(t)
	must(t, os.WriteFile(control, []byte("STUB_STORE=error\n"), 0o600))
	s.signal(t, syscall.SIGUSR1)
	until(t, "STUB_STORE", func() bool {
		return codeOf(t, c.GetClusterInfo, &workflowservice.GetClusterInfoRequest{}) == codes.Unavailable
	})
}

func TestCountsRunningWorkflows(t *testing.T) {
	t.Parallel()
	for variable, want := range map[string]int64{"STUB_RUNNING=": 0, "STUB_RUNNING=7": 7} {
		c := launch(t, []string{variable}, "-n", "orders").awaitStart(t).client(t)
		var sum int64
		for _, name := range []string{"default", "orders", "temporal-system"} {
			answer, err := c.CountWorkflowExecutions(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{Namespace: name})
			must(t, err)
			sum += answer.GetCount()
		}
		if sum != want {
			t.Errorf("%s: %d workflows run, want %d", variable, sum, want)
		}
	}
}

func TestUIMisbehavesAlone(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]int{"500": 500, "hang": 0, "": 200} {
		ui, api := freePort(t), freePort(t)
		launch(t, []string{"STUB_UI=" + value}, "--headless=false", "--ui-port", ui, "--http-port", api).awaitStart(t)
		if got := getStatusWithin(t, ui, 150*time.Millisecond); got != want {
			t.Errorf("STUB_UI=%s: the UI answers %d, want %d", value, got, want)
		}
		if got := getStatus(t, api); got != 200 {
			t.Errorf("STUB_UI=%s: the HTTP API answers %d, want 200", value, got)
		}
	}
}
