package stubtemporal

import (
	"cmp"
	"context"

	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// serverVersion is that of the pinned Temporal.
const serverVersion = "1.29.1"

// workflow is the WorkflowService without workflows.
type workflow struct {
	workflowservice.UnimplementedWorkflowServiceServer

	server     *server
	namespaces *namespaces
}

// GetClusterInfo tells the cluster id of the database.
func (w *workflow) GetClusterInfo(context.Context, *workflowservice.GetClusterInfoRequest) (*workflowservice.GetClusterInfoResponse, error) {
	return &workflowservice.GetClusterInfoResponse{
		ServerVersion:     serverVersion,
		ClusterId:         cmp.Or(w.server.behaviour.Load().cluster, w.server.database.cluster),
		ClusterName:       "active",
		HistoryShardCount: 1,
		PersistenceStore:  "sqlite",
		VisibilityStore:   "sqlite",
	}, nil
}

// GetSystemInfo tells the version without a look at the store.
func (*workflow) GetSystemInfo(context.Context, *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	return &workflowservice.GetSystemInfoResponse{
		ServerVersion: serverVersion,
		Capabilities:  &workflowservice.GetSystemInfoResponse_Capabilities{SupportsSchedules: true},
	}, nil
}

// DescribeNamespace knows a namespace by its name or its id.
func (w *workflow) DescribeNamespace(_ context.Context, in *workflowservice.DescribeNamespaceRequest) (*workflowservice.DescribeNamespaceResponse, error) {
	return w.namespaces.describe(in.GetNamespace(), in.GetId())
}

// ListNamespaces gives all on one page.
func (w *workflow) ListNamespaces(context.Context, *workflowservice.ListNamespacesRequest) (*workflowservice.ListNamespacesResponse, error) {
	return &workflowservice.ListNamespacesResponse{Namespaces: w.namespaces.list()}, nil
}

// RegisterNamespace refuses a name that is taken.
func (w *workflow) RegisterNamespace(_ context.Context, in *workflowservice.RegisterNamespaceRequest) (*workflowservice.RegisterNamespaceResponse, error) {
	return &workflowservice.RegisterNamespaceResponse{}, w.namespaces.register(in)
}

// UpdateNamespace changes what the request has.
func (w *workflow) UpdateNamespace(_ context.Context, in *workflowservice.UpdateNamespaceRequest) (*workflowservice.UpdateNamespaceResponse, error) {
	now, err := w.namespaces.update(in)
	if err != nil {
		return nil, err
	}
	return &workflowservice.UpdateNamespaceResponse{
		NamespaceInfo: now.GetNamespaceInfo(), Config: now.GetConfig(), ReplicationConfig: now.GetReplicationConfig(),
	}, nil
}

// DescribeWorkflowExecution finds none.
func (w *workflow) DescribeWorkflowExecution(_ context.Context, in *workflowservice.DescribeWorkflowExecutionRequest) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	if _, err := w.namespaces.describe(in.GetNamespace(), ""); err != nil {
		return nil, err
	}
	return nil, status.Error(codes.NotFound, "workflow not found for ID: "+in.GetExecution().GetWorkflowId())
}

// ListWorkflowExecutions finds none.
func (w *workflow) ListWorkflowExecutions(_ context.Context, in *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	_, err := w.namespaces.describe(in.GetNamespace(), "")
	return &workflowservice.ListWorkflowExecutionsResponse{}, err
}

// CountWorkflowExecutions counts those that STUB_RUNNING asks for, in default.
func (w *workflow) CountWorkflowExecutions(_ context.Context, in *workflowservice.CountWorkflowExecutionsRequest) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	_, err := w.namespaces.describe(in.GetNamespace(), "")
	out := &workflowservice.CountWorkflowExecutionsResponse{}
	if in.GetNamespace() == defaultNamespace {
		out.Count = int64(w.server.behaviour.Load().running)
	}
	return out, err
}
