package stubtemporal

import (
	"context"
	"maps"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
)

// operator is the OperatorService as far as search attributes go.
type operator struct {
	operatorservice.UnimplementedOperatorServiceServer

	namespaces *namespaces
}

// ListSearchAttributes gives those that were added, none of Temporal's own.
func (o *operator) ListSearchAttributes(_ context.Context, in *operatorservice.ListSearchAttributesRequest) (*operatorservice.ListSearchAttributesResponse, error) {
	custom, err := o.namespaces.searchAttributes(in.GetNamespace())
	if err != nil {
		return nil, noInfo(in.GetNamespace(), err)
	}
	return &operatorservice.ListSearchAttributesResponse{CustomAttributes: custom}, nil
}

// AddSearchAttributes says nothing of a name that is taken and leaves it as it
// is, whatever its type, as the real server does.
func (o *operator) AddSearchAttributes(_ context.Context, in *operatorservice.AddSearchAttributesRequest) (*operatorservice.AddSearchAttributesResponse, error) {
	if err := o.namespaces.addSearchAttributes(in.GetNamespace(), in.GetSearchAttributes()); err != nil {
		return nil, noInfo(in.GetNamespace(), err)
	}
	return &operatorservice.AddSearchAttributesResponse{}, nil
}

// noInfo is the real server's wrapping: what was NotFound becomes Unavailable.
func noInfo(namespace string, err error) error {
	return serviceerror.NewUnavailablef("Unable to get namespace %v info with error: %v", namespace, err)
}

// searchAttributes returns a copy of those of the namespace.
func (n *namespaces) searchAttributes(name string) (map[string]enums.IndexedValueType, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.byName[name] == nil {
		return nil, serviceerror.NewNamespaceNotFound(name)
	}
	return maps.Clone(n.attributes[name]), nil
}

func (n *namespaces) addSearchAttributes(name string, wanted map[string]enums.IndexedValueType) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.byName[name] == nil {
		return serviceerror.NewNamespaceNotFound(name)
	}
	added := maps.Clone(wanted)
	maps.Copy(added, n.attributes[name])
	n.attributes[name] = added
	return nil
}
