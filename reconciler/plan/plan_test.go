package plan

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// base is a world in which all is well; each test changes one thing in it.
type base struct {
	Input
	// launch is what servers were started with; nil means that it is
	// computed from the desired state each time.
	launch *Launch
}

const boot = "boot-1"

func testTime() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

// healthy returns a wanted instance that serves, as a daemon sees it that has
// watched it for a while.
func healthy() base {
	b := base{Input: Input{Desired: testDesired(), Now: testTime()}}
	b.Observed = observed.State{
		Time:       b.Now,
		Health:     observed.Is(observed.Health{Status: observed.HealthServing}),
		Executable: observed.Is(testExecutable()),
		EnvFile:    observed.None[string]("there is none"),
		Database:   testDatabase(b),
		Server:     testServer(),
		Record:     observed.Is(observed.Record{Format: observed.RecordCurrent, PID: 100, Command: "temporal"}),
	}
	server := b.server(100, 10*time.Minute)
	b.Observed.Processes = observed.Is([]observed.Process{server})
	b.Observed.Lock = observed.Is(observed.Lock{Path: b.Desired.Files.Lock, Holder: observed.Is(server)})
	for _, p := range []struct {
		name   observed.PortName
		number int32
	}{{observed.Frontend, 7233}, {observed.HTTP, 7243}, {observed.Metrics, 9233}, {observed.UI, 8233}} {
		b.Observed.Ports = append(b.Observed.Ports, observed.Port{
			Name: p.name, Address: address(p.number), Listener: listening(server), Shadow: observed.None[observed.Listener](""),
		})
	}
	b.History = History{
		Generation: 1, Main: server.Identity, Served: true, ReadySince: b.Now.Add(-9 * time.Minute),
		StoreRead: true, Write: WriteCheck{Time: b.Now.Add(-time.Second)},
	}
	return b
}

// remembers has the database have served on the file system that was mounted there.
func (b *base) remembers(mount string) {
	b.History.Databases = []KnownDatabase{{Path: b.Observed.Database.Path, Mount: observed.Mount{Point: mount}, ClusterID: "cluster-1"}}
}

const build = "temporal-server 1.29.1"

func testExecutable() observed.Executable {
	return observed.Executable{Path: "/opt/temporal", Source: "PATH", Build: build}
}

func testDatabase(b base) observed.Database {
	return observed.Database{
		Path: b.spec().Storage.Path, File: observed.Is(observed.File{Device: 1, Inode: 2, Size: 400_000}),
		Mount: observed.Is(observed.Mount{Point: "/"}),
		Free:  observed.Is[uint64](1 << 30), Writable: observed.Is(true),
		FirstBoot:  observed.None[observed.FirstBoot](""),
		Meta:       observed.Is(observed.Meta{ClusterID: "cluster-1", CreatedBy: build, LastServedBy: build}),
		SecondName: observed.None[string](""),
		Expected:   observed.None[[]string](""),
		Staged:     observed.None[observed.Meta](""),
	}
}

func testServer() observed.Server {
	good := observed.Is(observed.Check{})
	return observed.Server{
		Cluster: observed.Is(observed.Cluster{ID: "cluster-1", Version: "1.29.1"}),
		Store:   good, Visibility: good, UI: good,
	}
}

func testDesired() Desired {
	written := &v1alpha1.Temporal{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.APIVersion, Kind: v1alpha1.Kind},
		ObjectMeta: metav1.ObjectMeta{Name: "temporal", Generation: 1},
	}
	return Desired{
		Object: v1alpha1.Complete(written, "/home/ada/.stigmer"),
		Files: Files{
			Mark: "/home/ada/.stigmer/temporal", Lock: "/home/ada/.stigmer/temporal.lock",
			Record: "/home/ada/.stigmer/temporal.pid", Log: "/home/ada/.stigmer/logs/temporal.log",
			NoEnvFile: "/home/ada/.stigmer/temporal.no-env-file", DataDir: "/home/ada/.stigmer/temporal-data",
		},
	}
}

func address(port int32) netip.AddrPort {
	return netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(port))
}

func listening(owner observed.Process) observed.Fact[observed.Listener] {
	return observed.Is(observed.Listener{User: "ada", Owner: observed.Is(owner)})
}

// server returns a server of ours, started from the desired state as it is.
func (b base) server(pid int, age time.Duration) observed.Process {
	launch := b.launch
	if launch == nil {
		fresh := LaunchFor(b.Desired, testExecutable())
		launch = &fresh
	}
	p := stranger(pid, "/opt/temporal", launch.Args...)
	p.Started = b.Now.Add(-age)
	p.Launch = observed.Is(observed.Launch{
		Digest:      variable(launch.Env, observed.LaunchVariable),
		Spec:        variable(launch.Env, observed.SpecVariable),
		RestartedAt: variable(launch.Env, observed.RestartedAtVariable),
		Build:       variable(launch.Env, observed.BuildVariable),
	})
	p.Evidence = observed.Evidence{
		HoldsLock: observed.Known, CarriesMark: observed.Known,
		MatchesRecord: observed.Known, NamesDatabase: observed.Known, OpensDatabase: observed.Known,
		OpensAnother: observed.Absent,
	}
	return p
}

func variable(env []string, name string) string {
	for _, v := range env {
		if value, found := strings.CutPrefix(v, name+"="); found {
			return value
		}
	}
	return ""
}

// stranger returns a process that leads its own session, with no evidence.
func stranger(pid int, executable string, args ...string) observed.Process {
	return observed.Process{
		Identity:   observed.Identity{BootID: boot, PID: pid, StartTicks: uint64(pid) * 10},
		Started:    testTime().Add(-time.Hour),
		Executable: executable, Args: append([]string{executable}, args...),
		State: observed.StateRunning, ProcessGroup: pid, Session: pid, User: "ada",
		Launch: observed.None[observed.Launch](""),
		Evidence: observed.Evidence{
			HoldsLock: observed.Absent, CarriesMark: observed.Absent,
			MatchesRecord: observed.Absent, NamesDatabase: observed.Absent, OpensDatabase: observed.Absent,
			OpensAnother: observed.Absent,
		},
	}
}

// edit changes the server wherever it is seen.
func (b *base) edit(change func(*observed.Process)) {
	change(&b.Observed.Processes.Value[0])
	server := b.Observed.Processes.Value[0]
	b.Observed.Lock.Value.Holder = observed.Is(server)
	for i := range b.Observed.Ports {
		if b.Observed.Ports[i].Listener.IsKnown() {
			b.Observed.Ports[i].Listener.Value.Owner = observed.Is(server)
		}
	}
}

// gone removes the server and all that it held.
func (b *base) gone() {
	b.Observed.Processes = observed.Is([]observed.Process{})
	b.Observed.Lock = observed.None[observed.Lock]("")
	b.Observed.Record = observed.None[observed.Record]("")
	b.Observed.Health = observed.Unsure[observed.Health]("no server")
	for i := range b.Observed.Ports {
		b.Observed.Ports[i].Listener = observed.None[observed.Listener]("")
	}
	b.Observed.Server = observed.Server{}
	b.History = b.History.follow(observed.Identity{})
	b.History.ReadySince = time.Time{}
}

// forgotten leaves of the history only that a write was tried lately.
func (b *base) forgotten() {
	b.History = History{Generation: 1, Write: WriteCheck{Time: b.Now.Add(-time.Second)}}
}

// silent makes the server fail its health check.
func (b *base) silent() {
	b.Observed.Health = observed.Is(observed.Health{Status: observed.HealthTimeout, Message: "no answer within 1s"})
	b.Observed.Server = observed.Server{}
}

func (b *base) spec() *v1alpha1.TemporalSpec { return &b.Desired.Object.Spec }

// retired notes that a process was asked to stop that long ago.
func (b *base) retired(pid int, ago time.Duration) {
	if b.History.Retirements == nil {
		b.History.Retirements = map[observed.Identity]Retirement{}
	}
	id := observed.Identity{BootID: boot, PID: pid, StartTicks: uint64(pid) * 10}
	r := Retirement{Reason: string(Drifted), Asked: b.Now.Add(-ago)}
	for _, p := range b.Observed.Processes.Value {
		if p.Identity == id {
			r.Age = r.Asked.Sub(p.Started) - b.Observed.Slept
		}
	}
	b.History.Retirements[id] = r
}

// verbs returns the actions as "Verb pid".
func verbs(p Plan) string {
	var list []string
	for _, a := range p.Actions {
		text := string(a.Verb)
		if a.Target.PID != 0 {
			text += fmt.Sprintf(" %d", a.Target.PID)
		}
		list = append(list, text)
	}
	return strings.Join(list, ", ")
}

func TestHealthyWorldNeedsNothing(t *testing.T) {
	p := Compute(healthy().Input)
	if p.Situation != Converged || len(p.Actions) != 0 || p.Remedy != "" {
		t.Fatalf("a healthy world: %s", p)
	}
	if p.RequeueAfter != 5*time.Second {
		t.Errorf("next look after %s, want the interval", p.RequeueAfter)
	}
}

func TestLastRuleMatchesAlways(t *testing.T) {
	table := rules()
	if last := table[len(table)-1]; !last.matches(view{}) {
		t.Errorf("the last rule, %s, has a condition", last.situation)
	}
	var names []Situation
	for _, r := range table {
		if slices.Contains(names, r.situation) {
			t.Errorf("%s is in the table twice", r.situation)
		}
		names = append(names, r.situation)
	}
}
