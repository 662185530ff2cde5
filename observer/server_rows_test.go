package observer

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
	"go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestNamespaces(t *testing.T) {
	answers := map[string]error{"there": nil, "gone": status.Error(codes.NotFound, "x"), "broken": status.Error(codes.Unavailable, "y")}
	f := newFake(t, behaviours{
		"DescribeNamespace": func(_ context.Context, request any) (any, error) {
			return &workflowservice.DescribeNamespaceResponse{}, answers[request.(*workflowservice.DescribeNamespaceRequest).GetNamespace()]
		},
		"ListSearchAttributes": fails(status.Error(codes.Unavailable, "z")),
	})
	s := f.session.interview(t.Context(), everything("there", "gone", "broken"), patience)
	want := map[string]observed.Knowledge{"there": observed.Known, "gone": observed.Absent, "broken": observed.Unknown}
	for name, knowledge := range want {
		if got := s.Namespaces[name]; got.Knowledge != knowledge || (knowledge != observed.Known) != (got.Reason != "") {
			t.Errorf("%s = %+v, want %s", name, got, knowledge)
		}
	}
	if got := s.Namespaces["there"].Value.SearchAttributes; !got.IsUnknown() || got.Reason != "ListSearchAttributes: z" {
		t.Errorf("search attributes = %+v", got)
	}
	if len(s.Namespaces) != len(want) {
		t.Errorf("%d namespaces", len(s.Namespaces))
	}
}

// The system's own workflows do not count, and names come in pages.
func TestCountRunning(t *testing.T) {
	page := func(next string, names ...string) *workflowservice.ListNamespacesResponse {
		p := &workflowservice.ListNamespacesResponse{NextPageToken: []byte(next)}
		for _, name := range names {
			p.Namespaces = append(p.Namespaces, &workflowservice.DescribeNamespaceResponse{NamespaceInfo: &namespace.NamespaceInfo{Name: name}})
		}
		return p
	}
	counts := map[string]int64{"default": 2, "a": 40, "temporal-system": 100}
	var broken atomic.Bool
	f := newFake(t, behaviours{
		"ListNamespaces": func(_ context.Context, request any) (any, error) {
			if string(request.(*workflowservice.ListNamespacesRequest).GetNextPageToken()) == "" {
				return page("more", "temporal-system", "default"), nil
			}
			return page("", "a"), nil
		},
		"CountWorkflowExecutions": func(_ context.Context, request any) (any, error) {
			r := request.(*workflowservice.CountWorkflowExecutionsRequest)
			if r.GetQuery() != "ExecutionStatus='Running'" {
				return nil, errors.New("another query")
			}
			if r.GetNamespace() == "default" && broken.Load() {
				return nil, errors.New("lost")
			}
			return &workflowservice.CountWorkflowExecutionsResponse{Count: counts[r.GetNamespace()]}, nil
		},
	})
	if got := f.session.interview(t.Context(), everything(), patience).Running; got != observed.Is(int64(42)) {
		t.Errorf("running = %+v, want 42", got)
	}
	broken.Store(true)
	if got := f.session.interview(t.Context(), everything(), patience).Running; !got.IsUnknown() || got.Reason != "CountWorkflowExecutions: lost" {
		t.Errorf("running = %+v where one namespace cannot be counted", got)
	}
}

// A server that answers nothing costs one timeout, whatever is asked of it,
// and is left with nothing to do. The connection is as good as before.
func TestChecksDoNotPileUp(t *testing.T) {
	by := behaviours{}
	for call := range emptyAnswers() {
		by[call] = hangs
	}
	delete(by, "UpdateNamespace") // may be late: TestLateWrite
	f := newFake(t, by)
	const timeout = 300 * time.Millisecond
	began := time.Now()
	s := f.session.interview(t.Context(), everything("a", "b", "c"), timeout)
	if took := time.Since(began); took < timeout || took > 3*timeout {
		t.Errorf("the interview took %s", took)
	}
	if got := checkWord(s.Store); got != "problem GetClusterInfo: no answer within 300ms" {
		t.Errorf("store = %s", got)
	}
	if !s.Running.IsUnknown() || !s.Namespaces["a"].IsUnknown() || !s.Cluster.IsUnknown() {
		t.Errorf("server = %+v", s)
	}
	f.awaitIdle(t)
	f.behave(nil)
	if s := f.session.interview(t.Context(), everything(), patience); !passed(s.Store) || !passed(s.Write) || !passed(s.Visibility) {
		t.Errorf("afterwards: %+v", s)
	}
}

// A look that is cut short knows nothing of what it did not see answered.
func TestInterviewCutShort(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	f := newFake(t, behaviours{
		"UpdateNamespace": func(ctx context.Context, request any) (any, error) {
			cancel()
			return hangs(ctx, request)
		},
	})
	s := f.session.interview(ctx, everything("a"), patience)
	if got := checkWord(s.Write); got != "unknown the check was cut short: context canceled" {
		t.Errorf("write = %s", got)
	}
	for name, check := range map[string]observed.Fact[observed.Check]{"store": s.Store, "visibility": s.Visibility} {
		if check.IsKnown() && !passed(check) {
			t.Errorf("%s = %s", name, checkWord(check))
		}
	}
}

func TestBrief(t *testing.T) {
	if got := brief(strings.Repeat("x", 5000)); len(got) > maxMessage+len("…") {
		t.Errorf("%d bytes are kept", len(got))
	}
	if got := brief(strings.Repeat("x", maxMessage-1) + "é"); !strings.HasSuffix(got, "x…") {
		t.Errorf("the cut gave %q", got[maxMessage-5:])
	}
	if got := brief("short"); got != "short" {
		t.Errorf("brief = %q", got)
	}
}
