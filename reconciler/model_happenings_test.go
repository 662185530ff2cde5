package reconciler

import (
	"slices"
	"time"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/plan"
	"github.com/stigmer/stigmer-local/reconciler/simulation"
)

// happening is one thing that can happen.
type happening struct {
	name string
	// can reports whether it makes a difference; nil means always.
	can func(*model) bool
	do  func(*model)
}

// happenings are what the world and the adversary can do between two passes.
func happenings() []happening {
	return slices.Concat(timeHappenings(), serverHappenings(), userHappenings(), diskHappenings(), troubleHappenings())
}

func timeHappenings() []happening {
	later := func(d time.Duration) happening {
		return happening{"later " + d.String(), nil, func(m *model) { m.machine.Later(d) }}
	}
	return []happening{
		later(20 * time.Millisecond), later(100 * time.Millisecond), later(time.Second), later(11 * time.Second), later(40 * time.Second),
		{"clock set back", nil, func(m *model) { m.shiftClock(-time.Hour) }},
		{"clock set forward", nil, func(m *model) { m.shiftClock(time.Hour) }},
		{"sleep", nil, func(m *model) { m.machine.Later(8 * time.Hour); m.machine.Slept += 8 * time.Hour }},
	}
}

// shiftClock steps the wall clock. What the kernel counts, such as the age of a
// process, does not jump with it, nor do times in the memory of a daemon, which
// carry Go's monotonic reading. Those in the status file are as they were.
func (m *model) shiftClock(d time.Duration) {
	for _, daemon := range m.daemons {
		daemon.shift(d)
	}
	m.machine.Now = m.machine.Now.Add(d)
	for i := range m.machine.Processes {
		p := &m.machine.Processes[i]
		p.Started = p.Started.Add(d)
		if !p.AskedAt.IsZero() {
			p.AskedAt = p.AskedAt.Add(d)
		}
		if !p.EndsAt.IsZero() {
			p.EndsAt = p.EndsAt.Add(d)
		}
	}
}

// shift moves all times that a daemon remembers.
func (d *modelDaemon) shift(by time.Duration) {
	h := d.history
	h.Retirements = map[observed.Identity]plan.Retirement{}
	for id, r := range d.history.Retirements {
		r.Asked, r.Killed = shifted(r.Asked, by), shifted(r.Killed, by)
		h.Retirements[id] = r
	}
	for _, t := range []*time.Time{
		&h.Write.Time, &h.Write.LateAt, &h.AwakeSince, &h.ReadySince, &h.LastFailedCheck, &h.NotBefore, &h.Restore.FailedAt, &h.Restore.Begun,
		&d.thoroughAt, &d.missingSince,
	} {
		*t = shifted(*t, by)
	}
	d.history = h
}

func shifted(t time.Time, by time.Duration) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Add(by)
}

func (m *model) hasServer() bool { return m.machine.Server() != nil }

func serverHappenings() []happening {
	toServer := func(name string, do func(*model, *simulation.Process)) happening {
		return happening{name, (*model).hasServer, func(m *model) { do(m, m.machine.Server()) }}
	}
	return []happening{
		toServer("server dies", func(m *model, p *simulation.Process) { m.machine.End(p.ID) }),
		toServer("server stopped", func(_ *model, p *simulation.Process) { p.Stopped = true }),
		toServer("server continues", func(_ *model, p *simulation.Process) { p.Stopped = false }),
		toServer("server hangs", func(_ *model, p *simulation.Process) { p.Hung = true }),
		toServer("server deaf", func(_ *model, p *simulation.Process) { p.Deaf = true }),
		toServer("used", func(m *model, p *simulation.Process) { m.machine.Use(p) }),
		toServer("pid taken", func(m *model, p *simulation.Process) { m.takePID(p.ID) }),
		{"daemon dies", nil, func(m *model) { m.daemons = m.daemons[1:]; m.bootIfNone() }},
		{"second daemon", func(m *model) bool { return len(m.daemons) < 2 }, (*model).boot},
		{"stranger on the port", func(m *model) bool { return m.hasStranger() == nil }, func(m *model) { m.strangerListens() }},
		{"stranger goes", func(m *model) bool { return m.hasStranger() != nil }, func(m *model) { m.machine.End(m.hasStranger().ID) }},
	}
}

func (m *model) bootIfNone() {
	if len(m.daemons) == 0 {
		m.boot()
	}
}

// takePID lets a process end, and a stranger get its pid at once.
func (m *model) takePID(id observed.Identity) {
	m.machine.End(id)
	m.machine.Arrive(simulation.Process{Args: []string{"/usr/bin/editor"}}, id.PID)
}

func (m *model) hasStranger() *simulation.Process {
	for i := range m.machine.Processes {
		if p := &m.machine.Processes[i]; !p.Ours && len(p.Ports) > 0 {
			return p
		}
	}
	return nil
}

// strangerListens on the port of the wish, unless somebody does already.
func (m *model) strangerListens() {
	m.machine.Arrive(simulation.Process{Args: []string{"/usr/bin/python3"}, Ports: []uint16{uint16(m.wish.Spec.Port)}}, 0)
}

// edit changes the wish, in a file that can be read again.
func (m *model) edit(change func(*v1alpha1.Temporal)) {
	wish := m.wish.DeepCopy()
	change(wish)
	m.wish, m.garbage, m.missing = v1alpha1.Complete(wish, string(modelHome)), false, false
}

func userHappenings() []happening {
	edit := func(name string, change func(*model, *v1alpha1.Temporal)) happening {
		return happening{name, nil, func(m *model) { m.edit(func(t *v1alpha1.Temporal) { change(m, t) }) }}
	}
	enabled := func(yes bool) func(*model, *v1alpha1.Temporal) {
		return func(_ *model, t *v1alpha1.Temporal) { t.Spec.Enabled = &yes }
	}
	annotate := func(name, prefix string) func(*model, *v1alpha1.Temporal) {
		return func(m *model, t *v1alpha1.Temporal) {
			t.Annotations = map[string]string{name: prefix + m.machine.Now.Add(-time.Millisecond).Format(time.RFC3339Nano)}
		}
	}
	return []happening{
		edit("disable", enabled(false)), edit("enable", enabled(true)),
		edit("another port", func(_ *model, t *v1alpha1.Temporal) {
			t.Spec.Port, t.Spec.UI.Port, t.Spec.HTTPPort, t.Spec.MetricsPort = 7777, 8777, 7787, 9777
		}),
		edit("another storage", func(_ *model, t *v1alpha1.Temporal) {
			t.Spec.Storage = v1alpha1.StorageSpec{Type: v1alpha1.StorageFile, Path: "/data/other.db"}
		}),
		edit("memory", func(_ *model, t *v1alpha1.Temporal) {
			t.Spec.Storage = v1alpha1.StorageSpec{Type: v1alpha1.StorageMemory}
		}),
		edit("restart", annotate(v1alpha1.RestartedAtAnnotation, "")),
		edit("restore", annotate(v1alpha1.RestoreAnnotation, "/b/good.db@")),
		edit("give up", func(m *model, t *v1alpha1.Temporal) {
			hidden := m.machine.Disk.Stores[m.machine.Disk.Hidden[m.path()].Store].Cluster
			annotate(v1alpha1.GiveUpAnnotation, hidden+"@")(m, t)
		}),
		edit("restore of rubbish", annotate(v1alpha1.RestoreAnnotation, "/b/bad.db@")),
		{"garbage", func(m *model) bool { return !m.garbage }, func(m *model) { m.garbage, m.missing = true, false }},
		{"file removed", func(m *model) bool { return !m.missing }, func(m *model) { m.garbage, m.missing = false, true }},
	}
}

// path of the database that the wish names.
func (m *model) path() string { return m.wish.Spec.Storage.Path }

// usesDisk reports whether something keeps the disk as it is: who mounts another
// one over the files of a server hides the marker of its first boot too.
func (m *model) usesDisk() bool {
	return slices.ContainsFunc(m.machine.Processes, func(p simulation.Process) bool { return p.Path != "" })
}

// torn is why a record cannot be read of which half was written.
const torn = "unexpected end of JSON input"

func diskHappenings() []happening {
	disk := func(m *model) *simulation.Disk { return &m.machine.Disk }
	there := func(m *model) bool { return disk(m).Files[m.path()].Store != 0 }
	return []happening{
		{"database deleted", there, func(m *model) { disk(m).Delete(m.path()) }},
		{"database replaced", there, func(m *model) { disk(m).Delete(m.path()); disk(m).Put(m.path()) }},
		{"database appears", func(m *model) bool { return m.path() != "" && !there(m) }, func(m *model) { disk(m).Put(m.path()) }},
		{"backed up", there, func(m *model) { m.machine.BackUp(m.path(), "/b/good.db") }},
		{"disk full", nil, func(m *model) { disk(m).Full = !disk(m).Full }},
		{"disk read-only", nil, func(m *model) { disk(m).ReadOnly = !disk(m).ReadOnly }},
		{"disk taken away, or put back", func(m *model) bool { return !m.usesDisk() }, func(m *model) { disk(m).ToggleMount() }},
		{"database overwritten", there, func(m *model) { disk(m).Overwrite(m.path()) }},
		{"database's record torn", func(m *model) bool { return disk(m).Files[m.path()].Meta.IsKnown() }, func(m *model) {
			disk(m).Change(m.path(), func(f *simulation.File) { f.Meta = observed.Unsure[observed.Meta](torn) })
		}},
		{"copy's record torn", func(m *model) bool { return disk(m).Files[m.path()].Staged.IsKnown() }, func(m *model) {
			disk(m).Change(m.path(), func(f *simulation.File) { f.Staged = observed.Unsure[observed.Meta](torn) })
		}},
		{"another build", nil, func(m *model) { m.machine.Build = "temporal-server 1.31.2" }},
	}
}

func troubleHappenings() []happening {
	return []happening{
		{"blind", nil, func(m *model) { m.machine.Blind = !m.machine.Blind }},
		{"descriptors hidden", nil, func(m *model) { m.machine.Hidden = !m.machine.Hidden }},
		{"processes opaque", nil, func(m *model) { m.machine.Opaque = !m.machine.Opaque }},
		{"writes late", nil, func(m *model) { m.machine.Late = !m.machine.Late }},
		{"deaf daemon", nil, func(m *model) { m.deaf = !m.deaf }},
		{"status unwritable", nil, func(m *model) { m.unwritable = !m.unwritable }},
		{"status lost", func(m *model) bool { return m.status != nil }, func(m *model) { m.status = nil }},
		{"status torn", func(m *model) bool { return m.status != nil }, func(m *model) { m.status, m.torn = nil, true }},
		{"lock file deleted", nil, func(m *model) { m.machine.LockFile++ }},
		{"record lost", nil, func(m *model) { m.machine.Record = observed.None[observed.Record]("") }},
		{"record torn", func(m *model) bool { return m.machine.Record.IsKnown() }, func(m *model) {
			m.machine.Record = observed.Is(observed.Record{Format: observed.RecordCorrupt})
		}},
		{"record forged", nil, (*model).forgeRecord},
	}
}

// forgeRecord makes the record name a stranger that runs.
func (m *model) forgeRecord() {
	id := m.machine.Arrive(simulation.Process{Args: []string{"/usr/bin/editor"}}, 0)
	m.machine.Record = observed.Is(observed.Record{Format: observed.RecordCurrent, PID: id.PID, Command: "temporal", Started: m.machine.Now})
}
