package actuator

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// defaultRetention is what `temporal operator namespace create` gives too.
const defaultRetention = 72 * time.Hour

// registerNamespace creates the namespace. One that exists is left as it is.
func registerNamespace(ctx context.Context, conn grpc.ClientConnInterface, w plan.ServerWork) error {
	retention, description := defaultRetention, ""
	_, err := workflowservice.NewWorkflowServiceClient(conn).RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace:                        w.Namespace,
		Description:                      *cmp.Or(w.Description, &description),
		WorkflowExecutionRetentionPeriod: durationpb.New(*cmp.Or(w.Retention, &retention)),
	})
	if err != nil && status.Code(err) != codes.AlreadyExists {
		return fmt.Errorf("cannot register namespace %s: %w", w.Namespace, answer(err))
	}
	return nil
}

// updateNamespace changes what the work names and nothing else. The server
// takes an empty description for none given, so it cannot be emptied.
func updateNamespace(ctx context.Context, conn grpc.ClientConnInterface, w plan.ServerWork) error {
	in := &workflowservice.UpdateNamespaceRequest{Namespace: w.Namespace}
	if w.Retention != nil {
		in.Config = &namespace.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(*w.Retention)}
	}
	if w.Description != nil {
		in.UpdateInfo = &namespace.UpdateNamespaceInfo{Description: *w.Description}
	}
	if _, err := workflowservice.NewWorkflowServiceClient(conn).UpdateNamespace(ctx, in); err != nil {
		return fmt.Errorf("cannot update namespace %s: %w", w.Namespace, answer(err))
	}
	return nil
}

// addSearchAttributes adds those that are missing. It looks first, because the
// server says nothing of one that exists with another type.
func addSearchAttributes(ctx context.Context, conn grpc.ClientConnInterface, w plan.ServerWork) error {
	fail := func(err error) error {
		return fmt.Errorf("cannot add search attributes to namespace %s: %w", w.Namespace, err)
	}
	client := operatorservice.NewOperatorServiceClient(conn)
	have, err := client.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: w.Namespace})
	if err != nil {
		return fail(answer(err))
	}
	missing, err := missingAttributes(w, have.GetCustomAttributes())
	if err != nil {
		return fail(err)
	}
	if len(missing) == 0 {
		return nil
	}
	_, err = client.AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: w.Namespace, SearchAttributes: missing,
	})
	if err != nil {
		return fail(answer(err))
	}
	return nil
}

// missingAttributes returns those that are not there yet.
func missingAttributes(w plan.ServerWork, have map[string]enums.IndexedValueType) (map[string]enums.IndexedValueType, error) {
	missing := map[string]enums.IndexedValueType{}
	for _, name := range slices.Sorted(maps.Keys(w.SearchAttributes)) {
		want, err := enums.IndexedValueTypeFromString(w.SearchAttributes[name])
		if err != nil {
			return nil, fmt.Errorf("%s is of type %q, which Temporal does not know", name, w.SearchAttributes[name])
		}
		got, there := have[name]
		if there && got != want {
			return nil, &SearchAttributeTypeError{Namespace: w.Namespace, Name: name, Want: want.String(), Got: got.String()}
		}
		if !there {
			missing[name] = want
		}
	}
	return missing, nil
}
