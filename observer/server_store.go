package observer

import (
	"context"
	"sync"

	"github.com/stigmer/stigmer-local/observer/observed"
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

// store reads what is known to come from the tables of the store and not from
// memory: the cluster's record, and one namespace.
func (i *interview) store(ctx context.Context) {
	var described observed.Fact[observed.Check]
	var both sync.WaitGroup
	both.Go(func() {
		described = i.call(ctx, "DescribeNamespace", func(ctx context.Context) error {
			_, err := i.flow.DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: defaultNamespace})
			return unless(codes.NotFound, err)
		})
	})
	cluster := i.cluster(ctx)
	both.Wait()
	i.answers.Store = worse(cluster, described)
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
