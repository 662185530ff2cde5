package observer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
	"go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/workflowservice/v1"
)

// What the write check writes, into the data of the system namespace. The
// server merges it with what is there, under a check of the version, so it
// undoes nobody's change; and it writes although the value is the same.
const (
	writeKey   = "local.stigmer.ai/write-check"
	writeValue = "done"
)

// writeTimeout is how long a write may take. It is made seldom, so one that
// is late must not count as lost for long; and the server lets SQLite wait 10 s
// for a lock (the busy_timeout that it is started with).
const writeTimeout = 12 * time.Second

// write is a write check. It goes on when the look that began it is over, and
// a later one takes its outcome.
type write struct {
	cancel context.CancelFunc
	// ended is closed when outcome is there.
	ended   chan struct{}
	outcome observed.Fact[observed.Check]
}

// awaitWrite waits for a write, for no longer than any other check takes.
func (i *interview) awaitWrite(ctx context.Context, w *write) {
	patience := time.NewTimer(i.timeout)
	defer patience.Stop()
	select {
	case <-w.ended:
		i.answers.Write, i.answers.WriteEnded = i.taken(w), true
	case <-ctx.Done():
		i.answers.Write = observed.Unsure[observed.Check](cutShort(ctx))
	case <-patience.C:
		i.answers.WriteLate = true
		i.answers.Write = observed.Unsure[observed.Check](fmt.Sprintf("a write has had no answer within %s yet", i.timeout))
	}
}

// ongoingWrite returns the write that is being made. When there is none, one is
// begun, if that is asked for, and else there is nil.
func (s *session) ongoingWrite(begin bool) *write {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ongoing == nil && begin {
		s.ongoing = s.beginWrite()
	}
	return s.ongoing
}

// taken is the outcome of a write that has ended. The next one is another.
func (s *session) taken(w *write) observed.Fact[observed.Check] {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ongoing == w {
		s.ongoing = nil
	}
	return w.outcome
}

func (s *session) beginWrite() *write {
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	w := &write{cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(w.ended)
		defer cancel()
		_, err := workflowservice.NewWorkflowServiceClient(s.conn).UpdateNamespace(ctx, &workflowservice.UpdateNamespaceRequest{
			Namespace:  systemNamespace,
			UpdateInfo: &namespace.UpdateNamespaceInfo{Data: map[string]string{writeKey: writeValue}},
		})
		if errors.Is(ctx.Err(), context.Canceled) {
			w.outcome = observed.Unsure[observed.Check](cutShort(ctx))
			return
		}
		w.outcome = outcome("UpdateNamespace", err, writeTimeout)
	}()
	return w
}

// endWrite ends the write that is being made, if there is one.
func (s *session) endWrite() {
	if w := s.ongoingWrite(false); w != nil {
		w.cancel()
		<-w.ended
		s.taken(w)
	}
}
