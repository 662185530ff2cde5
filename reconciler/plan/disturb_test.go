package plan

import (
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// disturbances are what may have happened before a daemon looks.
func disturbances(t *testing.T) map[string]func(*machine) {
	all := map[string]func(*machine){}
	for _, some := range []map[string]func(*machine){
		processDisturbances(t), desiredDisturbances(), databaseDisturbances(), serverDisturbances(),
	} {
		for name, change := range some {
			if all[name] != nil {
				t.Fatalf("%s is there twice", name)
			}
			all[name] = change
		}
	}
	return all
}

func processDisturbances(t *testing.T) map[string]func(*machine) {
	return map[string]func(*machine){
		"server runs":      func(m *machine) { m.converges(9, at2(Converged)) },
		"server killed":    func(m *machine) { m.each(m.end) },
		"daemon killed":    func(m *machine) { m.History = History{} },
		"daemon restarted": func(m *machine) { m.History = kept(t, m.base) },
		"record lost":      func(m *machine) { m.Observed.Record = observed.None[observed.Record]("") },
		"record forged":    func(m *machine) { m.record(stranger(7, "/usr/bin/python3")) },
		"server frozen": func(m *machine) {
			for i := range m.Observed.Processes.Value {
				m.Observed.Processes.Value[i].State = observed.StateStopped
			}
		},
		"one pass":       func(m *machine) { m.pass() },
		"deaf servers":   func(m *machine) { m.deaf = true },
		"slow servers":   func(m *machine) { m.startTime = 3 * time.Second },
		"time passed":    func(m *machine) { m.later(8 * time.Hour) },
		"laptop slept":   func(m *machine) { m.sleep(8 * time.Hour) },
		"leftover child": func(m *machine) { m.leftover() },
	}
}

func desiredDisturbances() map[string]func(*machine) {
	edit := func(change func(*machine)) func(*machine) {
		return func(m *machine) { m.edited(change) }
	}
	return map[string]func(*machine){
		"disabled":    func(m *machine) { m.disable() },
		"enabled":     func(m *machine) { m.enable() },
		"port edited": edit(func(m *machine) { m.spec().Port += 7 }),
		"to memory":   edit(func(m *machine) { m.spec().Storage = v1alpha1.StorageSpec{Type: v1alpha1.StorageMemory} }),
		"to the file": edit(func(m *machine) {
			m.spec().Storage = v1alpha1.StorageSpec{Type: v1alpha1.StorageFile, Path: m.disk.beside.Path}
		}),
		"a namespace": edit(func(m *machine) { m.spec().Namespaces = []v1alpha1.NamespaceSpec{{Name: "orders"}} }),
		"a retention": edit(func(m *machine) {
			m.spec().Namespaces = []v1alpha1.NamespaceSpec{{Name: "default", Retention: days(3)}}
		}),
		"attributes": edit(func(m *machine) {
			m.spec().SearchAttributes = map[string]v1alpha1.SearchAttributeType{"Customer": v1alpha1.SearchAttributeKeyword}
		}),
		"reuse":             edit(func(m *machine) { m.spec().PortConflict = v1alpha1.PortConflictReuse }),
		"wait":              edit(func(m *machine) { m.spec().PortConflict = v1alpha1.PortConflictWait }),
		"restart asked for": func(m *machine) { m.askRestart() },
	}
}

func databaseDisturbances() map[string]func(*machine) {
	return map[string]func(*machine){
		"database deleted":  func(m *machine) { m.disk.at = nil },
		"database replaced": func(m *machine) { m.disk.at = m.disk.mint(true) },
		"disk full":         func(m *machine) { m.disk.full = true },
		"disk freed":        func(m *machine) { m.disk.full = false },
		"folder read-only":  func(m *machine) { m.disk.readOnly = true },
		"folder writable":   func(m *machine) { m.disk.readOnly = false },
		"backed up": func(m *machine) {
			if m.disk.at != nil && m.disk.at.whole {
				m.disk.backups["/backups/by-hand.db"] = backup{store: m.disk.at.copied(), meta: m.disk.beside.Meta.Value}
			}
		},
		"restore asked for": func(m *machine) { m.askRestore("/backups/by-hand.db") },
		"older build":       func(m *machine) { m.Observed.Executable.Value.Build = build },
		"newer build":       func(m *machine) { m.Observed.Executable.Value.Build = newer },
		"newer one crashes": func(m *machine) { m.crashes = newer },
		"nothing crashes":   func(m *machine) { m.crashes = "" },
	}
}

func serverDisturbances() map[string]func(*machine) {
	sick := func(change func(*liveServer)) func(*machine) {
		return func(m *machine) {
			for _, s := range m.servers {
				change(s)
			}
		}
	}
	return map[string]func(*machine){
		"server hung":       sick(func(s *liveServer) { s.hangs = true }),
		"store hung":        sick(func(s *liveServer) { s.storeProblem = "no answer within 1s" }),
		"lists broken":      sick(func(s *liveServer) { s.visible = "no such table: executions_visibility" }),
		"writes broken":     sick(func(s *liveServer) { s.write = "cannot start a transaction within a transaction" }),
		"UI broken":         sick(func(s *liveServer) { s.ui = "the UI answers 500" }),
		"another Temporal":  func(m *machine) { m.strangerComes() },
		"it does not serve": func(m *machine) { m.sick = true },
		"it serves":         func(m *machine) { m.sick = false },
		"it goes":           func(m *machine) { m.strangerGoes() },
	}
}

const newer = "temporal-server 1.31.2"

func days(n int) *metav1.Duration {
	return &metav1.Duration{Duration: time.Duration(n) * 24 * time.Hour}
}

// sleep is the machine's: the clock of the wall goes on, no check is made.
func (m *machine) sleep(d time.Duration) {
	m.later(d)
	m.Observed.Slept += d
}

func (m *machine) askRestore(path string) {
	at := m.Now
	if last := WishedAt(m.History.Restore.Value); at.Before(last) {
		at = last.Add(time.Millisecond) // as the command does
	}
	m.annotate(v1alpha1.RestoreAnnotation, path+"@"+at.Format(time.RFC3339Nano))
}

// strangerComes starts a Temporal by hand, where nobody listens.
func (m *machine) strangerComes() {
	m.settle()
	if m.Observed.Ports[0].Listener.IsKnown() || m.external != nil {
		return
	}
	m.next++
	p := stranger(m.next, "/usr/bin/temporal", "server", "start-dev", "--port", "7233")
	p.Parent, p.WorkingDir = "pid 12 (bash)", "/home/ada"
	m.external = &observed.External{Process: p, Address: m.Observed.Ports[0].Address}
}

func (m *machine) strangerGoes() {
	if m.external != nil {
		m.end(m.external.Process.Identity)
	}
	m.external = nil
}

func (m *machine) each(f func(observed.Identity)) {
	for _, p := range slices.Clone(m.Observed.Processes.Value) {
		f(p.Identity)
	}
}

func (m *machine) leftover() {
	m.next++
	p := stranger(m.next, "/usr/bin/sleep", "1000")
	p.Evidence.CarriesMark = observed.Known
	m.Observed.Processes.Value = append(m.Observed.Processes.Value, p)
}
