package bounded

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait of a test.
const patience = 20 * time.Second

var errHangs = errors.New("it hangs")

func hangs() error { return errHangs }

// answers asks until the key is free again.
func answers(t *testing.T, c *Calls[int], key string, want int) {
	t.Helper()
	deadline := time.After(patience)
	for {
		got, err := c.Do(t.Context(), key, func() int { return want }, hangs)
		if err == nil && got == want {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("%s: %d, %v", key, got, err)
		default:
		}
	}
}

func TestCallThatReturns(t *testing.T) {
	var c Calls[int]
	for n := range 3 {
		if got, err := c.Do(t.Context(), "a", func() int { return n }, hangs); got != n || err != nil {
			t.Errorf("%d, %v, want %d", got, err, n)
		}
	}
}

// One that hangs is begun once, is answered for at once, and is forgotten when it
// returns; calls of another key do not wait for it.
func TestCallThatHangs(t *testing.T) {
	var c Calls[int]
	end, begun := make(chan struct{}), make(chan struct{}, 10)
	hang := func() int {
		begun <- struct{}{}
		<-end
		return 1
	}
	short, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if got, err := c.Do(short, "a", hang, hangs); got != 0 || !errors.Is(err, errHangs) {
		t.Errorf("%d, %v", got, err)
	}
	for range 3 {
		// The patience of these has no end.
		if got, err := c.Do(t.Context(), "a", hang, func() error { return errors.New("another") }); got != 0 || !errors.Is(err, errHangs) {
			t.Errorf("while it hangs: %d, %v", got, err)
		}
	}
	if len(begun) != 1 {
		t.Errorf("begun %d times", len(begun))
	}
	answers(t, &c, "b", 2)
	close(end)
	answers(t, &c, "a", 3)
	if len(c.late) != 0 {
		t.Errorf("%d are awaited", len(c.late))
	}
}

// Several that wait already are all given up, and the last one frees the key.
func TestCallsThatHangTogether(t *testing.T) {
	var c Calls[int]
	ends, begun := []chan struct{}{make(chan struct{}), make(chan struct{})}, make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	for _, end := range ends {
		waiting.Go(func() {
			_, err := c.Do(ctx, "a", func() int { begun <- struct{}{}; <-end; return 1 }, hangs)
			if !errors.Is(err, errHangs) {
				t.Error(err)
			}
		})
	}
	for range ends {
		<-begun
	}
	cancel()
	waiting.Wait()
	close(ends[0])
	if _, err := c.Do(t.Context(), "a", func() int { return 1 }, hangs); !errors.Is(err, errHangs) {
		t.Errorf("one still hangs: %v", err)
	}
	close(ends[1])
	answers(t, &c, "a", 2)
}

// TestAnswerBeforeGivingUp: an answer that is there already counts.
func TestAnswerBeforeGivingUp(t *testing.T) {
	var c Calls[int]
	one := &call[int]{key: "a", answer: make(chan int, 1)}
	one.answer <- 1
	if got, err := c.giveUp(one, hangs); got != 1 || err != nil || len(c.late) != 0 {
		t.Errorf("%d, %v, and %d are awaited", got, err, len(c.late))
	}
}
