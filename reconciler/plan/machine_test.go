package plan

import (
	"fmt"
	"strings"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// machine is a small world that actions change: enough of one to see what a
// plan leads to. A server serves after startTime and obeys after stopTime.
type machine struct {
	base
	next int
	// startTime is how long a new server takes to serve; 0 is at once, and
	// a negative one means never.
	startTime time.Duration
	// deaf servers ignore SIGTERM.
	deaf bool
	// starts counts the servers that were started.
	starts int
	// transcript has one line for each pass.
	transcript []string
}

// newMachine returns a world in which nothing runs.
func newMachine() *machine {
	m := &machine{base: healthy(), next: 1000}
	m.gone()
	return m
}

// pass lets the loop look, decide and act once, and then time go on.
func (m *machine) pass() Plan {
	m.settle()
	m.look()
	p := Compute(m.Input)
	line := string(p.Situation)
	if len(p.Actions) > 0 {
		line += ": " + verbs(p)
	}
	m.transcript = append(m.transcript, line)
	for _, action := range p.Actions {
		started := m.do(action)
		m.History = m.History.Did(m.Desired, action, false, started, m.Now)
	}
	m.later(p.RequeueAfter)
	return p
}

// do carries out an action.
func (m *machine) do(a Action) observed.Identity {
	switch a.Verb {
	case Start:
		return m.start()
	case Terminate:
		if !m.deaf {
			m.end(a.Target.Identity)
		}
	case Kill:
		m.end(a.Target.Identity)
	case RemoveRecord:
		m.Observed.Record = observed.None[observed.Record]("")
	case WriteRecord:
		m.record(a.Target)
	}
	return observed.Identity{}
}

func (m *machine) start() observed.Identity {
	if m.Observed.Lock.IsKnown() {
		panic("started beside a server that holds the lock")
	}
	m.next++
	m.starts++
	server := m.server(m.next, 0)
	m.Observed.Processes.Value = append(m.Observed.Processes.Value, server)
	m.Observed.Lock = observed.Is(observed.Lock{Path: m.Desired.Files.Lock, Holder: observed.Is(server)})
	m.record(server)
	return server.Identity
}

func (m *machine) record(p observed.Process) {
	m.Observed.Record = observed.Is(observed.Record{Format: observed.RecordCurrent, PID: p.PID})
	for i := range m.Observed.Processes.Value {
		q := &m.Observed.Processes.Value[i]
		q.Evidence.MatchesRecord = observed.Absent
		if q.Identity == p.Identity {
			q.Evidence.MatchesRecord = observed.Known
		}
	}
}

// end removes a process with all that it holds.
func (m *machine) end(id observed.Identity) {
	var rest []observed.Process
	for _, p := range m.Observed.Processes.Value {
		if p.Identity != id {
			rest = append(rest, p)
		}
	}
	m.Observed.Processes = observed.Is(rest)
	if lock, held := m.Observed.Lock.Get(); held && lock.Holder.Value.Identity == id {
		m.Observed.Lock = observed.None[observed.Lock]("")
	}
	for i, port := range m.Observed.Ports {
		if port.Listener.Value.Owner.Value.Identity == id {
			m.Observed.Ports[i].Listener = observed.None[observed.Listener]("")
		}
	}
}

// settle makes the ports and the health follow from the server and the spec.
func (m *machine) settle() {
	spec := m.Desired.Object.Spec
	numbers := map[observed.PortName]int32{
		observed.Frontend: spec.Port, observed.UI: spec.UI.Port, observed.HTTP: spec.HTTPPort, observed.Metrics: spec.MetricsPort,
	}
	m.Observed.Health = observed.Unsure[observed.Health]("nothing of ours listens")
	lock, held := m.Observed.Lock.Get()
	server := lock.Holder.Value
	up := held && isServer(server) && m.startTime >= 0 && m.Now.Sub(server.Started) >= m.startTime
	for i := range m.Observed.Ports {
		port := &m.Observed.Ports[i]
		port.Address = address(numbers[port.Name])
		owner := port.Listener.Value.Owner.Value
		asked := strings.Contains(strings.Join(server.Args, " "), fmt.Sprint(port.Address.Port()))
		switch {
		case up && asked && (!port.Listener.IsKnown() || owner.Identity == server.Identity):
			port.Listener = listening(server)
			m.Observed.Health = observed.Is(observed.Health{Status: observed.HealthServing})
		case port.Listener.IsKnown() && isServer(owner):
			port.Listener = observed.None[observed.Listener]("")
		}
	}
}

// passes runs until the plan is done for the given number of passes in a row,
// and reports whether that came within the limit.
func (m *machine) converges(limit int, done func(Plan) bool) bool {
	for quiet := 0; limit > 0; limit-- {
		if p := m.pass(); done(p) && len(p.Actions) == 0 {
			if quiet++; quiet == 2 {
				return true
			}
			continue
		}
		quiet = 0
	}
	return false
}

func at2(s ...Situation) func(Plan) bool {
	return func(p Plan) bool {
		for _, want := range s {
			if p.Situation == want {
				return true
			}
		}
		return false
	}
}
