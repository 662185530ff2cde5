package actuator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc/health/grpc_health_v1"
)

const (
	// frontendService is the service whose health says that the frontend serves.
	frontendService = "temporal.api.workflowservice.v1.WorkflowService"
	// askEvery is the pause between two questions whether it serves yet.
	askEvery = 20 * time.Millisecond
	// maxSaid is how many bytes of a server's last words are repeated.
	maxSaid = 300
)

// scratchServer is a Temporal that nobody but us knows of. It inherits no
// descriptor beyond the three standard streams.
type scratchServer struct {
	handle *handle
	said   string
	ended  chan error
}

// runScratch runs the command in the folder. It carries no mark of ours, because
// it belongs to no instance.
func runScratch(executable string, args, env []string, dir string) (*scratchServer, error) {
	s := &scratchServer{said: filepath.Join(dir, "log"), ended: make(chan error, 1)}
	log, err := openRegular(s.said, os.O_WRONLY|os.O_CREATE)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	attr := &syscall.SysProcAttr{Setsid: true}
	dieWithUs(attr)
	cmd := &exec.Cmd{
		Path: executable, Args: append([]string{executable}, args...), Env: env, Dir: dir,
		Stdout: log, Stderr: log, SysProcAttr: attr,
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	// Nobody has waited for it, so the pid is its own.
	if s.handle, err = openHandle(cmd.Process.Pid); err != nil {
		return nil, errors.Join(err, cmd.Process.Kill(), cmd.Wait())
	}
	go func() { s.ended <- cmd.Wait() }()
	return s, nil
}

// await waits until the server serves.
func (s *scratchServer) await(ctx context.Context, address string) error {
	for {
		if serves(ctx, address) {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case err := <-s.ended:
			s.ended <- err
			return fmt.Errorf("the server ended before it served: %w", s.explain(err))
		case <-time.After(askEvery):
		}
	}
}

// serves asks once, over a connection of its own: as long as nobody listens there
// is nothing to keep.
func serves(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	wire, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return false
	}
	conn, err := speak(wire)
	if err != nil {
		_ = wire.Close()
		return false
	}
	defer conn.Close()
	answer, err := grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: frontendService})
	return err == nil && answer.GetStatus() == grpc_health_v1.HealthCheckResponse_SERVING
}

// end asks the server to end, and makes it end when it does not in time or
// nobody wants to wait any more.
func (s *scratchServer) end(ctx context.Context) error {
	defer s.handle.close()
	select {
	case err := <-s.ended:
		return s.explain(err)
	default:
	}
	_ = s.handle.signal(unix.SIGTERM, true)
	select {
	case err := <-s.ended:
		return s.explain(err)
	case <-ctx.Done():
	case <-time.After(learnGrace):
	}
	_ = s.handle.signal(unix.SIGKILL, true)
	return s.explain(<-s.ended)
}

// explain adds the last words of a server that did not end as it should.
func (s *scratchServer) explain(err error) error {
	if err == nil {
		return nil
	}
	words, _ := os.ReadFile(s.said)
	if len(words) > maxSaid {
		words = words[len(words)-maxSaid:]
	}
	return fmt.Errorf("%w: %s", err, strings.TrimSpace(string(words)))
}
