package bounded

import (
	"context"
	"sync"
	"time"
)

// Calls are calls that may never return. One that is given up goes on by
// itself, and until it returns none of its key is begun: what hangs costs a
// goroutine, and a thread, for each key and each caller that waited, however
// often it is asked for. The zero value is ready. It is safe for use by several
// goroutines.
type Calls[T any] struct {
	mu   sync.Mutex
	late map[string]*late
}

// late are the calls of one key that were given up and have not returned.
type late struct {
	calls int
	why   error
}

// call is one call. Whether it was given up is guarded by the mutex of its Calls.
type call[T any] struct {
	key     string
	answer  chan T
	givenUp bool
}

// Do calls ask and returns what it returned. When patience is done first, the
// call is given up, for the reason that why returns then; Do returns the same
// error at once for that key as long as the call goes on. Ask must not rely on
// anything that its caller changes afterwards.
func (c *Calls[T]) Do(patience context.Context, key string, ask func() T, why func() error) (T, error) {
	if err := c.awaited(key); err != nil {
		var none T
		return none, err
	}
	one := &call[T]{key: key, answer: make(chan T, 1)}
	go func() {
		one.answer <- ask()
		c.returned(one)
	}()
	select {
	case value := <-one.answer:
		return value, nil
	case <-patience.Done():
		return c.giveUp(one, why)
	}
}

// Within is Do with a patience of that long.
func (c *Calls[T]) Within(limit time.Duration, key string, ask func() T, why func() error) (T, error) {
	patience, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return c.Do(patience, key, ask, why)
}

// awaited returns why a call of the key was given up; nil when none is awaited.
func (c *Calls[T]) awaited(key string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l := c.late[key]; l != nil {
		return l.why
	}
	return nil
}

// giveUp leaves the call to itself, unless its answer has come meanwhile.
func (c *Calls[T]) giveUp(one *call[T], why func() error) (value T, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case value = <-one.answer:
		return value, nil
	default:
	}
	l := c.late[one.key]
	if l == nil {
		l = &late{why: why()}
		if c.late == nil {
			c.late = map[string]*late{}
		}
		c.late[one.key] = l
	}
	l.calls++
	one.givenUp = true
	return value, l.why
}

// returned forgets that the call was given up, if it was.
func (c *Calls[T]) returned(one *call[T]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !one.givenUp {
		return
	}
	if c.late[one.key].calls--; c.late[one.key].calls == 0 {
		delete(c.late, one.key)
	}
}
