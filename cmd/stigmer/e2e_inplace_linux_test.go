package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// inPlace is what a spec says of the inside of the server.
const inPlace = `namespaces:
- {name: default, retention: 168h}
- {name: orders, retention: 48h, description: of the shop}
searchAttributes: {CustomerId: Keyword, Amount: Double}`

// TestServerIsChangedInPlace: namespaces and search attributes are edited on
// the running server, and Temporal's own CLI shows them.
func TestServerIsChangedInPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish(often)
	w.up()
	pid := w.status().pid()
	if out, err := w.temporalCLI(w.port, "operator", "namespace", "create", "-n", "mine", "--retention", "72h", "--description", "by hand"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	w.wish(often, inPlace)
	w.soon("has what the spec asks for", func(o object) bool { return o.Status.ObservedGeneration == 2 && o.is("Ready") })
	w.namespaceIs("default", "604800s", "")
	w.namespaceIs("orders", "172800s", "of the shop")
	w.namespaceIs("mine", "259200s", "by hand")
	for _, namespace := range []string{"default", "orders"} {
		w.attributesAre(namespace, "Amount DOUBLE", "CustomerId KEYWORD")
	}
	w.attributesAre("mine")

	// What is not in the spec any more is left as it is, and what differs is corrected.
	w.wish(often, "namespaces:\n- {name: orders, retention: 24h, description: closed}", "searchAttributes: {Amount: Double, Paid: Bool}")
	w.soon("has what is new", func(o object) bool { return o.Status.ObservedGeneration == 3 && o.is("Ready") })
	w.namespaceIs("default", "604800s", "")
	w.namespaceIs("orders", "86400s", "closed")
	w.attributesAre("orders", "Amount DOUBLE", "CustomerId KEYWORD", "Paid BOOL")
	if o := w.status(); o.pid() != pid || o.Status.RestartCount != 0 {
		t.Errorf("it was pid %d and is %s", pid, o)
	}
	// Somebody changes it by hand, and gets the spec's again.
	if out, err := w.temporalCLI(w.port, "operator", "namespace", "update", "-n", "orders", "--retention", "96h"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	w.await("the namespace is corrected", func() (bool, string) {
		n := w.namespace("orders")
		return n.Config.WorkflowExecutionRetentionTTL == "86400s", fmt.Sprint(n)
	})
	w.typeConflict(pid)
}

// typeConflict asks for a type that is not the one of an attribute, and mends it.
func (w *world) typeConflict(pid int) {
	w.Helper()
	w.wish(often, "namespaces: [{name: orders}]", "searchAttributes: {Amount: Keyword}")
	o := w.soon("tells of the conflict", func(o object) bool { return o.condition("SearchAttributesReady").says("False", "TypeConflict") })
	c := o.condition("SearchAttributesReady")
	for _, want := range []string{"Amount is Double in namespace default and Keyword in the spec", "Amount is Double in namespace orders"} {
		if !strings.Contains(c.Message, want) {
			w.Errorf("%q is not said: %+v", want, c)
		}
	}
	if o.pid() != pid || o.is("Ready") || o.Status.Situation != "AttributeConflict" || !o.is("Stalled") {
		w.Errorf("with a conflict: %s, Stalled %+v", o, o.condition("Stalled"))
	}
	w.attributesAre("orders", "Amount DOUBLE", "CustomerId KEYWORD", "Paid BOOL")
	w.wish(often, "searchAttributes: {Amount: Double}")
	w.soon("is mended", func(o object) bool { return o.is("Ready") && o.is("SearchAttributesReady") && o.pid() == pid })
}

// TestPlanOfChangesInPlace shows what is to come before a daemon does it.
func TestPlanOfChangesInPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish(often, "namespaces: [{name: orders, retention: 24h}]")
	w.up()
	pid := w.status().pid()
	// For a second, Temporal does not know a namespace that it was asked for before.
	w.await("the new namespace is known", func() (bool, string) {
		out, err := w.temporalCLI(w.port, "operator", "search-attribute", "list", "-n", "orders")
		return err == nil, out
	})
	w.kill9(w.daemon().pid)
	w.wish(often, inPlace)
	r := w.expect(5, "local", "plan", "--exit-code")
	for _, want := range []string{
		"UpdateNamespace default (ServerOutdated: namespace default: retention changes from 24h0m0s to 168h0m0s)",
		`UpdateNamespace orders (ServerOutdated: namespace orders: retention changes from 24h0m0s to 48h0m0s, description changes from "" to "of the shop")`,
		"AddSearchAttributes default Amount=Double, CustomerId=Keyword (ServerOutdated: ",
		"AddSearchAttributes orders Amount=Double, CustomerId=Keyword (ServerOutdated: ",
	} {
		if !strings.Contains(r.stdout, want) {
			t.Errorf("%q is not planned: %s", want, r)
		}
	}
	if strings.Contains(r.stdout, "Terminate ") || strings.Contains(r.stdout, "Start ") {
		t.Errorf("a restart is planned: %s", r)
	}
	w.namespaceIs("default", "86400s", "") // plan has not done it
	w.up()
	w.namespaceIs("default", "604800s", "")
	w.attributesAre("orders", "Amount DOUBLE", "CustomerId KEYWORD")
	if o := w.status(); o.pid() != pid {
		t.Errorf("it was pid %d and is %s", pid, o)
	}
	// What Temporal cannot change live plans a restart.
	w.kill9(w.daemon().pid)
	w.wish(often, inPlace, "logLevel: error")
	if r := w.expect(5, "local", "plan", "--exit-code"); !strings.Contains(r.stdout, fmt.Sprintf("Terminate pid %d", pid)) || strings.Contains(r.stdout, "Namespace ") {
		t.Errorf("another log level plans %s", r)
	}
}

// described is what "temporal operator namespace describe -o json" prints.
type described struct {
	NamespaceInfo struct{ Description string }
	Config        struct{ WorkflowExecutionRetentionTTL string }
}

func (w *world) namespace(name string) described {
	w.Helper()
	out, err := w.temporalCLI(w.port, "operator", "namespace", "describe", "-n", name, "-o", "json")
	var d described
	if err == nil {
		err = json.Unmarshal([]byte(out), &d)
	}
	if err != nil {
		w.Fatalf("cannot describe namespace %s: %v: %s", name, err, out)
	}
	return d
}

func (w *world) namespaceIs(name, retention, description string) {
	w.Helper()
	d := w.namespace(name)
	if d.Config.WorkflowExecutionRetentionTTL != retention || d.NamespaceInfo.Description != description {
		w.Errorf("namespace %s is %+v, want retention %s, description %q", name, d, retention, description)
	}
}

// attributesAre checks what was added to the namespace: "Name TYPE", sorted.
func (w *world) attributesAre(namespace string, want ...string) {
	w.Helper()
	out, err := w.temporalCLI(w.port, "operator", "search-attribute", "list", "-n", namespace, "-o", "json")
	var list struct{ CustomAttributes map[string]string }
	if err == nil {
		err = json.Unmarshal([]byte(out), &list)
	}
	if err != nil {
		w.Fatalf("cannot list search attributes of %s: %v: %s", namespace, err, out)
	}
	var have []string
	for name, kind := range list.CustomAttributes {
		have = append(have, name+" "+strings.TrimPrefix(kind, "INDEXED_VALUE_TYPE_"))
	}
	slices.Sort(have)
	if !slices.Equal(have, want) {
		w.Errorf("namespace %s has %q, want %q in %s", namespace, have, want, out)
	}
}
