// Package v1alpha1 defines the kind Temporal of the group local.stigmer.ai:
// what a person wants of a local Temporal dev server (spec) and what was last
// seen of it (status).
//
// The package holds types and pure functions: Complete fills in the defaults,
// Validate returns every fault of it at once. It reads no file and knows no
// machine; package encoding turns bytes into these types.
//
// +kubebuilder:object:generate=true
// +groupName=local.stigmer.ai
package v1alpha1
