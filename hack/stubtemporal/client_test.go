package stubtemporal

import (
	"context"
	"testing"
	"time"

	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// client asks a stub as the daemon does.
type client struct {
	workflowservice.WorkflowServiceClient
	operatorservice.OperatorServiceClient
}

func (s *stub) client(t *testing.T) client {
	t.Helper()
	conn := s.dial(t)
	return client{workflowservice.NewWorkflowServiceClient(conn), operatorservice.NewOperatorServiceClient(conn)}
}

func (c client) cluster(t *testing.T) string {
	t.Helper()
	info, err := c.GetClusterInfo(t.Context(), &workflowservice.GetClusterInfoRequest{})
	must(t, err)
	return info.GetClusterId()
}

func (c client) describe(t *testing.T, name string) *workflowservice.DescribeNamespaceResponse {
	t.Helper()
	answer, err := c.DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: name})
	must(t, err)
	return answer
}

// attributes lists the search attributes of a namespace, name to type.
func (c client) attributes(t *testing.T, name string) map[string]string {
	t.Helper()
	answer, err := c.ListSearchAttributes(t.Context(), &operatorservice.ListSearchAttributesRequest{Namespace: name})
	must(t, err)
	found := map[string]string{}
	for name, kind := range answer.GetCustomAttributes() {
		found[name] = kind.String()
	}
	return found
}

// codeOf makes a call and returns its code; one that is not answered within
// 150 ms is DeadlineExceeded.
func codeOf[In, Out any](t *testing.T, call func(context.Context, *In, ...grpc.CallOption) (*Out, error), in *In) codes.Code {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
	defer cancel()
	_, err := call(ctx, in)
	return status.Code(err)
}

// codes makes every call that the stub answers and returns the codes by method.
func (c client) codes(t *testing.T) map[string]codes.Code {
	t.Helper()
	return map[string]codes.Code{
		"GetSystemInfo":        codeOf(t, c.GetSystemInfo, &workflowservice.GetSystemInfoRequest{}),
		"GetClusterInfo":       codeOf(t, c.GetClusterInfo, &workflowservice.GetClusterInfoRequest{}),
		"DescribeNamespace":    codeOf(t, c.DescribeNamespace, &workflowservice.DescribeNamespaceRequest{Namespace: "default"}),
		"ListNamespaces":       codeOf(t, c.ListNamespaces, &workflowservice.ListNamespacesRequest{}),
		"ListSearchAttributes": codeOf(t, c.ListSearchAttributes, &operatorservice.ListSearchAttributesRequest{Namespace: "default"}),
		"UpdateNamespace":      codeOf(t, c.UpdateNamespace, &workflowservice.UpdateNamespaceRequest{Namespace: "default"}),
		"AddSearchAttributes":  codeOf(t, c.AddSearchAttributes, &operatorservice.AddSearchAttributesRequest{Namespace: "default"}),
		"ListWorkflowExecutions": codeOf(t, c.ListWorkflowExecutions,
			&workflowservice.ListWorkflowExecutionsRequest{Namespace: "default", PageSize: 1}),
		"CountWorkflowExecutions": codeOf(t, c.CountWorkflowExecutions,
			&workflowservice.CountWorkflowExecutionsRequest{Namespace: "default"}),
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
