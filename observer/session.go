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

// session is what is kept open to one server: a gRPC connection to one
// listener, and one to its UI. It is never used for another listener: a
// connection that outlived its listener would speak for a server that is
// gone, and one that failed would make the next server wait for gRPC's
// reconnect backoff.
type session struct {
	listener socket
	conn     *grpc.ClientConn
	pages    *pages

	mu sync.Mutex
	// refused is why the last attempt to connect failed.
	refused error
	// ongoing is the write check that is being made, nil when none is.
	ongoing *write
}

// newSession prepares a connection; it is made by the first call.
func newSession(address netip.AddrPort, listener socket) (*session, error) {
	s := &session{listener: listener, pages: &pages{}}
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

// maxAnswer bounds an answer, in bytes. The largest is one listed workflow
// with its memo, for which Temporal's own limit is 2 MiB.
const maxAnswer = 4 << 20

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

// close ends the connections.
func (s *session) close() error {
	s.endWrite()
	s.pages.close()
	return s.conn.Close()
}

// sessionKey names a server that connections are kept to: that of an
// instance, or the Temporal that is in its place and is not ours.
type sessionKey struct {
	instance string
	external bool
}

// sessions are the connections of an Observer.
type sessions struct {
	mu    sync.Mutex
	byKey map[sessionKey]*session
}

func newSessions() *sessions { return &sessions{byKey: map[sessionKey]*session{}} }

// get returns the connection to this listener, a new one when there was none
// or one to another listener.
func (all *sessions) get(key sessionKey, address netip.AddrPort, listener socket) (*session, error) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if s := all.byKey[key]; s != nil {
		if s.listener == listener {
			return s, nil
		}
		s.close()
		delete(all.byKey, key)
	}
	s, err := newSession(address, listener)
	if err == nil {
		all.byKey[key] = s
	}
	return s, err
}

// drop ends the connection, if there is one.
func (all *sessions) drop(key sessionKey) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if s := all.byKey[key]; s != nil {
		s.close()
		delete(all.byKey, key)
	}
}

// close ends all connections.
func (all *sessions) close() error {
	all.mu.Lock()
	defer all.mu.Unlock()
	var errs []error
	for _, s := range all.byKey {
		errs = append(errs, s.close())
	}
	clear(all.byKey)
	return errors.Join(errs...)
}
