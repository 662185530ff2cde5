package plan

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// machine is a small world that actions change: enough of one to see what a
// plan leads to. A server serves after startTime and obeys at once.
type machine struct {
	base
	t    *testing.T
	next int
	// startTime is how long a new server takes to serve; 0 is at once, and
	// a negative one means never.
	startTime time.Duration
	// deaf servers ignore SIGTERM.
	deaf bool
	// crashes is a build whose servers end before they serve.
	crashes string
	// starts counts the servers that were started.
	starts int
	disk   disk
	// servers are those that live, by identity.
	servers map[observed.Identity]*liveServer
	// external is a Temporal that is not ours, and port where it listens.
	external *observed.External
	// sick says that the external one does not serve.
	sick bool
	// transcript has one line for each pass.
	transcript []string
}

// liveServer is what a living server has and suffers from.
type liveServer struct {
	// store that it has open, wherever that lies by now.
	store *store
	// memory says that the store dies with it.
	memory bool
	// hangs: the frontend does not answer. Of the others, each is what its
	// check then says.
	hangs                 bool
	storeProblem, visible string
	ui, write             string
}

// firstBoot puts the marker of a first boot beside the database.
func (b *base) firstBoot() {
	b.Observed.Database.FirstBoot = observed.Is(observed.FirstBoot{Started: b.Now, Build: build})
}

// newMachine returns a world in which nothing runs and no database was made.
func newMachine(t *testing.T) *machine {
	m := &machine{base: healthy(), t: t, next: 1000, servers: map[observed.Identity]*liveServer{}}
	m.gone()
	m.disk = newDisk(m.spec().Storage.Path)
	return m
}

// converged returns a world in which a first server is as it should be.
func converged(t *testing.T) *machine {
	m := newMachine(t)
	m.converges(5, at2(Converged))
	return m
}

// pass lets the loop look, decide and act once, and then time go on.
func (m *machine) pass() Plan {
	m.settle()
	m.look()
	p := Compute(m.Input)
	m.enjoy(p)
	line := string(p.Situation)
	if len(p.Actions) > 0 {
		line += ": " + verbs(p)
	}
	m.transcript = append(m.transcript, line)
	for _, action := range p.Actions {
		started, err := m.do(action)
		m.History = m.History.Did(m.Desired, action, problemOf(err), started, m.Now)
		if errors.Is(err, errUnsound) {
			break
		}
		if err != nil {
			m.t.Errorf("%s cannot be carried out: %v\n%s\nafter %q", action.Verb, err, p, m.transcript)
			break
		}
	}
	m.later(p.RequeueAfter)
	return p
}

func problemOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// enjoy lets a user rely on a server that is said to be well.
func (m *machine) enjoy(p Plan) {
	if p.Situation != Converged {
		return
	}
	if s := m.servers[p.Main.Identity]; s != nil && s.store != nil {
		s.store.used = true
	}
}

// do carries out an action as far as it can be; what cannot be is a fault of
// the plan, because nothing comes between in this world.
func (m *machine) do(a Action) (started observed.Identity, err error) {
	switch a.Verb {
	case Start:
		return m.start(a.Launch)
	case Terminate:
		if !m.deaf {
			m.end(a.Target.Identity)
		}
	case Kill:
		err = m.kill(a.Target)
	case RemoveRecord:
		m.Observed.Record = observed.None[observed.Record]("")
	case WriteRecord:
		m.record(a.Target)
	case Quarantine, Backup, StageBackup, DiscardBackup, RestoreBackup, Seal, LearnSchema:
		err = m.doDatabase(a)
	default:
		err = m.change(a)
	}
	return started, err
}

// doDatabase works on the files, which nobody may have open unless it is sealed.
func (m *machine) doDatabase(a Action) error {
	if a.Verb == LearnSchema {
		m.disk.beside.Expected = observed.Is([]string{"table executions"})
		return nil
	}
	switch a.Verb {
	case Seal:
		return m.disk.seal(a.Database)
	case StageBackup:
		return m.disk.stage(a.Database)
	case DiscardBackup:
		return m.disk.discard(a.Database)
	}
	if len(m.servers) > 0 {
		return fmt.Errorf("%d servers run", len(m.servers))
	}
	work := map[Verb]func(DatabaseWork) error{Quarantine: m.disk.quarantine, Backup: m.disk.backUp, RestoreBackup: m.disk.restore}
	return work[a.Verb](a.Database)
}

// change is what a server does when it is asked to.
func (m *machine) change(a Action) error {
	work := a.Server
	s := m.servers[work.Target.Identity]
	if s == nil || s.hangs || s.store.cluster != work.ClusterID {
		return fmt.Errorf("asked of %v, which is not the server", work.Target)
	}
	namespace, there := s.store.namespaces[work.Namespace]
	if there == (a.Verb == RegisterNamespace) {
		return fmt.Errorf("namespace %s is there: %t", work.Namespace, there)
	}
	if !there {
		namespace = fresh(72 * time.Hour)
	}
	if work.Retention != nil {
		namespace.Retention = *work.Retention
	}
	if work.Description != nil {
		namespace.Description = *work.Description
	}
	if err := addAttributes(&namespace, work.SearchAttributes); err != nil {
		return err
	}
	s.store.namespaces[work.Namespace] = namespace
	return nil
}

func addAttributes(namespace *observed.Namespace, added map[string]string) error {
	all := map[string]string{}
	for name, kind := range namespace.SearchAttributes.Value {
		all[name] = kind
	}
	for name, kind := range added {
		if all[name] != "" {
			return fmt.Errorf("%s is there", name)
		}
		all[name] = kind
	}
	namespace.SearchAttributes = observed.Is(all)
	return nil
}

func (m *machine) start(launch Launch) (observed.Identity, error) {
	if m.Observed.Lock.IsKnown() {
		return observed.Identity{}, fmt.Errorf("the lock is held")
	}
	born := &liveServer{memory: launch.DatabasePath == ""}
	if born.memory {
		born.store = m.disk.mint(true)
	} else {
		opened, err := m.disk.boot(launch, m.Now)
		if err != nil {
			return observed.Identity{}, err
		}
		born.store = opened
	}
	m.next++
	m.starts++
	m.launch = &launch
	server := m.server(m.next, 0)
	m.launch = nil
	server.Executable = launch.Executable
	m.servers[server.Identity] = born
	m.Observed.Processes.Value = append(m.Observed.Processes.Value, server)
	m.Observed.Lock = observed.Is(observed.Lock{Path: m.Desired.Files.Lock, Holder: observed.Is(server)})
	m.record(server)
	return server.Identity, nil
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

// kill ends a process, which must not be one that may still be making its
// database.
func (m *machine) kill(p observed.Process) error {
	s := m.servers[p.Identity]
	if s != nil && !s.store.whole && m.Now.Sub(p.Started) < m.spec().Health.StartupTimeout.Duration {
		return fmt.Errorf("%s is killed in its first boot", p)
	}
	m.end(p.Identity)
	return nil
}

// end removes a process with all that it holds.
func (m *machine) end(id observed.Identity) {
	m.Observed.Processes = observed.Is(slices.DeleteFunc(slices.Clone(m.Observed.Processes.Value), func(p observed.Process) bool {
		return p.Identity == id
	}))
	if s := m.servers[id]; s != nil {
		m.disk.crashed(s.store)
		delete(m.servers, id)
	}
	if lock, held := m.Observed.Lock.Get(); held && lock.Holder.Value.Identity == id {
		m.Observed.Lock = observed.None[observed.Lock]("")
	}
	for i, port := range m.Observed.Ports {
		if port.Listener.Value.Owner.Value.Identity == id {
			m.Observed.Ports[i].Listener = observed.None[observed.Listener]("")
		}
	}
}

// converges runs until the plan is done for two passes in a row, and reports
// whether that came within the limit.
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
	return func(p Plan) bool { return slices.Contains(s, p.Situation) }
}
