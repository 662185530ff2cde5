package observer

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// session is one gRPC connection to one listener. It is never used for
// another one: a connection that outlived its listener would speak for a
// server that is gone, and one that failed would make the next server wait
// for gRPC's reconnect backoff.
type session struct {
	listener socket
	conn     *grpc.ClientConn

	mu sync.Mutex
	// refused is why the last attempt to connect failed.
	refused error
}

// newSession prepares a connection; it is made by the first call.
func newSession(address netip.AddrPort, listener socket) (*session, error) {
	s := &session{listener: listener}
	conn, err := grpc.NewClient("passthrough:///"+address.String(),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(s.dial),
		grpc.WithNoProxy(),
		grpc.WithDisableServiceConfig(),
		grpc.WithDisableRetry(),
		grpc.WithIdleTimeout(0),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxAnswer)),
	)
	s.conn = conn
	return s, err
}

// maxAnswer bounds a health answer, which is a few bytes.
const maxAnswer = 64 << 10

// dial connects without a proxy and without looking up any name.
func (s *session) dial(ctx context.Context, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = err
	return conn, err
}

// refusal returns why no connection was made, nil when one was.
func (s *session) refusal() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused
}

// sessions are the connections of an Observer, one for each instance.
type sessions struct {
	mu         sync.Mutex
	byInstance map[string]*session
}

func newSessions() *sessions { return &sessions{byInstance: map[string]*session{}} }

// get returns the instance's connection to this listener, a new one when it
// had none or one to another listener.
func (all *sessions) get(instance string, address netip.AddrPort, listener socket) (*session, error) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if s := all.byInstance[instance]; s != nil {
		if s.listener == listener {
			return s, nil
		}
		s.conn.Close()
		delete(all.byInstance, instance)
	}
	s, err := newSession(address, listener)
	if err == nil {
		all.byInstance[instance] = s
	}
	return s, err
}

// drop ends the instance's connection, if it has one.
func (all *sessions) drop(instance string) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if s := all.byInstance[instance]; s != nil {
		s.conn.Close()
		delete(all.byInstance, instance)
	}
}

// close ends all connections.
func (all *sessions) close() error {
	all.mu.Lock()
	defer all.mu.Unlock()
	var errs []error
	for _, s := range all.byInstance {
		errs = append(errs, s.conn.Close())
	}
	clear(all.byInstance)
	return errors.Join(errs...)
}
