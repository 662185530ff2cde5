package observer

import (
	"context"
	"fmt"
	"sync"

	"github.com/stigmer/stigmer-local/observer/observed"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// namespace describes one namespace, and lists its search attributes when
// that is asked for.
func (i *interview) namespace(ctx context.Context, name string) observed.Fact[observed.Namespace] {
	attributes := observed.Unsure[map[string]string](notWanted)
	var both sync.WaitGroup
	if i.attributes {
		both.Go(func() { attributes = i.searchAttributes(ctx, name) })
	}
	described := i.describe(ctx, name)
	both.Wait()
	described.Value.SearchAttributes = attributes
	if !described.IsKnown() {
		described.Value = observed.Namespace{}
	}
	return described
}

// describe reads description and retention.
func (i *interview) describe(ctx context.Context, name string) observed.Fact[observed.Namespace] {
	var answer *workflowservice.DescribeNamespaceResponse
	absent := false
	check := i.call(ctx, "DescribeNamespace", func(ctx context.Context) (err error) {
		answer, err = i.flow.DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: name})
		absent = status.Code(err) == codes.NotFound
		return unless(codes.NotFound, err)
	})
	switch {
	case !passed(check):
		return observed.Unsure[observed.Namespace](failure(check))
	case absent:
		return observed.None[observed.Namespace](fmt.Sprintf("there is no namespace %q", name))
	}
	return observed.Is(observed.Namespace{
		Description: answer.GetNamespaceInfo().GetDescription(),
		Retention:   answer.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration(),
	})
}

// searchAttributes lists what users added in a namespace.
func (i *interview) searchAttributes(ctx context.Context, name string) observed.Fact[map[string]string] {
	var answer *operatorservice.ListSearchAttributesResponse
	check := i.call(ctx, "ListSearchAttributes", func(ctx context.Context) (err error) {
		answer, err = i.operator.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: name})
		return err
	})
	if !passed(check) {
		return observed.Unsure[map[string]string](failure(check))
	}
	types := make(map[string]string, len(answer.GetCustomAttributes()))
	for attribute, kind := range answer.GetCustomAttributes() {
		types[attribute] = kind.String()
	}
	return observed.Is(types)
}
