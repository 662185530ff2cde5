package observer

import (
	"context"
	"fmt"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// frontendService is the service to ask for. The empty name is SERVING as
// soon as the listener exists, before the frontend is ready.
const frontendService = "temporal.api.workflowservice.v1.WorkflowService"

// answers are what the server on the frontend's port said.
type answers struct {
	health   observed.Fact[observed.Health]
	server   observed.Server
	external observed.Fact[observed.External]
}

// ask asks the server on the frontend's port, when it is ours, or else looks
// like a Temporal. Nobody else is connected to.
func (l *look) ask(ctx context.Context, v portView, processes observed.Fact[[]observed.Process]) answers {
	i := v.index(observed.Frontend)
	ours := i >= 0 && ownedBy(v.ports[i].Listener, processes.Value)
	stranger := l.external(v, i, ours, processes)
	l.forget(ours, stranger.IsKnown())
	if ours {
		health, server := l.interview(ctx, v.subject(i, sessionKey{instance: l.target.LockPath}, l.questions(v, processes.Value)))
		return answers{health: health, server: server, external: stranger}
	}
	notAsked := whyNotAsked(v.ports, i)
	a := answers{health: observed.Unsure[observed.Health](notAsked), external: stranger}
	if !stranger.IsKnown() {
		a.server = l.questions(v, nil).unasked(notAsked)
		return a
	}
	health, server := l.interview(ctx, v.subject(i, sessionKey{instance: l.target.LockPath, external: true}, reads()))
	a.server, a.external = server, withHealth(stranger.Value, health)
	return a
}

// forget ends the connections to servers that are no longer there.
func (l *look) forget(ours, stranger bool) {
	if !ours {
		l.sessions.drop(sessionKey{instance: l.target.LockPath})
	}
	if !stranger {
		l.sessions.drop(sessionKey{instance: l.target.LockPath, external: true})
	}
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
