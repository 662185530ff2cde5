package plan

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

// TestLostDatabaseIsLeftAlone: the server has the only copy. Whatever else
// happens, and however long, nothing is done that ends it, until the user says
// so by name.
func TestLostDatabaseIsLeftAlone(t *testing.T) {
	happenings := map[string]func(*machine){
		"nothing":          func(*machine) {},
		"edit of the port": func(m *machine) { m.edited(func(m *machine) { m.spec().Port = 7333 }) },
		"to memory":        func(m *machine) { m.edited(func(m *machine) { m.spec().LogLevel = "debug" }) },
		"a hang":           func(m *machine) { m.only().hangs = true },
		"a frozen process": func(m *machine) { m.disturb(t, "server frozen") },
		"a hung store":     func(m *machine) { m.only().storeProblem = "no answer within 1s" },
		"broken writes":    func(m *machine) { m.only().write = "no answer within 1s" },
		"another file":     func(m *machine) { m.disk.at = m.disk.mint(true) },
		"another build":    func(m *machine) { m.Observed.Executable.Value.Build = newer },
		"a full disk":      func(m *machine) { m.disk.full = true },
		"a new daemon":     func(m *machine) { m.pass(); m.History = kept(t, m.base) },
		"no history":       func(m *machine) { m.History = History{} },
		"a sleep":          func(m *machine) { m.sleep(8 * time.Hour) },
		"a lost record":    func(m *machine) { m.pass(); m.disturb(t, "record lost") },
		"a wish for a namespace": func(m *machine) {
			m.edited(func(m *machine) { m.spec().Namespaces = []v1alpha1.NamespaceSpec{{Name: "orders"}} })
		},
		"a restore of what is not there": func(m *machine) { m.askRestore("/b/none.db") },
	}
	for name, happens := range happenings {
		t.Run(name, func(t *testing.T) {
			m := converged(t)
			m.disk.at = nil
			happens(m)
			if acted := m.awhile(time.Hour); acted > 0 || len(m.servers) != 1 || m.starts != 1 {
				t.Fatalf("%d passes did something, %d servers started: %q", acted, m.starts, m.transcript[:30])
			}
			if name == "a restore of what is not there" {
				return
			}
			p := Compute(m.Input)
			if p.Situation != DatabaseLost || !strings.Contains(p.Remedy, "stigmer local backup") {
				t.Errorf("what the user reads: %s", p)
			}
		})
	}
}

// disturb carries out one of the disturbances.
func (m *machine) disturb(t *testing.T, name string) {
	t.Helper()
	disturbances(t)[name](m)
}

func TestTranscriptsOfLostDatabases(t *testing.T) {
	deleted := func(m *machine) { m.ready(); m.disk.at = nil }
	runTranscripts(t, []transcript{
		{"deleted, and a restart", func(m *machine) { deleted(m); m.pass(); m.later(time.Second); m.askRestart() }, Converged, []string{
			"RestartRequested: Terminate 1001", "RecordStale: RemoveRecord, Start", "DatabaseUnsealed: Seal", "Converged", "Converged",
		}},
		{"deleted, its journal left, and a restart", func(m *machine) {
			deleted(m)
			m.pass()
			m.askRestart()
			m.pass()
			m.disk.beside.Companions = []string{m.disk.beside.Path + "-journal"}
		}, Converged, []string{
			"DatabaseIncomplete: RemoveRecord, Quarantine, Start", "DatabaseUnsealed: Seal", "Converged", "Converged",
		}},
		{"deleted, and a stop", func(m *machine) { deleted(m); m.pass(); m.disable() }, Stopped, []string{
			"Stopping: Terminate 1001", "Stopped: RemoveRecord", "Stopped", "Stopped",
		}},
		{"deleted, and the server killed", func(m *machine) { deleted(m); m.pass(); m.each(m.end) }, Converged, []string{
			"RecordStale: RemoveRecord, Start", "DatabaseUnsealed: Seal", "Converged", "Converged",
		}},
		{"replaced, and a restart", func(m *machine) {
			m.ready()
			m.disk.at = m.disk.mint(true)
			m.pass()
			m.askRestart()
		}, OtherCluster, []string{
			"RestartRequested: Terminate 1001", "RecordStale: RemoveRecord, Start", "OtherCluster", "OtherCluster",
		}},
		{"replaced while stopped, and the record removed", func(m *machine) {
			m.ready()
			m.each(m.end)
			m.disk.at = m.disk.mint(true)
			m.converges(9, at2(OtherCluster))
			m.disk.beside.Meta = newDisk("").beside.Meta
		}, Converged, []string{"DatabaseUnsealed: Seal", "Converged", "Converged"}},
		{"of another cluster, and hung", func(m *machine) {
			m.ready()
			m.each(m.end)
			m.disk.at = m.disk.mint(true)
			m.converges(9, at2(OtherCluster))
			m.only().hangs = true
		}, OtherCluster, []string{"Failing", "Failing", "Unresponsive: Terminate 1002", "RecordStale: RemoveRecord, Start", "OtherCluster", "OtherCluster"}},
		{"of another cluster, and edited", func(m *machine) {
			m.ready()
			m.each(m.end)
			m.disk.at = m.disk.mint(true)
			m.converges(9, at2(OtherCluster))
			m.edited(func(m *machine) { m.spec().LogLevel = "debug" })
		}, OtherCluster, []string{"OtherCluster", "OtherCluster"}},
	})
}

// TestTranscriptsOfStorageEdits: a server on another storage than the spec's
// is replaced like one on another port. What lies at the new path, or does not
// yet, says nothing of it.
func TestTranscriptsOfStorageEdits(t *testing.T) {
	memory := v1alpha1.StorageSpec{Type: v1alpha1.StorageMemory}
	move := func(m *machine, path string) {
		m.disk = newDisk(path)
		m.edited(func(m *machine) { m.spec().Storage = v1alpha1.StorageSpec{Type: v1alpha1.StorageFile, Path: path} })
	}
	runTranscripts(t, []transcript{
		{"from the file to memory", func(m *machine) {
			m.ready()
			m.edited(func(m *machine) { m.spec().Storage = memory })
		}, Converged, []string{"Drifted: Terminate 1001", "RecordStale: RemoveRecord, Start", "Converged", "Converged"}},
		{"from memory to a new file", func(m *machine) {
			m.spec().Storage = memory
			m.ready()
			move(m, "/data/new.db")
		}, Converged, []string{
			"Drifted: Terminate 1001", "RecordStale: RemoveRecord, Start", "DatabaseUnsealed: Seal", "Converged", "Converged",
		}},
		{"from memory to a file of ours", func(m *machine) {
			m.ready()
			path := m.disk.beside.Path
			m.edited(func(m *machine) { m.spec().Storage = memory })
			m.converges(9, at2(Converged))
			m.edited(func(m *machine) { m.spec().Storage = v1alpha1.StorageSpec{Type: v1alpha1.StorageFile, Path: path} })
		}, Converged, []string{"Drifted: Terminate 1002", "RecordStale: RemoveRecord, Start", "Converged", "Converged"}},
		{"from a file to another, new one", func(m *machine) { m.ready(); move(m, "/data/new.db") }, Converged, []string{
			"Drifted: Terminate 1001", "RecordStale: RemoveRecord, Start", "DatabaseUnsealed: Seal", "Converged", "Converged",
		}},
		{"from a file to one that a person made", func(m *machine) {
			m.ready()
			move(m, "/data/new.db")
			m.disk.at = m.disk.mint(true)
		}, Converged, []string{
			"Drifted: Terminate 1001", "BuildChanged: RemoveRecord, Backup, Start", "DatabaseUnsealed: Seal",
			"SchemaUnknown: LearnSchema", "Converged", "Converged",
		}},
		{"to a folder that cannot be written", func(m *machine) {
			m.ready()
			move(m, "/data/new.db")
			m.disk.readOnly = true
		}, ReplacementBlocked, []string{"ReplacementBlocked", "ReplacementBlocked"}},
	})
}

func TestTranscriptsOfSickServers(t *testing.T) {
	runTranscripts(t, []transcript{
		{"hung store", func(m *machine) { m.ready(); m.only().storeProblem = "no answer within 1s" }, Converged, []string{
			"Failing", "Failing", "Unresponsive: Terminate 1001", "RecordStale: RemoveRecord, Start", "Converged", "Converged",
		}},
		{"a store that comes back", func(m *machine) {
			m.ready()
			m.only().storeProblem = "no answer within 1s"
			m.pass()
			m.only().storeProblem = ""
		}, Converged, []string{"Converged", "Converged"}},
		{"writes that fail for good", func(m *machine) {
			m.ready()
			m.later(WriteCheckEvery)
			m.only().write = "cannot start a transaction within a transaction"
		}, Converged, []string{
			"Degraded ...", "Failing", "Failing", "Failing",
			"Unresponsive: Terminate 1001", "RecordStale: RemoveRecord, Start", "Converged", "Converged",
		}},
		{"one write that fails", func(m *machine) {
			m.ready()
			m.later(WriteCheckEvery)
			m.only().write = "database is locked"
			m.pass()
			m.only().write = ""
		}, Converged, []string{"Degraded ...", "Converged", "Converged"}},
		{"lists broken", func(m *machine) { m.ready(); m.only().visible = "no such table" }, Degraded, []string{"Degraded", "Degraded"}},
		{"lists mended", func(m *machine) {
			m.ready()
			m.only().visible = "no such table"
			m.awhile(time.Hour)
			m.only().visible = ""
		}, Converged, []string{"Converged", "Converged"}},
		{"UI broken", func(m *machine) { m.ready(); m.only().ui = "the UI answers 500" }, Degraded, []string{"Degraded", "Degraded"}},
		{"disk full", func(m *machine) { m.ready(); m.disk.full = true }, Degraded, []string{"Degraded", "Degraded"}},
		{"disk full for an hour, and freed", func(m *machine) {
			m.ready()
			m.disk.full = true
			m.awhile(time.Hour)
			m.disk.full = false
		}, Converged, []string{"Degraded ...", "Converged", "Converged"}},
		{"disk full, and the store not read", func(m *machine) {
			m.ready()
			m.disk.full = true
			m.only().storeProblem = "disk I/O error"
			m.awhile(time.Hour)
		}, Degraded, []string{"Degraded", "Degraded"}},
		{"disk full before the first start", func(m *machine) { m.disk.full = true }, DatabaseUnusable, []string{"DatabaseUnusable", "DatabaseUnusable"}},
		{"disk full before another start", func(m *machine) {
			m.ready()
			m.each(m.end)
			m.disk.full = true
		}, Degraded, []string{"RecordStale: RemoveRecord, Start", "Degraded", "Degraded"}},
		{"folder read-only before a start", func(m *machine) {
			m.ready()
			m.each(m.end)
			m.disk.readOnly = true
		}, DatabaseUnusable, []string{"DatabaseUnusable", "DatabaseUnusable"}},
		{"folder read-only, and writable", func(m *machine) {
			m.ready()
			m.each(m.end)
			m.disk.readOnly = true
			m.pass()
			m.disk.readOnly = false
		}, Converged, []string{"RecordStale: RemoveRecord, Start", "Converged", "Converged"}},
	})
}

// TestPatience: how long a server that hangs is given, in the file and in
// memory, where its workflows die with it.
func TestPatience(t *testing.T) {
	for name, c := range map[string]struct {
		storage v1alpha1.StorageType
		failing int
	}{"file": {v1alpha1.StorageFile, 2}, "memory": {v1alpha1.StorageMemory, 5}} {
		for trouble, hang := range map[string]func(*liveServer){
			"frontend": func(s *liveServer) { s.hangs = true },
			"store":    func(s *liveServer) { s.storeProblem = "no answer within 1s" },
		} {
			t.Run(name+", "+trouble, func(t *testing.T) {
				m := newMachine(t)
				if c.storage == v1alpha1.StorageMemory {
					m.spec().Storage = v1alpha1.StorageSpec{Type: c.storage}
				}
				m.ready()
				hang(m.only())
				m.transcript = nil
				m.awhile(20 * time.Second)
				want := make([]string, c.failing, 99)
				for i := range want {
					want[i] = "Failing"
				}
				want = append(want, "Unresponsive: Terminate 1001", "RecordStale: RemoveRecord, Start")
				if diff := cmp.Diff(want, m.transcript[:len(want)]); diff != "" {
					t.Errorf("transcript (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// TestMemoryKeepsItsPatienceAfterAnEdit: what counts is the server that runs.
func TestMemoryKeepsItsPatienceAfterAnEdit(t *testing.T) {
	m := newMachine(t)
	path := m.disk.beside.Path
	m.spec().Storage = v1alpha1.StorageSpec{Type: v1alpha1.StorageMemory}
	m.ready()
	m.edited(func(m *machine) {
		m.spec().Storage = v1alpha1.StorageSpec{Type: v1alpha1.StorageFile, Path: path}
		m.spec().Binary.Path = "/nowhere"
		m.Observed.Executable.Knowledge = 1
	})
	m.only().hangs = true
	if p := m.pass(); p.Situation != ReplacementBlocked || !p.Volatile {
		t.Errorf("the server is in memory: %t, %s", p.Volatile, p)
	}
}
