package reconciler

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer"
	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/actuator"
	"github.com/stigmer/stigmer-local/reconciler/events"
	"github.com/stigmer/stigmer-local/reconciler/plan"
	"github.com/stigmer/stigmer-local/reconciler/simulation"
)

// modelHome is a folder that nobody opens.
const modelHome Home = "/home/ada/.stigmer"

const modelBuild = "temporal-server 1.29.1"

// model is a simulated machine, the files of an instance on it, and the
// daemons that reconcile it: one, or two when somebody broke their lock.
type model struct {
	machine *simulation.Machine
	// wish is what the desired file says; garbage and missing files say nothing.
	wish             *v1alpha1.Temporal
	garbage, missing bool
	// status is what the status file says; unwritable keeps it as it is. One of
	// which half was written is torn and says nothing.
	status           *v1alpha1.Temporal
	unwritable, torn bool
	// deaf daemons hear of no exit.
	deaf    bool
	daemons []*modelDaemon
	// faults are untrue words; what the machine calls harm comes first.
	faults []string
}

// modelDaemon is one daemon: the loop of the instance as it is, and what it
// remembers of the files.
type modelDaemon struct {
	*instance
	model *model
	// object is the last good desired object, missingSince when its file was
	// first missed.
	object       *v1alpha1.Temporal
	missingSince time.Time
	// ready says whether a server was truly well when this daemon last looked.
	ready bool
	// known are the processes whose end is to be heard of.
	known []observed.Identity
}

func newModel() *model {
	m := &model{machine: simulation.New(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), modelBuild)}
	m.wish = v1alpha1.Complete(v1alpha1.New("temporal"), string(modelHome))
	m.wish.Generation = 0
	m.machine.Disk.Backups["/b/good.db"] = 0
	m.boot()
	return m
}

// boot starts a daemon, which knows what the status file says.
func (m *model) boot() {
	d := &modelDaemon{model: m, object: modelHome.lastGood("temporal", m.status)}
	d.begin()
	m.daemons = append(m.daemons, d)
}

// begin gives the daemon a loop for the instance, which knows what is kept.
func (d *modelDaemon) begin() {
	d.instance = &instance{name: "temporal", log: logr.Discard(), lookAt: Options{Home: modelHome}.lookAt}
	d.surroundings = surroundings{eyes: d, hands: modelHands{d.model.machine, d}, wishes: d, accounts: d, journal: d, clock: d}
	d.resume(d.model.status, d.model.torn, d.object)
}

// forget does what Reconciler.forget does; the next pass is that of an instance
// that was discovered anew.
func (d *modelDaemon) forget() error {
	err := d.remove()
	d.object, d.missingSince, d.known = nil, time.Time{}, nil
	d.begin()
	return err
}

// clone returns a model that goes its own way.
func (m *model) clone() *model {
	twin := *m
	twin.machine = m.machine.Clone()
	twin.faults = slices.Clone(m.faults)
	twin.daemons = nil
	for _, d := range m.daemons {
		twin.daemons = append(twin.daemons, d.clone(&twin))
	}
	return &twin
}

// clone copies what the loop remembers. All of it is values that are replaced,
// never changed in place.
func (d *modelDaemon) clone(m *model) *modelDaemon {
	twin := &modelDaemon{model: m, object: d.object, missingSince: d.missingSince, ready: d.ready, known: d.known}
	i := d.instance
	twin.instance = &instance{
		name: i.name, log: i.log, lookAt: i.lookAt, chronicle: i.chronicle, history: i.history, status: i.status, lost: i.lost,
		situation: i.situation, problem: i.problem, failure: i.failure, unwritten: i.unwritten,
		hints: i.hints, thoroughAt: i.thoroughAt, proven: i.proven, exits: slices.Clone(i.exits), done: slices.Clone(i.done),
	}
	twin.surroundings = surroundings{eyes: twin, hands: modelHands{m.machine, twin}, wishes: twin, accounts: twin, journal: twin, clock: twin}
	return twin
}

// modelHands act on the machine, and tell the loop of what the real ones do
// beside it.
type modelHands struct {
	*simulation.Machine
	daemon *modelDaemon
}

func (h modelHands) Do(ctx context.Context, a plan.Action) actuator.Outcome {
	if fault := h.daemon.needless(a); fault != "" {
		h.daemon.model.faults = append(h.daemon.model.faults, fault)
	}
	out := h.Machine.Do(ctx, a)
	if a.Verb == plan.StageBackup && out.Err == nil {
		h.daemon.done = append(h.daemon.done, ended{a, nil})
	}
	return out
}

// needless says why a server should not be asked to end: it does what is wanted,
// or nobody asked for its end. It is empty when it should.
func (d *modelDaemon) needless(a plan.Action) string {
	if a.Verb != plan.Terminate {
		return ""
	}
	switch plan.Situation(a.Reason) {
	case plan.Frozen, plan.Unresponsive, plan.StartTimedOut:
		return unless(d.truth() != "", fmt.Sprintf("pid %d, which serves, was ended (%s)", a.Target.PID, a.Reason))
	case plan.Stopping:
		removed := !d.missingSince.IsZero() && d.Now().Sub(d.missingSince) >= removalSettle
		return unless(removed || d.object == nil || !d.object.Spec.IsEnabled(), fmt.Sprintf("pid %d was ended, and its instance is wanted", a.Target.PID))
	}
	return ""
}

// ignored says which wish of the object in force was not carried out; empty for
// none.
func (d *modelDaemon) ignored() string {
	wish, server := d.object.Annotations, d.model.machine.Server()
	asked := wish[v1alpha1.RestartedAtAnnotation]
	if at, err := time.Parse(time.RFC3339Nano, asked); err == nil && !at.After(d.Now()) &&
		!server.Started.After(at) && server.Launch.RestartedAt != asked {
		return "the restart that was asked for was not made"
	}
	restore := wish[v1alpha1.RestoreAnnotation]
	kept := d.model.machine.Disk.At(d.object.Spec.Storage.Path).Meta.Value.Restored
	if restore != "" && d.object.Spec.Storage.Type == v1alpha1.StorageFile && kept != restore &&
		!(d.history.Restore.Value == restore && d.history.Restore.Done) {
		return "the restore that was asked for was not made"
	}
	return ""
}

// inTheWay reports whether a stranger has a port that is wanted.
func (d *modelDaemon) inTheWay() bool {
	spec := d.object.Spec
	wanted := []uint16{uint16(spec.Port), uint16(spec.UI.Port), uint16(spec.HTTPPort), uint16(spec.MetricsPort)}
	return slices.ContainsFunc(d.model.machine.Processes, func(p simulation.Process) bool {
		return !p.Ours && slices.ContainsFunc(p.Ports, func(port uint16) bool { return slices.Contains(wanted, port) })
	})
}

// died is how a daemon ends in the middle of an effect.
type died struct{}

// run lets a daemon do one pass. It returns when the next one is due, and false
// when the daemon died of what came between.
func (m *model) run(d *modelDaemon) (after time.Duration, alive bool) {
	defer func() {
		if r := recover(); r != nil {
			if _, ours := r.(died); !ours {
				panic(r)
			}
			alive = false
		}
	}()
	d.hear()
	after, over, err := d.pass(context.Background())
	if over {
		err = d.forget()
	}
	if err != nil {
		after = retryFirst
	}
	return after, true
}

// hear takes the ends of processes that are gone into the loop's own queue.
func (d *modelDaemon) hear() {
	d.known = slices.DeleteFunc(slices.Clone(d.known), func(id observed.Identity) bool {
		gone := d.model.machine.Find(id) == nil
		if gone && !d.model.deaf {
			d.exits = append(d.exits, plan.Exit{Identity: id, Signal: "killed", Time: d.model.machine.Now})
		}
		return gone && !d.model.deaf
	})
	for _, p := range d.model.machine.Processes {
		if p.Ours && !slices.Contains(d.known, p.ID) {
			d.known = append(d.known, p.ID)
		}
	}
}

// Observe is the daemon's look; what is true then is kept.
func (d *modelDaemon) Observe(ctx context.Context, t observer.Target) observed.State {
	d.ready = d.truth() == ""
	return d.model.machine.Observe(ctx, t)
}

// Now and Since make the daemon the clock of its loop.
func (d *modelDaemon) Now() time.Time { return d.model.machine.Now }

func (d *modelDaemon) Since(t time.Time) time.Duration { return d.Now().Sub(t) }

// read does what source.read does, without files.
func (d *modelDaemon) read(now time.Time) (plan.Desired, string) {
	m, problem := d.model, ""
	switch {
	case m.garbage:
		d.missingSince, problem = time.Time{}, "temporal.yaml: line 3: it is garbage"
	case m.missing && d.missingSince.IsZero():
		d.missingSince = now
	case m.missing:
	default:
		d.missingSince = time.Time{}
		d.adopt(m.wish)
	}
	missing := !d.missingSince.IsZero()
	settled := missing && now.Sub(d.missingSince) >= removalSettle
	if settled && d.object == nil {
		d.object = (&source{name: "temporal", home: modelHome}).unknown()
	}
	return plan.Desired{
		Object: d.object, Missing: missing, Removed: settled,
		Files: modelHome.Files("temporal"),
	}, problem
}

func (d *modelDaemon) adopt(wish *v1alpha1.Temporal) {
	if d.object != nil && sameDesire(d.object, wish) {
		return
	}
	object := wish.DeepCopy()
	object.Generation = 1
	if d.object != nil {
		object.Generation = d.object.Generation + 1
	}
	d.object = object
}

func (d *modelDaemon) settling(now time.Time) time.Duration {
	if d.missingSince.IsZero() {
		return 0
	}
	return max(0, removalSettle-now.Sub(d.missingSince))
}

// write keeps the status, and judges whether it is true.
func (d *modelDaemon) write(object *v1alpha1.Temporal) error {
	m := d.model
	if meta.IsStatusConditionTrue(object.Status.Conditions, v1alpha1.ConditionReady) && !d.ready {
		m.faults = append(m.faults, fmt.Sprintf("the status said Ready (%s), and %s", object.Status.Situation, d.truth()))
	}
	if m.unwritable {
		return errUnwritable
	}
	m.status, m.torn = object, false
	return nil
}

var errUnwritable = fmt.Errorf("cannot write the status: read-only file system")

func (d *modelDaemon) remove() error {
	d.model.status = nil
	return nil
}

// Record, Flush and Close make the daemon a journal that nobody reads.
func (d *modelDaemon) Record(events.Event, time.Time) error { return nil }

func (d *modelDaemon) Flush(time.Time) error { return nil }

func (d *modelDaemon) Close(time.Time) error { return nil }

// truth says why no server is Ready, judged from the machine and the wish that
// is in force for this daemon; empty when one is.
func (d *modelDaemon) truth() string {
	m, wish := d.model, d.object
	if wish == nil {
		return "nothing is wanted"
	}
	port := uint16(wish.Spec.Port)
	for _, p := range m.machine.Processes {
		if !p.Ours || !slices.Contains(p.Ports, port) || !m.machine.Serves(p) {
			continue
		}
		file := m.machine.Disk.Files[wish.Spec.Storage.Path]
		switch {
		case wish.Spec.Storage.Path != p.Path:
			return "the server has another storage"
		case p.Path == "":
			return ""
		case p.Store != file.Store:
			return "the server does not have the file at the path"
		case !m.machine.Disk.Stores[p.Store].Whole:
			return "its database lacks tables"
		case m.machine.Disk.Full || m.machine.Disk.ReadOnly:
			return "it cannot write"
		}
		return ""
	}
	return "no server serves on the port"
}

// fault returns what must never be and is; empty for nothing.
func (m *model) fault() string {
	if len(m.machine.Harms) > 0 {
		return m.machine.Harms[0]
	}
	if len(m.faults) > 0 {
		return m.faults[0]
	}
	if lost := m.machine.Lost(); len(lost) > 0 {
		return fmt.Sprintf("database %d, which was used, is nowhere any more", lost[0])
	}
	return ""
}
