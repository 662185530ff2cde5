package stubtemporal

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
)

// The namespaces that every server has, and the retention that a start gives.
const (
	defaultNamespace = "default"
	systemNamespace  = "temporal-system"

	startRetention  = 24 * time.Hour
	systemRetention = 7 * 24 * time.Hour
	minRetention    = time.Hour
)

// namespaces is what a stub has in place of a store.
type namespaces struct {
	mu         sync.Mutex
	byName     map[string]*workflowservice.DescribeNamespaceResponse
	attributes map[string]map[string]enums.IndexedValueType
}

// newNamespaces returns those that the flags name, and the two of every server.
func newNamespaces(o options) *namespaces {
	n := &namespaces{
		byName:     map[string]*workflowservice.DescribeNamespaceResponse{},
		attributes: map[string]map[string]enums.IndexedValueType{},
	}
	n.add(&workflowservice.RegisterNamespaceRequest{
		Namespace: systemNamespace, Description: "Temporal internal system namespace",
		OwnerEmail: "temporal-core@temporal.io", WorkflowExecutionRetentionPeriod: durationpb.New(systemRetention),
	})
	for _, name := range append([]string{defaultNamespace}, o.namespaces...) {
		n.add(&workflowservice.RegisterNamespaceRequest{
			Namespace: name, WorkflowExecutionRetentionPeriod: durationpb.New(startRetention),
		})
		for _, pair := range o.attr {
			key, value, _ := strings.Cut(pair, "=")
			kind, _ := enums.IndexedValueTypeFromString(value)
			n.attributes[name][key] = kind
		}
	}
	return n
}

// add puts a namespace in, over one that is there.
func (n *namespaces) add(in *workflowservice.RegisterNamespaceRequest) {
	n.attributes[in.GetNamespace()] = map[string]enums.IndexedValueType{}
	n.byName[in.GetNamespace()] = &workflowservice.DescribeNamespaceResponse{
		NamespaceInfo: &namespace.NamespaceInfo{
			Name: in.GetNamespace(), Id: newClusterID(), State: enums.NAMESPACE_STATE_REGISTERED,
			Description: in.GetDescription(), OwnerEmail: in.GetOwnerEmail(), Data: in.GetData(),
		},
		Config: &namespace.NamespaceConfig{WorkflowExecutionRetentionTtl: in.GetWorkflowExecutionRetentionPeriod()},
	}
}

// describe returns a copy of the namespace that has the name, or the id.
func (n *namespaces) describe(name, id string) (*workflowservice.DescribeNamespaceResponse, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for key, found := range n.byName {
		if key == name || name == "" && found.GetNamespaceInfo().GetId() == id {
			return proto.CloneOf(found), nil
		}
	}
	return nil, serviceerror.NewNamespaceNotFound(name + id)
}

// list returns copies of all namespaces, by name.
func (n *namespaces) list() []*workflowservice.DescribeNamespaceResponse {
	n.mu.Lock()
	defer n.mu.Unlock()
	var all []*workflowservice.DescribeNamespaceResponse
	for _, name := range slices.Sorted(maps.Keys(n.byName)) {
		all = append(all, proto.CloneOf(n.byName[name]))
	}
	return all
}

func (n *namespaces) register(in *workflowservice.RegisterNamespaceRequest) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := checkRetention(in.GetWorkflowExecutionRetentionPeriod()); err != nil {
		return err
	}
	if n.byName[in.GetNamespace()] != nil {
		return serviceerror.NewNamespaceAlreadyExistsf("Namespace %q already exists", in.GetNamespace())
	}
	n.add(in)
	return nil
}

// update changes what the request has: an empty description is none, data is
// merged key by key.
func (n *namespaces) update(in *workflowservice.UpdateNamespaceRequest) (*workflowservice.DescribeNamespaceResponse, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	found := n.byName[in.GetNamespace()]
	if found == nil {
		return nil, serviceerror.NewNamespaceNotFound(in.GetNamespace())
	}
	if retention := in.GetConfig().GetWorkflowExecutionRetentionTtl(); retention != nil {
		if err := checkRetention(retention); err != nil {
			return nil, err
		}
		found.Config.WorkflowExecutionRetentionTtl = retention
	}
	if description := in.GetUpdateInfo().GetDescription(); description != "" {
		found.NamespaceInfo.Description = description
	}
	data := map[string]string{}
	maps.Copy(data, found.NamespaceInfo.Data)
	maps.Copy(data, in.GetUpdateInfo().GetData())
	found.NamespaceInfo.Data = data
	return proto.CloneOf(found), nil
}

func checkRetention(retention *durationpb.Duration) error {
	if retention.AsDuration() < minRetention {
		return serviceerror.NewInvalidArgument("A valid retention period is not set on request.")
	}
	return nil
}
