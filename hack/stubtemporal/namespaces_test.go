package stubtemporal

import (
	"maps"
	"slices"
	"testing"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

func TestNamespacesOfAStart(t *testing.T) {
	t.Parallel()
	c := launch(t, nil, "-n", "orders", "--search-attribute", "Color=Keyword").awaitStart(t).client(t)
	list, err := c.ListNamespaces(t.Context(), &workflowservice.ListNamespacesRequest{})
	must(t, err)
	retentions := map[string]time.Duration{}
	for _, one := range list.GetNamespaces() {
		retentions[one.GetNamespaceInfo().GetName()] = one.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration()
	}
	want := map[string]time.Duration{"default": 24 * time.Hour, "orders": 24 * time.Hour, "temporal-system": 168 * time.Hour}
	if !maps.Equal(retentions, want) {
		t.Errorf("retentions are %v, want %v", retentions, want)
	}
	for name, count := range map[string]int{"default": 1, "orders": 1, "temporal-system": 0} {
		if got := c.attributes(t, name); len(got) != count {
			t.Errorf("search attributes of %s are %v, want %d", name, got, count)
		}
	}
}

func TestRegistersNamespaces(t *testing.T) {
	t.Parallel()
	c := launch(t, nil).awaitStart(t).client(t)
	in := &workflowservice.RegisterNamespaceRequest{
		Namespace: "orders", Description: "of ours", WorkflowExecutionRetentionPeriod: durationpb.New(48 * time.Hour),
	}
	_, err := c.RegisterNamespace(t.Context(), in)
	must(t, err)
	got := c.describe(t, "orders")
	if got.GetNamespaceInfo().GetDescription() != "of ours" || got.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration() != 48*time.Hour {
		t.Errorf("the new namespace is %v", got)
	}
	byID, err := c.DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Id: got.GetNamespaceInfo().GetId()})
	must(t, err)
	if byID.GetNamespaceInfo().GetName() != "orders" {
		t.Errorf("by its id it is %v", byID)
	}
	if code := codeOf(t, c.RegisterNamespace, in); code != codes.AlreadyExists {
		t.Errorf("a second time is %s, want AlreadyExists", code)
	}
	in = &workflowservice.RegisterNamespaceRequest{Namespace: "short", WorkflowExecutionRetentionPeriod: durationpb.New(time.Minute)}
	if code := codeOf(t, c.RegisterNamespace, in); code != codes.InvalidArgument {
		t.Errorf("a minute's retention is %s, want InvalidArgument", code)
	}
}

func TestUpdatesWhatIsGiven(t *testing.T) {
	t.Parallel()
	c := launch(t, nil).awaitStart(t).client(t)
	update := func(info *namespace.UpdateNamespaceInfo, retention time.Duration) {
		t.Helper()
		in := &workflowservice.UpdateNamespaceRequest{Namespace: "default", UpdateInfo: info}
		if retention > 0 {
			in.Config = &namespace.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(retention)}
		}
		_, err := c.UpdateNamespace(t.Context(), in)
		must(t, err)
	}
	update(&namespace.UpdateNamespaceInfo{Description: "mine", Data: map[string]string{"a": "1", "b": "1"}}, 0)
	update(&namespace.UpdateNamespaceInfo{Data: map[string]string{"b": "2"}}, 72*time.Hour)
	got := c.describe(t, "default")
	if info := got.GetNamespaceInfo(); info.GetDescription() != "mine" || !maps.Equal(info.GetData(), map[string]string{"a": "1", "b": "2"}) {
		t.Errorf("the namespace is %v", info)
	}
	if got := got.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration(); got != 72*time.Hour {
		t.Errorf("retention is %s, want 72h", got)
	}
	in := &workflowservice.UpdateNamespaceRequest{Namespace: "default",
		Config: &namespace.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(time.Minute)}}
	if code := codeOf(t, c.UpdateNamespace, in); code != codes.InvalidArgument {
		t.Errorf("a minute's retention is %s, want InvalidArgument", code)
	}
}

func TestKeepsTheTypeOfASearchAttribute(t *testing.T) {
	t.Parallel()
	c := launch(t, nil).awaitStart(t).client(t)
	for _, kind := range []enums.IndexedValueType{enums.INDEXED_VALUE_TYPE_KEYWORD, enums.INDEXED_VALUE_TYPE_INT} {
		_, err := c.AddSearchAttributes(t.Context(), &operatorservice.AddSearchAttributesRequest{
			Namespace: "default", SearchAttributes: map[string]enums.IndexedValueType{"Color": kind, "Of" + kind.String(): kind},
		})
		must(t, err)
	}
	want := map[string]string{"Color": "Keyword", "OfKeyword": "Keyword", "OfInt": "Int"}
	if got := c.attributes(t, "default"); !maps.Equal(got, want) {
		t.Errorf("search attributes are %v, want %v", got, want)
	}
}

func TestNamespaceThatIsNotThere(t *testing.T) {
	t.Parallel()
	c := launch(t, nil).awaitStart(t).client(t)
	_, err := c.DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: "orders"})
	if status.Code(err) != codes.NotFound || status.Convert(err).Message() != "Namespace orders is not found." {
		t.Errorf("answer is %v", err)
	}
	for what, code := range map[string]codes.Code{
		"update": codeOf(t, c.UpdateNamespace, &workflowservice.UpdateNamespaceRequest{Namespace: "orders"}),
		"list":   codeOf(t, c.ListWorkflowExecutions, &workflowservice.ListWorkflowExecutionsRequest{Namespace: "orders"}),
		"count":  codeOf(t, c.CountWorkflowExecutions, &workflowservice.CountWorkflowExecutionsRequest{Namespace: "orders"}),
	} {
		if code != codes.NotFound {
			t.Errorf("%s is %s, want NotFound", what, code)
		}
	}
	if got := []codes.Code{
		codeOf(t, c.ListSearchAttributes, &operatorservice.ListSearchAttributesRequest{Namespace: "orders"}),
		codeOf(t, c.AddSearchAttributes, &operatorservice.AddSearchAttributesRequest{Namespace: "orders"}),
	}; !slices.Equal(got, []codes.Code{codes.Unavailable, codes.Unavailable}) {
		t.Errorf("search attributes are %v, want Unavailable twice", got)
	}
}
