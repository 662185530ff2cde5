package stubtemporal

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// WorkflowService is the name under which Temporal's frontend reports its health.
const WorkflowService = "temporal.api.workflowservice.v1.WorkflowService"

// server is what a started stub has open. It serves until the process exits.
type server struct {
	grpc_health_v1.UnimplementedHealthServer

	behaviour *atomic.Pointer[behaviour]
	started   time.Time
	address   net.Addr
	database  *database
}

// start binds every port in the order of the real server, opens the database
// and begins to serve. Its errors are the real server's, word for word.
func start(o options, current *atomic.Pointer[behaviour]) (*server, error) {
	s, b := &server{behaviour: current, started: time.Now()}, current.Load()
	open, err := openDoors(o)
	if err != nil {
		return nil, err
	}
	if b.boot > 0 {
		// The real server only tries the ports before it creates the database.
		open.close()
	}
	if s.database, err = openDatabase(o.database, b.boot, b.lifetime); err != nil {
		return nil, err
	}
	if b.boot > 0 {
		if open, err = openDoors(o); err != nil {
			return nil, err
		}
	}
	s.serve(open, newNamespaces(o))
	return s, nil
}

func (s *server) serve(open doors, n *namespaces) {
	for name, listener := range open {
		switch name {
		case frontendDoor:
			s.address = listener.Addr()
			serveGRPC(s, n, listener)
		case uiDoor:
			serveHTTP(s.answerUI, listener)
		default:
			serveHTTP(s.answer, listener)
		}
	}
}

func listen(name, ip string, port int) (net.Listener, error) {
	listener, err := net.Listen("tcp4", net.JoinHostPort(ip, strconv.Itoa(port)))
	if err == nil {
		return listener, nil
	}
	// The real server says tcp, the stub listens on tcp4 only to make
	// `localhost` mean 127.0.0.1 everywhere.
	if op, ok := errors.AsType[*net.OpError](err); ok {
		op.Net = "tcp"
	}
	return nil, fmt.Errorf("can't set %s port %d: %w", name, port, err)
}

// Check answers for the empty service at once and for WorkflowService as the
// behaviour says.
func (s *server) Check(_ context.Context, in *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	b := s.behaviour.Load()
	answer := &grpc_health_v1.HealthCheckResponse{Status: grpc_health_v1.HealthCheckResponse_SERVING}
	switch {
	case in.GetService() == "":
	case in.GetService() != WorkflowService:
		return nil, status.Error(codes.NotFound, "unknown service")
	case b.health == "never", b.health == "lost" && time.Since(s.started) >= b.healthAfter:
		answer.Status = grpc_health_v1.HealthCheckResponse_NOT_SERVING
	}
	return answer, nil
}
