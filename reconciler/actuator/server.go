package actuator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// serverTimeout bounds one change of a server, connecting included. A server
// that is well needs milliseconds; one whose database is locked tries again by
// itself for a quarter of a second.
const serverTimeout = 5 * time.Second

// serverChange is one change of a server.
type serverChange func(context.Context, grpc.ClientConnInterface, plan.ServerWork) error

// changeServer carries out one change on the running server, once it is sure
// that the server is the one that was meant.
//
// Whoever had the port when the connection was made is at its other end, and
// stays there: the connection is never made a second time. The look that
// planned the change saw the target listen on that port, and a dev server gives
// its port up only to end. So a target that is still there after the
// connection was made had the port when it was made. That leaves a target on
// its way out whose port another server took at once: that one has another
// database and so another cluster id, but for servers in memory, of which all
// of one user have the same.
func (a *Actuator) changeServer(ctx context.Context, w plan.ServerWork, change serverChange) error {
	ctx, cancel := context.WithTimeout(ctx, serverTimeout)
	defer cancel()
	wire, err := (&net.Dialer{}).DialContext(ctx, "tcp", w.Address.String())
	if err != nil {
		return fmt.Errorf("cannot connect to the server of namespace %s: %w", w.Namespace, err)
	}
	defer wire.Close()
	target, err := a.hold(w.Target.Identity)
	if err != nil {
		return fmt.Errorf("cannot change namespace %s on the server at %s: %w", w.Namespace, w.Address, err)
	}
	target.close()
	conn, err := speak(wire)
	if err != nil {
		return fmt.Errorf("cannot prepare a connection to %s: %w", w.Address, err)
	}
	defer conn.Close()
	if err := checkCluster(ctx, conn, w); err != nil {
		return fmt.Errorf("cannot change namespace %s: %w", w.Namespace, err)
	}
	return change(ctx, conn, w)
}

// speak makes a gRPC connection of one that is there. When it is lost it is
// not made anew, for it could lead to another server then.
func speak(wire net.Conn) (*grpc.ClientConn, error) {
	once := make(chan net.Conn, 1)
	once <- wire
	return grpc.NewClient("passthrough:///"+wire.RemoteAddr().String(),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) {
			select {
			case wire := <-once:
				return wire, nil
			default:
				return nil, errors.New("the connection was lost")
			}
		}),
		grpc.WithNoProxy(),
		grpc.WithDisableServiceConfig(),
		grpc.WithDisableRetry(),
		grpc.WithIdleTimeout(0),
	)
}

// checkCluster makes sure that the server has the cluster id that was seen.
func checkCluster(ctx context.Context, conn *grpc.ClientConn, w plan.ServerWork) error {
	if w.ClusterID == "" {
		return nil
	}
	info, err := workflowservice.NewWorkflowServiceClient(conn).GetClusterInfo(ctx, &workflowservice.GetClusterInfoRequest{})
	switch {
	case err != nil:
		return fmt.Errorf("cannot tell which server is at %s: %w", w.Address, answer(err))
	case info.GetClusterId() != w.ClusterID:
		return &ClusterChangedError{Address: w.Address, Want: w.ClusterID, Got: info.GetClusterId()}
	}
	return nil
}

// answer puts what came of a call into words.
func answer(err error) error {
	said := status.Convert(err)
	if said.Code() == codes.DeadlineExceeded {
		return errors.New("no answer in time")
	}
	return fmt.Errorf("%s: %s", said.Code(), said.Message())
}
