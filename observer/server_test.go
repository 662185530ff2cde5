package observer

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
)

// everything asks every question but that for the UI.
func everything(namespaces ...string) questions {
	return questions{
		ui: observed.Unsure[door]("no UI"), namespaces: namespaces, attributes: true, write: true, running: true,
	}
}

// checkWord puts a check into one word or its reason.
func checkWord(check observed.Fact[observed.Check]) string {
	switch {
	case passed(check):
		return "ok"
	case check.IsKnown():
		return "problem " + check.Value.Problem
	}
	return "unknown " + check.Reason
}

func TestInterviewOfAHealthyServer(t *testing.T) {
	f := newFake(t, behaviours{
		"GetClusterInfo": says(&workflowservice.GetClusterInfoResponse{ClusterId: "id", ServerVersion: "1.29.1"}),
		"DescribeNamespace": says(&workflowservice.DescribeNamespaceResponse{
			NamespaceInfo: &namespace.NamespaceInfo{Description: "d"},
			Config:        &namespace.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(72 * time.Hour)},
		}),
		"ListSearchAttributes": says(&operatorservice.ListSearchAttributesResponse{CustomAttributes: attributesOfAllTypes()}),
	})
	s := f.session.interview(t.Context(), everything("a"), patience)
	if s.Cluster != observed.Is(observed.Cluster{ID: "id", Version: "1.29.1"}) {
		t.Errorf("cluster = %+v", s.Cluster)
	}
	for name, check := range map[string]observed.Fact[observed.Check]{"store": s.Store, "write": s.Write, "visibility": s.Visibility} {
		if !passed(check) {
			t.Errorf("%s = %s", name, checkWord(check))
		}
	}
	if got := checkWord(s.UI); got != "unknown no UI" {
		t.Errorf("UI = %s", got)
	}
	n := s.Namespaces["a"]
	if !n.IsKnown() || n.Value.Description != "d" || n.Value.Retention != 72*time.Hour {
		t.Errorf("namespace = %+v", n)
	}
	want := map[string]string{
		"Text": "Text", "Keyword": "Keyword", "Int": "Int", "Double": "Double", "Bool": "Bool",
		"Datetime": "Datetime", "KeywordList": "KeywordList",
	}
	if got, ok := n.Value.SearchAttributes.Get(); !ok || !maps.Equal(got, want) {
		t.Errorf("search attributes = %+v", n.Value.SearchAttributes)
	}
}

// attributesOfAllTypes names one attribute for each type after the type.
func attributesOfAllTypes() map[string]enums.IndexedValueType {
	attributes := map[string]enums.IndexedValueType{}
	for number := range enums.IndexedValueType_name {
		if kind := enums.IndexedValueType(number); kind != enums.INDEXED_VALUE_TYPE_UNSPECIFIED {
			attributes[kind.String()] = kind
		}
	}
	return attributes
}

// What the server is asked, and what it is not when the target does not say so.
func TestInterviewAsksWhatIsWanted(t *testing.T) {
	f := newFake(t, nil)
	s := f.session.interview(t.Context(), reads(), patience)
	if calls := slices.Sorted(maps.Keys(f.requests)); !slices.Equal(calls, []string{"DescribeNamespace", "DescribeWorkflowExecution", "GetClusterInfo", "ListWorkflowExecutions"}) {
		t.Errorf("a server that is not ours was asked %q", calls)
	}
	if !s.Write.IsUnknown() || !s.Running.IsUnknown() || !s.UI.IsUnknown() || s.Namespaces != nil {
		t.Errorf("server = %+v", s)
	}
	f.session.interview(t.Context(), everything("a"), patience)
	wants := map[string]proto.Message{
		"UpdateNamespace": &workflowservice.UpdateNamespaceRequest{
			Namespace:  "temporal-system",
			UpdateInfo: &namespace.UpdateNamespaceInfo{Data: map[string]string{"local.stigmer.ai/write-check": "done"}},
		},
		"ListWorkflowExecutions": &workflowservice.ListWorkflowExecutionsRequest{Namespace: "default", PageSize: 1},
		"DescribeWorkflowExecution": &workflowservice.DescribeWorkflowExecutionRequest{
			Namespace: "temporal-system", Execution: &common.WorkflowExecution{WorkflowId: "local.stigmer.ai/read-check"},
		},
		"ListSearchAttributes": &operatorservice.ListSearchAttributesRequest{Namespace: "a"},
	}
	for call, want := range wants {
		if sent := f.sent(call); len(sent) == 0 || !proto.Equal(sent[0], want) {
			t.Errorf("%s: sent %v, want %v", call, sent, want)
		}
	}
	f.session.interview(t.Context(), questions{namespaces: []string{"a"}}, patience)
	if sent := f.sent("ListSearchAttributes"); len(sent) != 1 {
		t.Errorf("search attributes were asked for %d times", len(sent))
	}
}

func TestInterviewOfABrokenServer(t *testing.T) {
	broken := fails(status.Error(codes.Unavailable, "no such table"))
	refused := fails(status.Error(codes.ResourceExhausted, "rate limit"))
	long := says(&workflowservice.ListWorkflowExecutionsResponse{Executions: []*workflow.WorkflowExecutionInfo{{
		Execution: &common.WorkflowExecution{WorkflowId: strings.Repeat("x", maxAnswer)},
	}}})
	cases := map[string]struct {
		by   behaviours
		of   func(observed.Server) observed.Fact[observed.Check]
		want string
	}{
		"cluster":              {behaviours{"GetClusterInfo": broken}, storeOf, "problem GetClusterInfo: no such table"},
		"namespaces":           {behaviours{"DescribeNamespace": broken}, storeOf, "problem DescribeNamespace: no such table"},
		"a slow cluster":       {behaviours{"GetClusterInfo": hangs}, storeOf, "problem GetClusterInfo: no answer within 50ms"},
		"slow namespaces":      {behaviours{"DescribeNamespace": hangs}, storeOf, "problem DescribeNamespace: no answer within 50ms"},
		"no default namespace": {behaviours{"DescribeNamespace": fails(status.Error(codes.NotFound, "x"))}, storeOf, "ok"},
		"executions":           {behaviours{"DescribeWorkflowExecution": broken}, storeOf, "problem DescribeWorkflowExecution: no such table"},
		"no shard":             {behaviours{"DescribeWorkflowExecution": fails(status.Error(codes.Unavailable, "shard status unknown"))}, storeOf, "unknown DescribeWorkflowExecution: shard status unknown"},
		"slow executions":      {behaviours{"DescribeWorkflowExecution": hangs}, storeOf, "unknown DescribeWorkflowExecution: no answer within 50ms"},
		"no such execution":    {behaviours{"DescribeWorkflowExecution": fails(status.Error(codes.NotFound, "x"))}, storeOf, "ok"},
		"too many reads":       {behaviours{"GetClusterInfo": refused}, storeOf, "unknown GetClusterInfo was not carried out: rate limit"},
		"one of each":          {behaviours{"GetClusterInfo": refused, "DescribeNamespace": broken}, storeOf, "problem DescribeNamespace: no such table"},
		"visibility":           {behaviours{"ListWorkflowExecutions": broken}, visibilityOf, "problem ListWorkflowExecutions: no such table"},
		"hanging visibility":   {behaviours{"ListWorkflowExecutions": hangs}, visibilityOf, "problem ListWorkflowExecutions: no answer within 50ms"},
		"an endless list":      {behaviours{"ListWorkflowExecutions": long}, visibilityOf, "unknown ListWorkflowExecutions was not carried out: "},
		"nowhere to list":      {behaviours{"ListWorkflowExecutions": fails(status.Error(codes.NotFound, "none"))}, visibilityOf, "problem ListWorkflowExecutions: none"},
		"default deleted":      {behaviours{"ListWorkflowExecutions": onlyIn("temporal-system")}, visibilityOf, "ok"},
		"read-only":            {behaviours{"UpdateNamespace": broken}, writeOf, "problem UpdateNamespace: no such table"},
		"too many writes":      {behaviours{"UpdateNamespace": refused}, writeOf, "unknown UpdateNamespace was not carried out: rate limit"},
		"an old server":        {behaviours{"UpdateNamespace": fails(errors.New("plain"))}, writeOf, "problem UpdateNamespace: plain"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			timeout := patience
			if strings.Contains(c.want, "no answer") {
				timeout = shortly
			}
			f := newFake(t, c.by)
			got := checkWord(c.of(f.session.interview(t.Context(), everything(), timeout)))
			if got != c.want && !(strings.HasSuffix(c.want, ": ") && strings.HasPrefix(got, c.want)) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func storeOf(s observed.Server) observed.Fact[observed.Check]      { return s.Store }
func writeOf(s observed.Server) observed.Fact[observed.Check]      { return s.Write }
func visibilityOf(s observed.Server) observed.Fact[observed.Check] { return s.Visibility }

// onlyIn answers for one namespace and knows no other.
func onlyIn(namespace string) func(context.Context, any) (any, error) {
	return func(_ context.Context, request any) (any, error) {
		if request.(interface{ GetNamespace() string }).GetNamespace() == namespace {
			return &workflowservice.ListWorkflowExecutionsResponse{}, nil
		}
		return nil, status.Error(codes.NotFound, "no such namespace")
	}
}
