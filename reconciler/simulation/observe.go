package simulation

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"github.com/stigmer/stigmer-local/observer"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// Observe is what an observer.Observer would say of the machine.
func (m *Machine) Observe(_ context.Context, t observer.Target) observed.State {
	s := observed.State{
		Time: m.Now, Slept: m.Slept, Record: m.Record,
		Processes:  m.processes(t),
		Lock:       m.lock(t),
		Executable: observed.Is(observed.Executable{Path: "/opt/temporal", Source: "PATH", Build: m.Build}),
		EnvFile:    observed.None[string]("nobody puts one there"),
		Database:   m.database(t),
		Restore:    m.restore(t),
		Health:     observed.Unsure[observed.Health]("nothing of ours listens"),
		External:   observed.None[observed.External]("it does not look like Temporal"),
	}
	for _, port := range t.Ports {
		s.Ports = append(s.Ports, m.port(t, port))
	}
	m.answer(&s, t)
	return s
}

const (
	unreadable = "too many open files"
	opaque     = "its descriptors cannot be read"
)

func (m *Machine) processes(t observer.Target) observed.Fact[[]observed.Process] {
	if m.Blind {
		return observed.Unsure[[]observed.Process](unreadable)
	}
	list := []observed.Process{}
	for _, p := range m.Processes {
		seen := m.seen(t, p)
		e := seen.Evidence
		if slices.Contains([]observed.Knowledge{e.HoldsLock, e.CarriesMark, e.MatchesRecord, e.NamesDatabase, e.OpensDatabase}, observed.Known) {
			list = append(list, seen)
		}
	}
	return observed.Is(list)
}

func known(yes bool) observed.Knowledge {
	if yes {
		return observed.Known
	}
	return observed.Absent
}

// seen is a process with what ties it to the instance.
func (m *Machine) seen(t observer.Target, p Process) observed.Process {
	marked := p.Launch != observed.Launch{}
	record := m.Record.Value
	seen := observed.Process{
		Identity: p.ID, Started: p.Started, Args: p.Args, Executable: p.Args[0], State: observed.StateRunning,
		ParentPID: 1, ProcessGroup: p.ID.PID, Session: p.ID.PID, User: "ada",
		Launch:    observed.None[observed.Launch]("the process does not carry the mark"),
		StartedOn: observed.None[observed.StartedOn]("it is the instance's, or none"),
		Evidence: observed.Evidence{
			HoldsLock: known(p.Lock != 0 && p.Lock == m.LockFile), CarriesMark: known(marked),
			MatchesRecord: known(m.Record.IsKnown() && record.PID == p.ID.PID && record.Format == observed.RecordCurrent && p.Started.Sub(record.Started).Abs().Seconds() <= 1),
			NamesDatabase: known(p.Path != "" && p.Path == t.DatabasePath),
			OpensDatabase: known(p.Store != 0 && p.Store == m.Disk.At(t.DatabasePath).Store),
			OpensAnother:  known(p.Store != 0 && p.Path != "" && p.Store != m.Disk.At(p.Path).Store),
		},
	}
	if p.Stopped {
		seen.State = observed.StateStopped
	}
	if marked {
		seen.Launch = observed.Is(p.Launch)
	}
	if marked && p.Path != "" && p.Path != t.DatabasePath {
		f := m.Disk.At(p.Path)
		seen.StartedOn = observed.Is(observed.StartedOn{
			Path: p.Path, Exists: known(f.Store != 0), Opens: known(f.Store != 0 && f.Store == p.Store), FirstBoot: known(f.Marker),
		})
	}
	if m.Hidden || m.Opaque {
		m.hide(t, p, &seen)
	}
	return seen
}

// hide takes away which database files a process has open. Nobody has one open
// that is not there, which is told without its descriptors.
func (m *Machine) hide(t observer.Target, p Process, seen *observed.Process) {
	if m.Disk.At(t.DatabasePath).Store != 0 {
		seen.Evidence.OpensDatabase = observed.Unknown
	}
	if p.Path != "" {
		seen.Evidence.OpensAnother = observed.Unknown
	}
	if seen.StartedOn.Value.Exists == observed.Known {
		seen.StartedOn.Value.Opens = observed.Unknown
	}
	if m.Opaque && m.holder() != nil {
		// Nobody holds a free lock.
		seen.Evidence.HoldsLock = observed.Unknown
	}
}

// holder returns the process that holds the lock file at the path; nil for none.
func (m *Machine) holder() *Process {
	for i := range m.Processes {
		if m.Processes[i].Lock == m.LockFile {
			return &m.Processes[i]
		}
	}
	return nil
}

func (m *Machine) lock(t observer.Target) observed.Fact[observed.Lock] {
	holder := m.holder()
	switch {
	case m.Blind:
		return observed.Unsure[observed.Lock](unreadable)
	case holder != nil && m.Opaque:
		return observed.Is(observed.Lock{Path: t.LockPath, Holder: observed.Unsure[observed.Process](opaque)})
	case holder == nil && m.Locked[m.LockFile]:
		return observed.Is(observed.Lock{Path: t.LockPath, Holder: observed.Unsure[observed.Process]("it is another daemon")})
	case holder == nil:
		return observed.None[observed.Lock]("nobody holds it")
	}
	return observed.Is(observed.Lock{Path: t.LockPath, Holder: observed.Is(m.seen(t, *holder))})
}

func (m *Machine) port(t observer.Target, want observer.PortTarget) observed.Port {
	port := observed.Port{
		Name: want.Name, Address: netip.AddrPortFrom(t.IP, want.Port),
		Listener: observed.None[observed.Listener]("nobody listens"),
		Shadow:   observed.None[observed.Listener]("nobody listens"),
	}
	if owner := m.listener(want.Port); owner != nil {
		who := observed.Is(m.seen(t, *owner))
		if m.Opaque {
			who = observed.Unsure[observed.Process](opaque)
		}
		port.Listener = observed.Is(observed.Listener{Address: port.Address, User: "ada", Owner: who})
	}
	return port
}

func (m *Machine) database(t observer.Target) observed.Database {
	if t.DatabasePath == "" {
		return observed.Database{}
	}
	f := m.Disk.At(t.DatabasePath)
	db := observed.Database{
		Path: t.DatabasePath, File: observed.None[observed.File]("there is no " + t.DatabasePath),
		Mount: observed.Is(m.Disk.mount()),
		Free:  observed.Is[uint64](1 << 30), Writable: observed.Is(true),
		FirstBoot: observed.None[observed.FirstBoot](""), Meta: f.Meta, Staged: f.Staged,
		SecondName: observed.None[string]("it has one name"),
		SQLite:     observed.None[bool](""), Expected: observed.Unsure[[]string]("there is nothing to compare"),
	}
	if f.Store != 0 {
		db.File = observed.Is(observed.File{Device: 1, Inode: uint64(f.Store), Size: 4096})
		db.Written = m.Now
		db.SQLite = observed.Is(!m.Disk.Stores[f.Store].Rubbish)
	}
	if f.Copy == 0 && f.Staged.Value.Replaces == "" {
		db.Staged = observed.None[observed.Meta]("no backup lies ready")
	}
	if f.Marker {
		db.FirstBoot = observed.Is(observed.FirstBoot{Build: m.Build})
	}
	if f.Journal {
		db.Companions = []string{t.DatabasePath + "-journal"}
	}
	if m.Disk.Full {
		db.Free = observed.Is[uint64](1 << 20)
	}
	if m.Disk.ReadOnly {
		db.Writable = observed.Fact[bool]{Knowledge: observed.Known, Reason: "the file system is read-only"}
	}
	return db
}

func (m *Machine) restore(t observer.Target) observed.Fact[observed.File] {
	_, there := m.Disk.Backups[t.RestorePath]
	switch {
	case t.RestorePath == "":
		return observed.Unsure[observed.File]("no backup was asked about")
	case !there:
		return observed.None[observed.File]("there is no " + t.RestorePath)
	}
	return observed.Is(observed.File{Size: 4096})
}

// answer lets the server on the port of the frontend say what it is asked.
func (m *Machine) answer(s *observed.State, t observer.Target) {
	frontend := slices.IndexFunc(t.Ports, func(p observer.PortTarget) bool { return p.Name == observed.Frontend })
	p := m.listener(t.Ports[frontend].Port)
	switch {
	case p == nil || p.Launch == (observed.Launch{}) || m.Blind || m.Opaque:
	case !m.Serves(*p):
		s.Health = observed.Is(observed.Health{Status: observed.HealthTimeout, Message: "no answer within 1s"})
	default:
		s.Health = observed.Is(observed.Health{Status: observed.HealthServing})
		s.Server = m.server(*p, t)
	}
}

// server is what a server that serves says of itself.
func (m *Machine) server(p Process, t observer.Target) observed.Server {
	good := observed.Is(observed.Check{})
	said := observed.Server{
		Cluster: observed.Is(observed.Cluster{ID: "memory", Version: "1.29.1"}),
		Store:   good, Visibility: good, UI: good, Write: observed.Unsure[observed.Check]("not asked in this look"),
	}
	store, onFile := m.Disk.Stores[p.Store]
	if onFile {
		said.Cluster.Value.ID = store.Cluster
	}
	if onFile && !store.Whole {
		said.Visibility = observed.Is(observed.Check{Problem: "no such table: executions_visibility"})
	}
	switch {
	case t.CheckWrite && m.Late:
		said.WriteLate, said.Write = true, observed.Unsure[observed.Check]("a write has had no answer within 1s yet")
	case t.CheckWrite:
		said.Write = observed.Is(observed.Check{Problem: m.writeProblem(p)})
	}
	return said
}

func (m *Machine) writeProblem(p Process) string {
	switch {
	case p.Store == 0:
		return ""
	case m.Disk.At(p.Path).Store != p.Store:
		return "attempt to write a readonly database"
	case m.Disk.ReadOnly:
		return "attempt to write a readonly database"
	case m.Disk.Full:
		return "database or disk is full"
	}
	return ""
}

// value returns what follows the flag on a command line; empty for nothing.
func value(args []string, flag string) string {
	if i := slices.Index(args, flag); i >= 0 && i+1 < len(args) {
		return args[i+1]
	}
	return ""
}

// variable returns the value of an environment variable; empty for none.
func variable(env []string, name string) string {
	for _, v := range env {
		if value, found := strings.CutPrefix(v, name+"="); found {
			return value
		}
	}
	return ""
}
