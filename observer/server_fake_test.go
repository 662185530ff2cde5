package observer

import (
	"context"
	"net"
	"path"
	"sync"
	"testing"
	"time"

	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// shortly is a timeout for servers that are not going to answer.
const shortly = 50 * time.Millisecond

// fake is a server of which each call's behaviour is set by the test. A call
// without one is answered with an empty message.
type fake struct {
	workflowservice.UnimplementedWorkflowServiceServer
	operatorservice.UnimplementedOperatorServiceServer
	session *session

	mu sync.Mutex
	by behaviours
	// requests are those that came, by the short name of the call.
	requests map[string][]proto.Message
	// active counts the calls that are being answered; idle is closed when
	// there is none, and nil when nobody waits for that.
	active int
	idle   chan struct{}
}

// behaviours say by the short name of a call how it is answered.
type behaviours map[string]func(ctx context.Context, request any) (any, error)

// newFake serves on a port of its own until the test ends.
func newFake(t *testing.T, by behaviours) *fake {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	must(t, err)
	f := &fake{by: by, requests: map[string][]proto.Message{}}
	server := grpc.NewServer(grpc.UnaryInterceptor(f.intercept))
	workflowservice.RegisterWorkflowServiceServer(server, f)
	operatorservice.RegisterOperatorServiceServer(server, f)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	f.session, err = newSession(mustAddrPort(l.Addr().String()), socket{})
	must(t, err)
	t.Cleanup(func() {
		must(t, f.session.close())
		server.Stop()
		<-ended
	})
	return f
}

// intercept answers instead of the handlers, of which there are none.
func (f *fake) intercept(ctx context.Context, request any, info *grpc.UnaryServerInfo, _ grpc.UnaryHandler) (any, error) {
	call := path.Base(info.FullMethod)
	f.mu.Lock()
	f.active++
	defer f.answered()
	f.requests[call] = append(f.requests[call], request.(proto.Message))
	answer, ok := f.by[call]
	f.mu.Unlock()
	if ok {
		return answer(ctx, request)
	}
	return emptyAnswers()[call], nil
}

// answered notes that a call was answered.
func (f *fake) answered() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.active--
	if f.active == 0 && f.idle != nil {
		close(f.idle)
		f.idle = nil
	}
}

// awaitIdle waits until no call is being answered. A call that was sent and
// given up may still arrive afterwards, which a sync.WaitGroup forbids.
func (f *fake) awaitIdle(t *testing.T) {
	t.Helper()
	f.mu.Lock()
	idle := make(chan struct{})
	if f.active == 0 {
		close(idle)
	} else {
		f.idle = idle
	}
	f.mu.Unlock()
	select {
	case <-idle:
	case <-time.After(patience):
		t.Fatal("the server is still busy")
	}
}

// behave changes what is answered from now on.
func (f *fake) behave(by behaviours) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.by = by
}

// emptyAnswers are the answers of a server that has nothing to say.
func emptyAnswers() map[string]any {
	return map[string]any{
		"GetClusterInfo":    &workflowservice.GetClusterInfoResponse{},
		"DescribeNamespace": &workflowservice.DescribeNamespaceResponse{},

		"DescribeWorkflowExecution": &workflowservice.DescribeWorkflowExecutionResponse{},

		"UpdateNamespace":         &workflowservice.UpdateNamespaceResponse{},
		"ListNamespaces":          &workflowservice.ListNamespacesResponse{},
		"ListWorkflowExecutions":  &workflowservice.ListWorkflowExecutionsResponse{},
		"CountWorkflowExecutions": &workflowservice.CountWorkflowExecutionsResponse{},
		"ListSearchAttributes":    &operatorservice.ListSearchAttributesResponse{},
	}
}

// sent returns the requests of a call.
func (f *fake) sent(call string) []proto.Message {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.requests[call]
}

// says answers every request with the same message.
func says(answer any) func(context.Context, any) (any, error) {
	return func(context.Context, any) (any, error) { return answer, nil }
}

// fails answers every request with an error.
func fails(err error) func(context.Context, any) (any, error) {
	return func(context.Context, any) (any, error) { return nil, err }
}

// hangs answers when the caller has gone.
func hangs(ctx context.Context, _ any) (any, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}
