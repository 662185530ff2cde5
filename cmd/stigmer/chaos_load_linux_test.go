package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
)

const (
	// trickleEvery is the pause between two workflows.
	trickleEvery = 40 * time.Millisecond
	// trickleTime bounds the start of one: whoever hangs has not acknowledged.
	trickleTime = time.Second
)

// trickle is a client that starts a workflow every now and then, on whichever
// port answers, and keeps what was acknowledged.
type trickle struct {
	clients []frontend
	once    sync.Once
	stop    chan struct{}
	over    chan struct{}

	// turn is held while a workflow is started.
	turn sync.Mutex

	mu           sync.Mutex
	paused       bool
	acknowledged []string
}

func (c *chaos) trickle() *trickle {
	l := &trickle{stop: make(chan struct{}), over: make(chan struct{})}
	for _, port := range c.ports {
		l.clients = append(l.clients, c.frontendOn(port))
	}
	go l.run()
	return l
}

func (l *trickle) run() {
	defer close(l.over)
	tick := time.NewTicker(trickleEvery)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-l.stop:
			return
		case <-tick.C:
			l.one(fmt.Sprintf("chaos-%06d", i))
		}
	}
}

// one starts a workflow on the first port that takes it.
func (l *trickle) one(id string) {
	l.turn.Lock()
	defer l.turn.Unlock()
	l.mu.Lock()
	paused := l.paused
	l.mu.Unlock()
	if paused {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), trickleTime)
	defer cancel()
	for _, client := range l.clients {
		_, err := client.StartWorkflowExecution(ctx, &workflowservice.StartWorkflowExecutionRequest{
			Namespace: "default", WorkflowId: id, RequestId: id,
			WorkflowType: &common.WorkflowType{Name: "X"}, TaskQueue: &taskqueue.TaskQueue{Name: "q"},
		})
		if err == nil {
			l.mu.Lock()
			l.acknowledged = append(l.acknowledged, id)
			l.mu.Unlock()
			return
		}
	}
}

// pause returns when nothing is being started any more.
func (l *trickle) pause() {
	l.mu.Lock()
	l.paused = true
	l.mu.Unlock()
	l.turn.Lock()
	defer l.turn.Unlock()
}

func (l *trickle) resume() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.paused = false
}

func (l *trickle) sofar() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.acknowledged)
}

// end returns when nothing is started any more. It may be called again.
func (l *trickle) end() {
	l.once.Do(func() { close(l.stop) })
	<-l.over
}
