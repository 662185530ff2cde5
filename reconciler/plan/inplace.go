package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// What this file judges can be changed on the running server.

// DefaultNamespace exists in every server.
const DefaultNamespace = "default"

// Namespaces lists the names that the spec says anything of: those of
// spec.namespaces, and "default" when there are search attributes.
func Namespaces(spec v1alpha1.TemporalSpec) []string {
	var names []string
	for _, namespace := range spec.Namespaces {
		names = append(names, namespace.Name)
	}
	if len(spec.SearchAttributes) > 0 && !slices.Contains(names, DefaultNamespace) {
		names = append(names, DefaultNamespace)
	}
	return names
}

// changes are the actions that make the running server what the spec asks for.
func (v view) changes() []Action {
	if v.main == nil {
		return nil
	}
	var actions []Action
	for _, wanted := range v.in.Desired.Object.Spec.Namespaces {
		actions = append(actions, v.namespaceChange(wanted)...)
	}
	for _, name := range Namespaces(v.in.Desired.Object.Spec) {
		actions = append(actions, v.attributesChange(name)...)
	}
	return actions
}

// namespaceChange returns the action that makes or corrects a namespace.
func (v view) namespaceChange(wanted v1alpha1.NamespaceSpec) []Action {
	fact := v.in.Observed.Server.Namespaces[wanted.Name]
	work := v.serverWork(wanted.Name)
	switch {
	case fact.IsUnknown():
		return nil
	case fact.IsAbsent():
		work.Retention, work.Description = retentionOf(wanted), &wanted.Description
		return v.change(RegisterNamespace, work, "namespace "+wanted.Name+" is missing")
	}
	var differs []string
	if want := retentionOf(wanted); want != nil && *want != fact.Value.Retention {
		work.Retention = want
		differs = append(differs, fmt.Sprintf("retention changes from %s to %s", fact.Value.Retention, *want))
	}
	if wanted.Description != "" && wanted.Description != fact.Value.Description {
		work.Description = &wanted.Description
		differs = append(differs, fmt.Sprintf("description changes from %q to %q", fact.Value.Description, wanted.Description))
	}
	if len(differs) == 0 {
		return nil
	}
	return v.change(UpdateNamespace, work, "namespace "+wanted.Name+": "+strings.Join(differs, ", "))
}

func retentionOf(wanted v1alpha1.NamespaceSpec) *time.Duration {
	if wanted.Retention == nil {
		return nil
	}
	return &wanted.Retention.Duration
}

// attributesChange returns the action that adds what a namespace lacks. The
// attributes of a namespace that is only now made follow in the next pass.
func (v view) attributesChange(namespace string) []Action {
	have, known := v.in.Observed.Server.Namespaces[namespace].Value.SearchAttributes.Get()
	if !known {
		return nil
	}
	work := v.serverWork(namespace)
	work.SearchAttributes = map[string]string{}
	for name, kind := range v.in.Desired.Object.Spec.SearchAttributes {
		if _, there := have[name]; !there {
			work.SearchAttributes[name] = string(kind)
		}
	}
	if len(work.SearchAttributes) == 0 {
		return nil
	}
	return v.change(AddSearchAttributes, work, "namespace "+namespace+" lacks search attributes")
}

func (v view) serverWork(namespace string) ServerWork {
	return ServerWork{
		Target: *v.main, Address: v.port(observed.Frontend).Address,
		ClusterID: v.in.Observed.Server.Cluster.Value.ID, Namespace: namespace,
	}
}

func (v view) change(verb Verb, work ServerWork, message string) []Action {
	return []Action{{Verb: verb, Server: work, Reason: string(ServerOutdated), Message: message}}
}

// conflicts lists the search attributes that exist with another type, which
// cannot be changed.
func (v view) conflicts() []string {
	spec := v.in.Desired.Object.Spec
	var list []string
	for _, namespace := range Namespaces(spec) {
		have := v.in.Observed.Server.Namespaces[namespace].Value.SearchAttributes.Value
		for _, name := range slices.Sorted(maps.Keys(spec.SearchAttributes)) {
			if kind, there := have[name]; there && kind != string(spec.SearchAttributes[name]) {
				list = append(list, fmt.Sprintf("%s is %s in namespace %s and %s in the spec", name, kind, namespace, spec.SearchAttributes[name]))
			}
		}
	}
	return list
}

func (v view) namespacesReady() Verdict {
	name, spec := v1alpha1.ConditionNamespacesReady, v.in.Desired.Object.Spec
	if len(spec.Namespaces) == 0 {
		return holds(name, "NoneAskedFor", "spec.namespaces is empty")
	}
	if v.main == nil {
		return v.noServer(name)
	}
	for _, wanted := range spec.Namespaces {
		if fact := v.in.Observed.Server.Namespaces[wanted.Name]; fact.IsUnknown() {
			return unsure(name, v.whyNotChecked(fact.Reason))
		}
		if change := v.namespaceChange(wanted); change != nil {
			return fails(name, "Outdated", change[0].Message, "")
		}
	}
	return holds(name, "AsWanted", "every namespace of the spec is as it should be")
}

func (v view) searchAttributesReady() Verdict {
	name, spec := v1alpha1.ConditionSearchAttributesReady, v.in.Desired.Object.Spec
	if len(spec.SearchAttributes) == 0 {
		return holds(name, "NoneAskedFor", "spec.searchAttributes is empty")
	}
	if v.main == nil {
		return v.noServer(name)
	}
	if conflicts := v.conflicts(); len(conflicts) > 0 {
		return fails(name, "TypeConflict", strings.Join(conflicts, "; "),
			"Temporal cannot change a type: correct spec.searchAttributes, or choose another name")
	}
	for _, namespace := range Namespaces(spec) {
		fact := v.in.Observed.Server.Namespaces[namespace]
		if fact.IsKnown() && v.attributesChange(namespace) != nil || fact.IsAbsent() {
			return fails(name, "Outdated", "namespace "+namespace+" lacks search attributes", "")
		}
		if !fact.Value.SearchAttributes.IsKnown() {
			return unsure(name, v.whyNotChecked(fact.Value.SearchAttributes.Reason))
		}
	}
	return holds(name, "AsWanted", "every namespace of the spec has them")
}
