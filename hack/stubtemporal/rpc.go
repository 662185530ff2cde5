package stubtemporal

import (
	"context"
	"net"
	"path"

	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"
)

// serveGRPC serves the frontend.
func serveGRPC(s *server, n *namespaces, listener net.Listener) {
	g := grpc.NewServer(grpc.UnaryInterceptor(s.intercept))
	grpc_health_v1.RegisterHealthServer(g, s)
	workflowservice.RegisterWorkflowServiceServer(g, &workflow{server: s, namespaces: n})
	operatorservice.RegisterOperatorServiceServer(g, &operator{namespaces: n})
	go func() { _ = g.Serve(listener) }()
}

// intercept misbehaves as it was asked to, before a call is carried out, and
// gives errors the form that clients know.
func (s *server) intercept(ctx context.Context, in any, info *grpc.UnaryServerInfo, call grpc.UnaryHandler) (any, error) {
	method := path.Base(info.FullMethod)
	switch s.behaviour.Load().of(method) {
	case "mute", "hang":
		<-ctx.Done()
		return nil, ctx.Err()
	case "error":
		return nil, refused("%s operation failed. Error: the stub was told so", method)
	}
	if writes(method) && s.database.moved() {
		return nil, refused("%s: attempt to write a readonly database (1032)", method)
	}
	answer, err := call(ctx, in)
	return answer, serviceerror.ToStatus(err).Err()
}

func refused(format, method string) error {
	return serviceerror.ToStatus(serviceerror.NewUnavailablef(format, method)).Err()
}

// of says how a method misbehaves.
func (b *behaviour) of(method string) string {
	switch {
	case b.health == "mute":
		return "mute"
	case writes(method):
		return b.write
	}
	switch method {
	case "GetClusterInfo", "DescribeNamespace", "ListNamespaces", "ListSearchAttributes", "DescribeWorkflowExecution":
		return b.store
	case "ListWorkflowExecutions", "CountWorkflowExecutions":
		return b.visibility
	}
	return ""
}

// writes reports whether a method changes the store.
func writes(method string) bool {
	switch method {
	case "RegisterNamespace", "UpdateNamespace", "AddSearchAttributes":
		return true
	}
	return false
}
