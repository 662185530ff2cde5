package observer

import (
	"context"

	"github.com/stigmer/stigmer-local/observer/observed"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// visibility lists one workflow. The namespace for it is the users' own one,
// and Temporal's when somebody has deleted that.
func (i *interview) visibility(ctx context.Context) {
	i.answers.Visibility = i.call(ctx, "ListWorkflowExecutions", func(ctx context.Context) error {
		err := i.listOne(ctx, defaultNamespace)
		if status.Code(err) == codes.NotFound {
			err = i.listOne(ctx, systemNamespace)
		}
		return err
	})
}

// listOne lists one workflow of a namespace.
func (i *interview) listOne(ctx context.Context, namespace string) error {
	_, err := i.flow.ListWorkflowExecutions(ctx, &workflowservice.ListWorkflowExecutionsRequest{Namespace: namespace, PageSize: 1})
	return err
}

// runningQuery selects the workflows that run.
const runningQuery = "ExecutionStatus='Running'"

// countRunning counts the running workflows of all users' namespaces. One
// that cannot be counted makes the sum Unknown.
func (i *interview) countRunning(ctx context.Context) {
	var total int64
	check := i.call(ctx, "CountWorkflowExecutions", func(ctx context.Context) error {
		names, err := i.listNamespaces(ctx)
		for _, name := range names {
			if err != nil || name == systemNamespace {
				continue
			}
			var answer *workflowservice.CountWorkflowExecutionsResponse
			answer, err = i.flow.CountWorkflowExecutions(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: name, Query: runningQuery})
			total += answer.GetCount()
		}
		return err
	})
	if passed(check) {
		i.answers.Running = observed.Is(total)
	} else {
		i.answers.Running = observed.Unsure[int64](failure(check))
	}
}

// namespacePage is how many namespaces are listed at a time, which keeps an
// answer far below maxAnswer.
const namespacePage = 100

// listNamespaces names all namespaces.
func (i *interview) listNamespaces(ctx context.Context) ([]string, error) {
	var names []string
	for request := (&workflowservice.ListNamespacesRequest{PageSize: namespacePage}); ; {
		answer, err := i.flow.ListNamespaces(ctx, request)
		if err != nil {
			return nil, err
		}
		for _, namespace := range answer.GetNamespaces() {
			names = append(names, namespace.GetNamespaceInfo().GetName())
		}
		if request.NextPageToken = answer.GetNextPageToken(); len(request.NextPageToken) == 0 {
			return names, nil
		}
	}
}
