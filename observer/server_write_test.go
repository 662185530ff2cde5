package observer

import (
	"context"
	"testing"

	"github.com/stigmer/stigmer-local/observer/observed"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// TestLateWrite: a write that has no answer in time is neither lost nor made
// again; a later look takes what came of it, and the next write is another.
func TestLateWrite(t *testing.T) {
	answer := make(chan error)
	f := newFake(t, behaviours{"UpdateNamespace": func(ctx context.Context, _ any) (any, error) {
		select {
		case err := <-answer:
			return emptyAnswers()["UpdateNamespace"], err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}})
	late := func(q questions) {
		t.Helper()
		s := f.session.interview(t.Context(), q, shortly)
		if got := checkWord(s.Write); got != "unknown a write has had no answer within 50ms yet" || !s.WriteLate {
			t.Errorf("write = %s, late: %t", got, s.WriteLate)
		}
	}
	for _, c := range []struct {
		answer error
		want   string
	}{{nil, "ok"}, {status.Error(codes.Unavailable, "locked"), "problem UpdateNamespace: locked"}} {
		before := len(f.sent("UpdateNamespace"))
		late(everything())
		late(everything())
		late(reads()) // which asks for none
		answer <- c.answer
		// It waits for the outcome of the write that there is, and asks for none.
		s := f.session.interview(t.Context(), reads(), patience)
		if got := checkWord(s.Write); got != c.want || s.WriteLate {
			t.Errorf("write = %s, late: %t", got, s.WriteLate)
		}
		if sent := len(f.sent("UpdateNamespace")) - before; sent != 1 {
			t.Errorf("%d writes were sent", sent)
		}
		if s := f.session.interview(t.Context(), reads(), patience); !s.Write.IsUnknown() || s.WriteLate {
			t.Errorf("the outcome was taken twice: %s", checkWord(s.Write))
		}
	}
	// One that nobody waits for any more ends with the session.
	late(everything())
	f.session.endWrite()
	f.awaitIdle(t)
	if s := f.session.interview(t.Context(), reads(), patience); s.Write != observed.Unsure[observed.Check](notWanted) {
		t.Errorf("after its end: %s", checkWord(s.Write))
	}
}
