package observer

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
)

// questions are what a server is asked when its health check says SERVING,
// beyond what every server is asked.
type questions struct {
	// ui is where its UI listens, or why that is not to be asked.
	ui observed.Fact[door]
	// namespaces are to be described, with their search attributes when
	// attributes is set.
	namespaces []string
	attributes bool
	// write asks for a write, unless one is being made already; running for
	// the number of running workflows.
	write, running bool
}

// The reasons why something was not asked.
const (
	notWanted  = "not asked in this look"
	notServing = "not asked: the frontend does not serve"
)

// unasked is a server of which nothing is known, for one reason.
func (q questions) unasked(reason string) observed.Server {
	check := observed.Unsure[observed.Check](reason)
	server := observed.Server{
		Cluster: observed.Unsure[observed.Cluster](reason),
		Store:   check, Write: check, Visibility: check, UI: check,
		Running: observed.Unsure[int64](reason),
	}
	if len(q.namespaces) > 0 {
		server.Namespaces = map[string]observed.Fact[observed.Namespace]{}
	}
	for _, name := range q.namespaces {
		server.Namespaces[name] = observed.Unsure[observed.Namespace](reason)
	}
	return server
}

// interview is one row of questions to one server. They are asked at the same
// time, over the connections of the session.
type interview struct {
	*session
	questions
	flow     workflowservice.WorkflowServiceClient
	operator operatorservice.OperatorServiceClient
	// timeout bounds each check.
	timeout time.Duration
	// answers are filled in by one goroutine for each of its fields.
	answers observed.Server
}

// interview asks the questions and returns when all are answered or their time
// is over. None is left behind but one write, which is not begun a second time.
func (s *session) interview(ctx context.Context, q questions, timeout time.Duration) observed.Server {
	i := &interview{
		session: s, questions: q, timeout: timeout, answers: q.unasked(notWanted),
		flow:     workflowservice.NewWorkflowServiceClient(s.conn),
		operator: operatorservice.NewOperatorServiceClient(s.conn),
	}
	namespaces := make([]observed.Fact[observed.Namespace], len(q.namespaces))
	var all sync.WaitGroup
	for _, check := range i.checks() {
		all.Go(func() { check(ctx) })
	}
	for n, name := range q.namespaces {
		all.Go(func() { namespaces[n] = i.namespace(ctx, name) })
	}
	all.Wait()
	for n, name := range q.namespaces {
		i.answers.Namespaces[name] = namespaces[n]
	}
	return i.answers
}

// checks are those that the questions ask for, and the wait for a write.
func (i *interview) checks() []func(context.Context) {
	checks := []func(context.Context){i.store, i.visibility}
	if ui, ok := i.ui.Get(); ok {
		checks = append(checks, func(ctx context.Context) { i.answers.UI = i.pages.check(ctx, ui, i.timeout) })
	} else {
		i.answers.UI = observed.Unsure[observed.Check](i.ui.Reason)
	}
	if w := i.ongoingWrite(i.write); w != nil {
		checks = append(checks, func(ctx context.Context) { i.awaitWrite(ctx, w) })
	}
	if i.running {
		checks = append(checks, i.countRunning)
	}
	return checks
}

// call asks within the timeout and says what came of it.
func (i *interview) call(ctx context.Context, name string, ask func(context.Context) error) observed.Fact[observed.Check] {
	inner, cancel := context.WithTimeout(ctx, i.timeout)
	defer cancel()
	err := ask(inner)
	if ctx.Err() != nil {
		return observed.Unsure[observed.Check](cutShort(ctx))
	}
	return outcome(name, err, i.timeout)
}

// cutShort is why a check that ended with the look's own context says nothing.
func cutShort(ctx context.Context) string {
	return fmt.Sprintf("the check was cut short: %v", ctx.Err())
}
