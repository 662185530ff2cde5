package observer

import (
	"context"
	"strings"
	"sync"

	"github.com/stigmer/stigmer-local/observer/observed"
	common "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc/codes"
)

const (
	// defaultNamespace is there unless somebody deleted it, which its absence
	// in an answer then says.
	defaultNamespace = "default"
	// systemNamespace is Temporal's own. It cannot be deleted, and holds no
	// workflows of users.
	systemNamespace = "temporal-system"
)

// readCheckWorkflow is a workflow that there is not.
const readCheckWorkflow = "local.stigmer.ai/read-check"

// store reads what is known to come from the tables of the store and not from
// memory: the cluster's record, one namespace, and one execution. The last needs
// every column that a start of a workflow needs: a database of an older Temporal
// may lack some, and then all else works.
func (i *interview) store(ctx context.Context) {
	var described, executions observed.Fact[observed.Check]
	var others sync.WaitGroup
	others.Go(func() {
		described = i.call(ctx, "DescribeNamespace", func(ctx context.Context) error {
			_, err := i.flow.DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: defaultNamespace})
			return unless(codes.NotFound, err)
		})
	})
	others.Go(func() {
		executions = i.call(ctx, "DescribeWorkflowExecution", func(ctx context.Context) error {
			_, err := i.flow.DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{
				Namespace: systemNamespace, Execution: &common.WorkflowExecution{WorkflowId: readCheckWorkflow},
			})
			return unless(codes.NotFound, err)
		})
	})
	cluster := i.cluster(ctx)
	others.Wait()
	i.answers.Store = worse(worse(cluster, described), ofTheSchema(executions))
}

// ofTheSchema returns the check as one that tells nothing unless what failed is the
// schema. Else it may be a write, which the owner of the shard makes now and then:
// whether those succeed is checked by itself, and judged otherwise.
func ofTheSchema(check observed.Fact[observed.Check]) observed.Fact[observed.Check] {
	problem := failure(check)
	if passed(check) || strings.Contains(problem, "no such column") || strings.Contains(problem, "no such table") {
		return check
	}
	return observed.Unsure[observed.Check](problem)
}

// cluster asks who the server is.
func (i *interview) cluster(ctx context.Context) observed.Fact[observed.Check] {
	var answer *workflowservice.GetClusterInfoResponse
	check := i.call(ctx, "GetClusterInfo", func(ctx context.Context) (err error) {
		answer, err = i.flow.GetClusterInfo(ctx, &workflowservice.GetClusterInfoRequest{})
		return err
	})
	if passed(check) {
		i.answers.Cluster = observed.Is(observed.Cluster{ID: answer.GetClusterId(), Version: answer.GetServerVersion()})
	} else {
		i.answers.Cluster = observed.Unsure[observed.Cluster](failure(check))
	}
	return check
}
