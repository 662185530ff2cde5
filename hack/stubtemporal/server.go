package stubtemporal

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
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
	database  *os.File
}

// start binds every port in the order of the real server, opens the database
// and begins to serve. Its errors are the real server's, word for word.
func start(o options, b *atomic.Pointer[behaviour]) (*server, error) {
	s := &server{behaviour: b, started: time.Now()}
	frontend, err := listen("frontend", o.ip, o.port)
	if err != nil {
		return nil, err
	}
	s.address = frontend.Addr()
	web, err := listenWeb(o)
	if err != nil {
		return nil, err
	}
	if s.database, err = openDatabase(o.database); err != nil {
		return nil, err
	}
	serveGRPC(s, frontend)
	for _, listener := range web {
		serveHTTP(s, listener)
	}
	return s, nil
}

func listenWeb(o options) ([]net.Listener, error) {
	type port struct {
		name, ip string
		number   int
	}
	ports := []port{{"frontend HTTP", o.ip, o.httpPort}}
	if !o.headless {
		ports = append(ports, port{"UI", o.uiIP, o.uiPort})
	}
	ports = append(ports, port{"metrics", o.ip, o.metricsPort})

	var listeners []net.Listener
	for _, p := range ports {
		listener, err := listen(p.name, p.ip, p.number)
		if err != nil {
			return nil, err
		}
		listeners = append(listeners, listener)
	}
	return listeners, nil
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

// openDatabase creates the file if it is absent; the folder must exist.
func openDatabase(path string) (*os.File, error) {
	if path == "" {
		return nil, nil
	}
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return nil, fmt.Errorf("failed starting server: failed checking dir for database file: %w", err)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("failed starting server: unable to open database file: %w", err)
	}
	return file, nil
}

func serveGRPC(s *server, listener net.Listener) {
	g := grpc.NewServer()
	grpc_health_v1.RegisterHealthServer(g, s)
	go func() { _ = g.Serve(listener) }()
}

func serveHTTP(s *server, listener net.Listener) {
	h := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(
		func(_ http.ResponseWriter, r *http.Request) {
			if s.behaviour.Load().health == "mute" {
				<-r.Context().Done()
			}
		})}
	go func() { _ = h.Serve(listener) }()
}

// Check answers for the empty service at once and for WorkflowService as the
// behaviour says.
func (s *server) Check(ctx context.Context, in *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	b := s.behaviour.Load()
	if b.health == "mute" {
		<-ctx.Done()
		return nil, ctx.Err()
	}
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
