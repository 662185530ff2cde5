package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// settle makes what is seen follow from what is: the database from the disk,
// the ports and the answers from the server and the spec.
func (m *machine) settle() {
	m.crash()
	server, up := m.serverUp()
	m.settleDatabase()
	m.settlePorts(server, up)
	m.settleAnswers(server)
}

// crash ends the servers of the build that crashes.
func (m *machine) crash() {
	m.each(func(id observed.Identity) {
		for _, p := range m.Observed.Processes.Value {
			if p.Identity == id && m.crashes != "" && p.Launch.Value.Build == m.crashes {
				m.end(id)
			}
		}
	})
}

// serverUp returns the server, and whether it came as far as to listen.
func (m *machine) serverUp() (observed.Process, bool) {
	lock, held := m.Observed.Lock.Get()
	server := lock.Holder.Value
	own := m.servers[server.Identity]
	up := held && own != nil && m.startTime >= 0 && m.Now.Sub(server.Started) >= m.startTime
	if up {
		own.store.whole = true
		if own.store == m.disk.at {
			m.disk.beside.Companions = nil
		}
	}
	return server, up
}

func (m *machine) settleDatabase() {
	m.Observed.Database = observed.Database{}
	if m.spec().Storage.Path != "" {
		m.Observed.Database = m.disk.seen()
	}
	for i := range m.Observed.Processes.Value {
		p := &m.Observed.Processes.Value[i]
		s := m.servers[p.Identity]
		p.Evidence.OpensDatabase, p.Evidence.NamesDatabase = observed.Absent, observed.Absent
		if path := m.spec().Storage.Path; path != "" && slices.Contains(p.Args, path) {
			p.Evidence.NamesDatabase = observed.Known
		}
		if s != nil && s.store == m.disk.at && m.disk.at != nil {
			p.Evidence.OpensDatabase = observed.Known
		}
	}
	m.Observed.Restore = observed.Unsure[observed.File]("none was asked about")
	if path := RestorePath(m.Desired.Object); path != "" {
		m.Observed.Restore = observed.None[observed.File]("there is no " + path)
		if _, there := m.disk.backups[path]; there {
			m.Observed.Restore = observed.Is(observed.File{})
		}
	}
}

func (m *machine) settlePorts(server observed.Process, up bool) {
	spec := m.Desired.Object.Spec
	numbers := map[observed.PortName]int32{
		observed.Frontend: spec.Port, observed.UI: spec.UI.Port, observed.HTTP: spec.HTTPPort, observed.Metrics: spec.MetricsPort,
	}
	for i := range m.Observed.Ports {
		port := &m.Observed.Ports[i]
		port.Address = address(numbers[port.Name])
		owner := port.Listener.Value.Owner.Value
		asked := strings.Contains(strings.Join(server.Args, " "), fmt.Sprint(port.Address.Port()))
		switch {
		case up && asked && (!port.Listener.IsKnown() || owner.Identity == server.Identity):
			port.Listener = listening(server)
		case port.Listener.IsKnown() && isServer(owner):
			port.Listener = observed.None[observed.Listener]("")
		}
	}
	if m.external != nil && m.external.Address == m.Observed.Ports[0].Address && !m.Observed.Ports[0].Listener.IsKnown() {
		m.Observed.Ports[0].Listener = listening(m.external.Process)
	}
}

// settleAnswers lets whoever listens on the port of the frontend answer.
func (m *machine) settleAnswers(server observed.Process) {
	m.Observed.Health = observed.Unsure[observed.Health]("nothing of ours listens")
	m.Observed.Server = observed.Server{}
	m.Observed.External = observed.None[observed.External]("")
	owner := m.Observed.Ports[0].Listener.Value.Owner.Value.Identity
	switch own := m.servers[owner]; {
	case own != nil && (own.hangs || m.stopped(owner)):
		m.Observed.Health = observed.Is(observed.Health{Status: observed.HealthTimeout, Message: "no answer within 1s"})
	case own != nil:
		m.Observed.Health = observed.Is(observed.Health{Status: observed.HealthServing})
		m.Observed.Server = m.answers(own)
	case m.external != nil && owner == m.external.Process.Identity:
		m.settleExternal()
	}
}

// stopped reports whether a signal stopped the process.
func (m *machine) stopped(id observed.Identity) bool {
	for _, p := range m.Observed.Processes.Value {
		if p.Identity == id {
			return p.State == observed.StateStopped
		}
	}
	return false
}

func (m *machine) settleExternal() {
	external := *m.external
	external.Health = observed.Health{Status: observed.HealthServing}
	m.Observed.Server = testServer()
	if m.sick {
		external.Health = observed.Health{Status: observed.HealthTimeout}
		m.Observed.Server = observed.Server{}
	}
	m.Observed.External = observed.Is(external)
}

// answers are what a server says that serves.
func (m *machine) answers(own *liveServer) observed.Server {
	check := func(problem string) observed.Fact[observed.Check] {
		return observed.Is(observed.Check{Problem: problem})
	}
	server := observed.Server{
		Cluster: observed.Is(observed.Cluster{ID: own.store.cluster, Version: "1.29.1"}),
		Store:   check(own.storeProblem), Visibility: check(own.visible), UI: check(own.ui),
		Write:      observed.Unsure[observed.Check]("not asked in this look"),
		Running:    observed.Is[int64](2),
		Namespaces: map[string]observed.Fact[observed.Namespace]{},
	}
	if m.History.WriteDue(m.Now) {
		server.Write = check(m.writeProblem(own))
	}
	for _, name := range Namespaces(*m.spec()) {
		server.Namespaces[name] = observed.None[observed.Namespace]("")
		if namespace, there := own.store.namespaces[name]; there {
			server.Namespaces[name] = observed.Is(namespace)
		}
	}
	return server
}

// writeProblem says what comes of a write. One to a file that was deleted
// never ends.
func (m *machine) writeProblem(own *liveServer) string {
	switch {
	case own.write != "":
		return own.write
	case own.memory:
	case own.store != m.disk.at:
		return "no answer within 1s"
	case m.disk.full || m.disk.readOnly:
		return "disk I/O error"
	}
	return ""
}

// served returns what the only server has.
func (m *machine) only() *liveServer {
	for _, s := range m.servers {
		return s
	}
	m.t.Fatal("no server runs")
	return nil
}

// awhile runs passes for that long, and returns how many did something.
func (m *machine) awhile(d time.Duration) (acted int) {
	for end := m.Now.Add(d); m.Now.Before(end); {
		if p := m.pass(); len(p.Actions) > 0 {
			acted++
		}
	}
	return acted
}
