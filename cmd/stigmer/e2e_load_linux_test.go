package main

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

// load are clients that start workflows until they are told to end.
type load struct {
	testing.TB
	stop    chan struct{}
	clients sync.WaitGroup

	mu           sync.Mutex
	acknowledged []string
}

// loadedBy lets n clients start workflows as fast as they can. None may see an
// error that trying again does not cure.
func (f frontend) loadedBy(n int) *load {
	l := &load{TB: f.TB, stop: make(chan struct{})}
	for client := range n {
		l.clients.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-l.stop:
					return
				default:
				}
				l.note(fmt.Sprintf("load-%d-%d", client, i), f.start)
			}
		})
	}
	return l
}

func (l *load) note(id string, start func(string) error) {
	if err := start(id); err != nil {
		l.Errorf("a client saw %v", err)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acknowledged = append(l.acknowledged, id)
}

func (l *load) sofar() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.acknowledged)
}

// await waits until n workflows are acknowledged, and returns those that are.
func (l *load) await(n int) []string {
	l.Helper()
	deadline := time.After(patience)
	for len(l.sofar()) < n {
		select {
		case <-deadline:
			l.Fatalf("%d of %d workflows are acknowledged", len(l.sofar()), n)
		case <-time.After(look):
		}
	}
	return l.sofar()
}

// end returns all that was acknowledged.
func (l *load) end() []string {
	close(l.stop)
	l.clients.Wait()
	return l.sofar()
}
