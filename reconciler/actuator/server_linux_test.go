package actuator

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// The stub and the real server are asked the same.
func TestServerChanges(t *testing.T) {
	for name, start := range map[string]func(*rig) *server{
		"stub": func(r *rig) *server { return r.stub() },
		"real": (*rig).real,
	} {
		t.Run(name, func(t *testing.T) {
			s := start(newRig(t))
			registerNamespaces(s)
			updateNamespaces(s)
			addAttributes(t, s)
			refuseChanges(t, s)
			leaveOthersAlone(t, s)
		})
	}
}

func registerNamespaces(s *server) {
	plain := s.work("plain")
	s.changes(plan.RegisterNamespace, plain)
	s.has("plain", 72*time.Hour, "")
	full := s.work("full")
	full.Retention, full.Description = new(48*time.Hour), new("of ours")
	s.changes(plan.RegisterNamespace, full)
	s.has("full", 48*time.Hour, "of ours")
	again := s.work("full")
	again.Description = new("of somebody else")
	s.changes(plan.RegisterNamespace, again)
	s.has("full", 48*time.Hour, "of ours")
}

func updateNamespaces(s *server) {
	w := s.work("default")
	s.changes(plan.UpdateNamespace, w)
	s.has("default", 24*time.Hour, "")
	w.Description = new("mine")
	s.changes(plan.UpdateNamespace, w)
	s.has("default", 24*time.Hour, "mine")
	w.Description, w.Retention = nil, new(240*time.Hour)
	s.changes(plan.UpdateNamespace, w)
	s.changes(plan.UpdateNamespace, w)
	s.has("default", 240*time.Hour, "mine")
	w = s.work("plain")
	w.Description, w.Retention = new("both"), new(30*time.Hour)
	s.changes(plan.UpdateNamespace, w)
	s.has("plain", 30*time.Hour, "both")
}

func addAttributes(t *testing.T, s *server) {
	want := map[string]string{
		"A": "Text", "B": "Keyword", "C": "Int", "D": "Double", "E": "Bool", "F": "Datetime", "G": "KeywordList",
	}
	w := s.work("default")
	w.SearchAttributes = maps.Clone(want)
	delete(w.SearchAttributes, "B")
	s.changes(plan.AddSearchAttributes, w)
	w.SearchAttributes = want
	s.changes(plan.AddSearchAttributes, w)
	s.changes(plan.AddSearchAttributes, w)
	if got := s.attributes("default"); !maps.Equal(got, want) {
		t.Errorf("search attributes are %v, want %v", got, want)
	}
	w.SearchAttributes = map[string]string{"H": "Bool", "B": "Int"}
	err := s.change(plan.AddSearchAttributes, w)
	conflict, ok := errors.AsType[*SearchAttributeTypeError](err)
	if !ok || *conflict != (SearchAttributeTypeError{Namespace: "default", Name: "B", Want: "Int", Got: "Keyword"}) {
		t.Errorf("a conflict is %v", err)
	}
	w.SearchAttributes = map[string]string{"H": "Bool", "I": "Colour"}
	says(t, s.change(plan.AddSearchAttributes, w), `I is of type "Colour", which Temporal does not know`)
	if got := s.attributes("default"); !maps.Equal(got, want) {
		t.Errorf("after the refusals: search attributes are %v, want %v", got, want)
	}
}

func refuseChanges(t *testing.T, s *server) {
	missing := s.work("missing")
	says(t, s.change(plan.UpdateNamespace, missing), "cannot update namespace missing: NotFound: Namespace missing is not found.")
	missing.SearchAttributes = map[string]string{"A": "Int"}
	says(t, s.change(plan.AddSearchAttributes, missing), "cannot add search attributes to namespace missing: ", "Namespace missing is not found.")
	missing.Retention = new(time.Minute)
	says(t, s.change(plan.RegisterNamespace, missing), "cannot register namespace missing: InvalidArgument: A valid retention period")
}

// leaveOthersAlone means another server than the one that is there.
func leaveOthersAlone(t *testing.T, s *server) {
	for _, verb := range []plan.Verb{plan.RegisterNamespace, plan.UpdateNamespace, plan.AddSearchAttributes} {
		w := s.work("default")
		w.Retention, w.Description, w.SearchAttributes = new(99*time.Hour), new("no"), map[string]string{"Z": "Int"}

		w.ClusterID = "another"
		changed, ok := errors.AsType[*ClusterChangedError](s.change(verb, w))
		if !ok || *changed != (ClusterChangedError{Address: s.address, Want: "another", Got: s.cluster}) {
			t.Errorf("%s: another cluster is %v", verb, changed)
		}
		w.ClusterID, w.Target.StartTicks = s.cluster, s.identity.StartTicks+1
		if err := s.change(verb, w); !isA[*IdentityChangedError](err) {
			t.Errorf("%s: another process is %v", verb, err)
		}
	}
	s.has("default", 240*time.Hour, "mine")
	if _, there := s.attributes("default")["Z"]; there {
		t.Error("the search attribute was added to another server")
	}
}

func TestServerWhoseTargetIsGone(t *testing.T) {
	r := newRig(t)
	target, s := r.stub(), r.stub()
	target.end()
	w := s.work("orders")
	w.Target.Identity = target.identity
	if err := s.change(plan.RegisterNamespace, w); !isA[*GoneError](err) {
		t.Errorf("a target that is gone is %v", err)
	}
	_, err := s.DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: "orders"})
	if status.Code(err) != codes.NotFound {
		t.Errorf("the namespace was registered on another server: %v", err)
	}
}

func TestServerWithoutClusterID(t *testing.T) {
	s := newRig(t).stub("STUB_STORE=error")
	if s.cluster != "" {
		t.Fatalf("cluster id is %s", s.cluster)
	}
	s.changes(plan.RegisterNamespace, s.work("orders"))
	w := s.work("orders")
	w.ClusterID = "known"
	says(t, s.change(plan.RegisterNamespace, w), "cannot change namespace orders: cannot tell which server is at "+s.address.String()+": Unavailable")
}

func TestServerThatDoesNotAnswer(t *testing.T) {
	s := newRig(t).stub("STUB_WRITE=hang")
	for verb, want := range map[plan.Verb]string{
		plan.RegisterNamespace:   "cannot register namespace default: no answer in time",
		plan.UpdateNamespace:     "cannot update namespace default: no answer in time",
		plan.AddSearchAttributes: "cannot add search attributes to namespace default: no answer in time",
	} {
		w := s.work("default")
		w.SearchAttributes = map[string]string{"A": "Int"}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		says(t, s.Do(ctx, plan.Action{Verb: verb, Server: w}).Err, want)
		cancel()
	}
}

func TestServerThatIsNone(t *testing.T) {
	s := newRig(t).stub()
	w := s.work("orders")
	w.Address = netip.MustParseAddrPort("127.0.0.1:" + freePort(t))
	says(t, s.change(plan.RegisterNamespace, w), "cannot connect to the server of namespace orders: ", "connection refused")
	stranger, err := net.Listen("tcp4", w.Address.String())
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	over := make(chan struct{})
	go func() {
		defer close(over)
		if conn, err := stranger.Accept(); err == nil {
			conn.Write([]byte("hello\n"))
			conn.Close()
		}
	}()
	says(t, s.change(plan.RegisterNamespace, w), "cannot tell which server is at "+w.Address.String())
	<-over
}

// A connection that was lost must not lead to the next server on the port.
func TestServerConnectionIsMadeOnce(t *testing.T) {
	r := newRig(t)
	port := freePort(t)
	first := r.stubAt(port)
	wire, err := net.Dial("tcp", first.address.String())
	if err != nil {
		t.Fatal(err)
	}
	defer wire.Close()
	conn, err := speak(wire)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := checkCluster(t.Context(), conn, first.work("orders")); err != nil {
		t.Fatal(err)
	}
	first.end()
	second := r.stubAt(port)
	for range 3 {
		says(t, registerNamespace(t.Context(), conn, first.work("orders")), "cannot register namespace orders: Unavailable")
	}
	if _, err := second.DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: "orders"}); status.Code(err) != codes.NotFound {
		t.Errorf("the second server was changed: %v", err)
	}
}

// says fails unless err has all the words.
func says(t *testing.T, err error, words ...string) {
	t.Helper()
	for _, want := range words {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
}

func isA[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
