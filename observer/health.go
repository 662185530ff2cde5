package observer

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// frontendService is the service to ask for. The empty name is SERVING as
// soon as the listener exists, before the frontend is ready.
const frontendService = "temporal.api.workflowservice.v1.WorkflowService"

// health asks the frontend, when its listener belongs to one of our
// processes, and lists the listeners once more afterwards: an answer counts
// only when the same socket was there before and after.
func (l *look) health(ctx context.Context, ports []observed.Port, found []socket, ours []observed.Process) observed.Fact[observed.Health] {
	i := slices.IndexFunc(ports, func(p observed.Port) bool { return p.Name == observed.Frontend })
	if i < 0 || !ownedBy(ports[i].Listener, ours) {
		l.sessions.drop(l.target.LockPath)
		return observed.Unsure[observed.Health](whyNotAsked(ports, i))
	}
	health := l.check(ctx, ports[i].Address, found[i])
	if ctx.Err() != nil {
		return observed.Unsure[observed.Health](fmt.Sprintf("the check was cut short: %v", ctx.Err()))
	}
	sockets, err := l.machine.listeners()
	if err != nil {
		return observed.Unsure[observed.Health](err.Error())
	}
	if after, _ := serving(sockets, ports[i].Address); after != found[i] {
		l.sessions.drop(l.target.LockPath)
		return observed.Unsure[observed.Health]("the listener changed during the check")
	}
	return observed.Is(health)
}

// whyNotAsked says why the frontend was not asked; i is its index, or -1.
func whyNotAsked(ports []observed.Port, i int) string {
	switch {
	case i < 0:
		return "there is no frontend port to ask"
	case ports[i].Listener.IsAbsent(), ports[i].Listener.IsUnknown():
		return "not asked: " + ports[i].Listener.Reason
	case ports[i].Listener.Value.Owner.IsUnknown():
		return "not asked: " + ports[i].Listener.Value.Owner.Reason
	}
	return fmt.Sprintf("not asked: %s belongs to %s, which is not ours", ports[i].Address, ports[i].Listener.Value.Owner.Value.Identity)
}

// check asks once. A connection that did not lead to an answer is not used
// again.
func (l *look) check(ctx context.Context, address netip.AddrPort, listener socket) observed.Health {
	session, err := l.sessions.get(l.target.LockPath, dialable(address), listener)
	if err != nil {
		return observed.Health{Status: observed.HealthError, Message: fmt.Sprintf("cannot prepare a connection to %s: %v", address, err)}
	}
	health := session.check(ctx, l.target.HealthTimeout)
	if health.Status != observed.HealthServing && health.Status != observed.HealthNotServing {
		l.sessions.drop(l.target.LockPath)
	}
	return health
}

// check asks the health service over the session's connection.
func (s *session) check(ctx context.Context, timeout time.Duration) observed.Health {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	answer, err := grpc_health_v1.NewHealthClient(s.conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: frontendService})
	health := s.judge(answer, err)
	if health.Status == observed.HealthTimeout {
		health.Message = fmt.Sprintf("no answer within %s", timeout)
	}
	return health
}

// judge turns an answer or an error into a health.
func (s *session) judge(answer *grpc_health_v1.HealthCheckResponse, err error) observed.Health {
	switch {
	case err == nil && answer.GetStatus() == grpc_health_v1.HealthCheckResponse_SERVING:
		return observed.Health{Status: observed.HealthServing}
	case err == nil:
		return observed.Health{Status: observed.HealthNotServing, Message: "the frontend says " + answer.GetStatus().String()}
	case status.Code(err) == codes.DeadlineExceeded:
		return observed.Health{Status: observed.HealthTimeout}
	}
	if refused := s.refusal(); refused != nil && status.Code(err) == codes.Unavailable {
		return observed.Health{Status: observed.HealthUnreachable, Message: refused.Error()}
	}
	return observed.Health{Status: observed.HealthError, Message: status.Convert(err).Message()}
}

// dialable is the address to connect to: for a wildcard, loopback of the same family.
func dialable(address netip.AddrPort) netip.AddrPort {
	switch ip := address.Addr(); {
	case !ip.IsUnspecified():
		return address
	case ip.Is4():
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), address.Port())
	}
	return netip.AddrPortFrom(netip.IPv6Loopback(), address.Port())
}
