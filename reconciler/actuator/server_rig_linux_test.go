package actuator

import (
	"context"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// server is a Temporal, or a stub of one, and a connection to it that the
// tests look through.
type server struct {
	*rig
	workflowservice.WorkflowServiceClient
	operators operatorservice.OperatorServiceClient
	address   netip.AddrPort
	identity  identity
	cluster   string
	end       func()
}

// stub starts a stub with STUB_ variables.
func (r *rig) stub(variables ...string) *server {
	r.t.Helper()
	return r.stubAt(freePort(r.t), variables...)
}

func (r *rig) stubAt(port string, variables ...string) *server {
	r.t.Helper()
	self, err := os.Executable()
	if err != nil {
		r.t.Fatal(err)
	}
	return r.serve(self, port, append(variables, roleVariable+"=server", quickExit)...)
}

// real starts the Temporal that STIGMER_TEMPORAL names.
func (r *rig) real() *server {
	r.t.Helper()
	temporal := os.Getenv("STIGMER_TEMPORAL")
	if temporal == "" {
		r.t.Skip("STIGMER_TEMPORAL does not name a Temporal to run")
	}
	return r.serve(temporal, freePort(r.t))
}

// serve starts an executable and returns when it serves.
func (r *rig) serve(executable, port string, variables ...string) *server {
	r.t.Helper()
	cmd := exec.Command(executable, "server", "start-dev", "--ip", "127.0.0.1", "--port", port, "--headless", "--output", "none",
		"--db-filename", filepath.Join(r.t.TempDir(), "temporal.db"), "--env-file", "/nonexistent")
	cmd.Env = append(os.Environ(), variables...)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	s := &server{rig: r, address: netip.MustParseAddrPort("127.0.0.1:" + port), identity: r.identify(cmd.Process.Pid)}
	s.end = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	r.t.Cleanup(s.end)
	s.connect()
	return s
}

// connect waits until the server serves and asks for its cluster id.
func (s *server) connect() {
	s.t.Helper()
	conn, err := grpc.NewClient(s.address.String(), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: backoff.Config{BaseDelay: 5 * time.Millisecond, Multiplier: 1, MaxDelay: 5 * time.Millisecond}}))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	s.WorkflowServiceClient, s.operators = workflowservice.NewWorkflowServiceClient(conn), operatorservice.NewOperatorServiceClient(conn)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	in := &grpc_health_v1.HealthCheckRequest{Service: workflowservice.WorkflowService_ServiceDesc.ServiceName}
	for health := (*grpc_health_v1.HealthCheckResponse)(nil); health.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING; {
		if health, err = grpc_health_v1.NewHealthClient(conn).Check(ctx, in, grpc.WaitForReady(true)); ctx.Err() != nil {
			s.t.Fatalf("the server does not serve: %v", err)
		}
	}
	if info, err := s.GetClusterInfo(ctx, &workflowservice.GetClusterInfoRequest{}); err == nil {
		s.cluster = info.GetClusterId()
	}
}

// work is a change of the server in its namespace.
func (s *server) work(namespace string) plan.ServerWork {
	return plan.ServerWork{
		Target: observed.Process{Identity: s.identity}, Address: s.address, ClusterID: s.cluster, Namespace: namespace,
	}
}

// change carries out a change.
func (s *server) change(verb plan.Verb, w plan.ServerWork) error {
	return s.Do(context.Background(), plan.Action{Verb: verb, Server: w}).Err
}

// changes carries out a change that must succeed.
func (s *server) changes(verb plan.Verb, w plan.ServerWork) {
	s.t.Helper()
	if err := s.change(verb, w); err != nil {
		s.t.Fatalf("%s: %v", verb, err)
	}
}

// has fails unless the namespace is so.
func (s *server) has(namespace string, retention time.Duration, description string) {
	s.t.Helper()
	got, err := s.DescribeNamespace(context.Background(), &workflowservice.DescribeNamespaceRequest{Namespace: namespace})
	if err != nil {
		s.t.Fatal(err)
	}
	if r, d := got.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration(), got.GetNamespaceInfo().GetDescription(); r != retention || d != description {
		s.t.Errorf("namespace %s has retention %s and description %q, want %s and %q", namespace, r, d, retention, description)
	}
}

// attributes lists the search attributes of a namespace, name to type.
func (s *server) attributes(namespace string) map[string]string {
	s.t.Helper()
	got, err := s.operators.ListSearchAttributes(context.Background(), &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		s.t.Fatal(err)
	}
	found := map[string]string{}
	for name, kind := range got.GetCustomAttributes() {
		found[name] = kind.String()
	}
	return found
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}
