package simulation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/actuator"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// errIO is how an effect fails that the adversary lets fail.
var errIO = errors.New("input/output error")

// Do carries out an action as an actuator.Actuator does: it looks again before
// it touches anything. Between any two of its steps anything may happen.
func (m *Machine) Do(_ context.Context, a plan.Action) actuator.Outcome {
	out := actuator.Outcome{Action: a}
	if err := m.Between("before " + string(a.Verb)); err != nil {
		out.Err = err
		return out
	}
	switch a.Verb {
	case plan.Start:
		out.Started, out.Warning, out.Err = m.start(a.Launch)
	case plan.Terminate:
		out.Gone, out.Err = m.signal(a, "SIGTERM")
	case plan.Kill:
		out.Gone, out.Err = m.signal(a, "SIGKILL")
	case plan.WriteRecord:
		m.record(a.Target.Identity)
	case plan.RemoveRecord:
		m.Record = observed.None[observed.Record]("there is none")
	default:
		out.Err = m.workOn(a)
	}
	if out.Err == nil {
		// What fails now is only the next effect.
		_ = m.Between("after " + string(a.Verb))
	}
	return out
}

// Watch wakes nobody: time goes on as the adversary likes.
func (m *Machine) Watch(id observed.Identity) error {
	if m.Find(id) == nil {
		return &actuator.GoneError{Identity: id}
	}
	return nil
}

// Close has nothing to let go of.
func (m *Machine) Close() error { return nil }

func (m *Machine) record(id observed.Identity) {
	started := m.Now
	if p := m.Find(id); p != nil {
		started = p.Started
	}
	m.Record = observed.Is(observed.Record{Format: observed.RecordCurrent, PID: id.PID, Command: "temporal", Started: started})
}

// signal reaches the process that has the identity at this moment, or nobody.
func (m *Machine) signal(a plan.Action, name string) (gone bool, err error) {
	p := m.Find(a.Target.Identity)
	if p == nil {
		for _, other := range m.Processes {
			if other.ID.PID == a.Target.PID {
				return false, &actuator.IdentityChangedError{Want: a.Target.Identity, Got: other.ID}
			}
		}
		return true, nil
	}
	if !p.Ours {
		m.harm("%s was sent to pid %d, which is a stranger's", name, p.ID.PID)
	}
	if name == "SIGKILL" {
		m.judgeKill(p)
		m.End(p.ID)
		return false, nil
	}
	m.judgeEnd(p, plan.Situation(a.Reason))
	if p.AskedAt.IsZero() {
		p.AskedAt = m.Now
	}
	// SIGCONT follows a SIGTERM, so that a stopped process can obey.
	p.Stopped = false
	if !p.Deaf && p.EndsAt.IsZero() {
		p.EndsAt = m.Now.Add(drains)
	}
	return false, nil
}

// judgeEnd: a server that alone has what somebody uses is ended for no reason but
// that the user asked for it by name.
func (m *Machine) judgeEnd(p *Process, reason plan.Situation) {
	switch reason {
	case plan.Stopping, plan.RestartRequested, plan.RestoreRequested:
		return
	}
	if m.Disk.Stores[p.Store].Used && m.Disk.At(p.Path).Store != p.Store {
		m.harm("pid %d, which alone has what is used, was ended (%s)", p.ID.PID, reason)
	}
}

// startupTimeout is that of the spec: a first boot that takes longer may be killed.
const startupTimeout = 30

// judgeKill: a SIGKILL in the first boot poisons the file, and a server that was
// asked to end has its time to do so.
func (m *Machine) judgeKill(p *Process) {
	if p.AskedAt.IsZero() || m.Now.Sub(p.AskedAt) < v1alpha1.DefaultTerminationGracePeriod {
		m.harm("pid %d was killed before the grace period was over", p.ID.PID)
	}
	store := m.Disk.Stores[p.Store]
	booting := p.FirstBoot && (p.Store == 0 || !store.Whole && !store.Rubbish)
	if booting && m.Now.Sub(p.Started).Seconds() < startupTimeout {
		m.harm("pid %d was killed in its first boot", p.ID.PID)
	}
}

// start has the steps of a real start, in their order.
func (m *Machine) start(l plan.Launch) (id observed.Identity, warning, err error) {
	if err := m.lockBoth(l.LockPath, l.DatabasePath); err != nil {
		return id, nil, err
	}
	lock := m.LockFile
	defer m.unlock(lock, l.DatabasePath)
	if l.DatabasePath != "" {
		if err := m.beginFirstBoot(l); err != nil {
			return id, nil, err
		}
	}
	if err := m.Between("the first boot is marked"); err != nil {
		if l.FirstBoot {
			m.Disk.Change(l.DatabasePath, func(f *File) { f.Marker = false })
		}
		return id, nil, err
	}
	id = m.spawn(m.born(l, lock), 0)
	m.judgeStart(id)
	if err := m.Between("the server is started"); err != nil {
		return id, err, nil // its record was not written
	}
	m.record(id)
	return id, nil, nil
}

// born is the process that a launch starts.
func (m *Machine) born(l plan.Launch, lock int) Process {
	p := Process{
		Ours: true, Args: append([]string{l.Executable}, l.Args...), Lock: lock, Path: l.DatabasePath, FirstBoot: l.FirstBoot,
		Launch: observed.Launch{
			Digest:      variable(l.Env, observed.LaunchVariable),
			Spec:        variable(l.Env, observed.SpecVariable),
			RestartedAt: variable(l.Env, observed.RestartedAtVariable),
			Build:       variable(l.Env, observed.BuildVariable),
		},
	}
	for _, flag := range []string{"--port", "--http-port", "--metrics-port", "--ui-port"} {
		if port, err := strconv.ParseUint(value(l.Args, flag), 10, 16); err == nil {
			p.Ports = append(p.Ports, uint16(port))
		}
	}
	return p
}

// judgeStart: two servers for one name, or one on what is no database.
func (m *Machine) judgeStart(id observed.Identity) {
	if f := m.Disk.At(m.Find(id).Path); m.Disk.Stores[f.Store].Rubbish {
		m.harm("pid %d was started on a file that is no database", id.PID)
	}
	for _, p := range m.Processes {
		if p.Ours && p.ID != id {
			m.harm("pid %d was started beside pid %d", id.PID, p.ID.PID)
		}
	}
}

// beginFirstBoot looks again at the database, and marks a first boot.
func (m *Machine) beginFirstBoot(l plan.Launch) error {
	f := m.Disk.At(l.DatabasePath)
	found := ""
	switch {
	case l.FirstBoot && f.Store != 0:
		found = "there is one"
	case l.FirstBoot && f.Journal:
		found = "it is gone and left a journal"
	case !l.FirstBoot && f.Store == 0:
		found = "there is none"
	case !l.FirstBoot && f.Marker:
		found = "its first boot did not come to its end"
	}
	if found != "" {
		return &actuator.DatabaseChangedError{Path: l.DatabasePath, Found: found}
	}
	if !l.FirstBoot {
		return nil
	}
	if meta, there := f.Meta.Get(); there {
		m.Disk.Change(l.DatabasePath, func(f *File) { f.Meta = observed.Is(observed.Meta{Restored: meta.Restored}) })
	}
	if err := m.Between("the record is forgotten"); err != nil {
		return err
	}
	m.Disk.Change(l.DatabasePath, func(f *File) { f.Marker = true })
	return nil
}

// workOn carries out one action on a database.
func (m *Machine) workOn(a plan.Action) error {
	w := a.Database
	switch a.Verb {
	case plan.StageBackup:
		return m.stage(w)
	case plan.DiscardBackup:
		return m.discard(w)
	}
	if a.Verb != plan.Seal || w.AtRest {
		lock := m.LockFile
		if err := m.lockBoth(w.LockPath, w.Path); err != nil {
			return err
		}
		defer m.unlock(lock, w.Path)
	}
	switch a.Verb {
	case plan.Seal:
		return m.seal(w)
	case plan.Quarantine:
		return m.quarantine(w)
	case plan.RestoreBackup:
		return m.replace(w)
	case plan.Backup:
		return m.backUp(w)
	}
	return fmt.Errorf("cannot do %s", a.Verb)
}

// lockBoth takes the instance's lock and that of the database; an empty path
// needs none. A daemon that dies lets go of both.
func (m *Machine) lockBoth(lockPath, path string) error {
	if m.holder() != nil || m.Locked[m.LockFile] {
		return &actuator.LockHeldError{Path: lockPath}
	}
	if path != "" {
		used := slices.ContainsFunc(m.Processes, func(p Process) bool { return p.Path == path && p.Ours })
		if used || m.Locked[path] {
			return &actuator.LockHeldError{Path: path + ".stigmer-lock"}
		}
		m.Locked[path] = true
	}
	m.Locked[m.LockFile] = true
	return nil
}

func (m *Machine) unlock(lock int, path string) {
	delete(m.Locked, lock)
	delete(m.Locked, path)
}
