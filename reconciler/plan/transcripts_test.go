package plan

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// TestTranscriptsOfFirstBoots: a database that never served anyone is renamed
// aside, and one that did never is.
func TestTranscriptsOfFirstBoots(t *testing.T) {
	booting := func(m *machine) { m.startTime = time.Second; m.pass(); m.pass() }
	again := []string{"DatabaseIncomplete: RemoveRecord, Quarantine, Start"}
	runTranscripts(t, []transcript{
		{"killed", func(m *machine) {
			booting(m)
			m.each(m.end)
			m.startTime = 0
		}, Converged, append(again[:1:1], "DatabaseUnsealed: Seal", "Converged", "Converged")},
		{"killed, and the daemon too", func(m *machine) {
			booting(m)
			m.each(m.end)
			m.History, m.Observed.Record, m.startTime = History{}, observed.None[observed.Record](""), 0
		}, Converged, []string{"DatabaseIncomplete: Quarantine, Start", "DatabaseUnsealed: Seal", "Converged", "Converged"}},
		{"killed after it served and before that was sealed", func(m *machine) {
			m.pass()
			m.settle()
			m.each(m.end)
		}, Converged, append(again[:1:1], "DatabaseUnsealed: Seal", "Converged", "Converged")},
		{"killed, and the file removed by hand", func(m *machine) {
			booting(m)
			m.each(m.end)
			m.disk.at, m.startTime = nil, 0
		}, Converged, append(again[:1:1], "DatabaseUnsealed: Seal", "Converged", "Converged")},
		{"killed, and file and journal removed by hand", func(m *machine) {
			booting(m)
			m.each(m.end)
			m.disk.at, m.disk.beside.Companions, m.startTime = nil, nil, 0
		}, Converged, []string{"RecordStale: RemoveRecord, Start", "DatabaseUnsealed: Seal", "Converged", "Converged"}},
		{"stopped", func(m *machine) {
			booting(m)
			m.disable()
		}, Stopped, []string{"Stopping: Terminate 1001", "Stopped: RemoveRecord", "Stopped", "Stopped"}},
		{"stopped, and started", func(m *machine) {
			booting(m)
			m.disable()
			m.pass()
			m.startTime = 0
			m.enable()
		}, Converged, append(again[:1:1], "DatabaseUnsealed: Seal", "Converged", "Converged")},
		{"edited", func(m *machine) {
			booting(m)
			m.edited(func(m *machine) { m.spec().Port = 7333 })
			m.startTime = 0
		}, Converged, []string{
			"Drifted: Terminate 1001", "DatabaseIncomplete: RemoveRecord, Quarantine, Start", "DatabaseUnsealed: Seal", "Converged", "Converged",
		}},
		{"of another build", func(m *machine) {
			booting(m)
			m.each(m.end)
			m.Observed.Executable.Value.Build, m.startTime = newer, 0
		}, Converged, append(again[:1:1], "DatabaseUnsealed: Seal", "Converged", "Converged")},
		{"on a database that a person made", func(m *machine) { m.disk.at = m.disk.mint(true) }, Converged, []string{
			"BuildChanged: Backup, Start", "DatabaseUnsealed: Seal", "SchemaUnknown: LearnSchema", "Converged", "Converged",
		}},
	})
}

// TestFirstBootIsNotKilled: a deaf server that makes its database is killed
// only when its time to start is up.
func TestFirstBootIsNotKilled(t *testing.T) {
	m := newMachine(t)
	m.startTime, m.deaf = -1, true
	m.pass()
	began := m.Now
	m.disable()
	for len(m.servers) > 0 {
		m.pass()
	}
	if took := m.Now.Sub(began); took < 30*time.Second || took > 32*time.Second {
		t.Errorf("killed after %s, want the startup timeout: %q", took, m.transcript)
	}
	if last := m.transcript[len(m.transcript)-1]; last != "TerminationOverdue: Kill 1001" {
		t.Errorf("last of all %s", last)
	}
}

// TestTranscriptsOfBuilds: a copy before a build's first start on the
// database, and one only.
func TestTranscriptsOfBuilds(t *testing.T) {
	runTranscripts(t, []transcript{
		{"another build", func(m *machine) {
			m.ready()
			m.Observed.Executable.Value.Build = newer
			m.askRestart()
		}, Converged, []string{
			"RestartRequested: Terminate 1001", "BuildChanged: RemoveRecord, Backup, Start", "DatabaseUnsealed: Seal",
			"SchemaUnknown: LearnSchema", "Converged", "Converged",
		}},
		{"another build, in memory", func(m *machine) {
			m.spec().Storage = v1alpha1.StorageSpec{Type: v1alpha1.StorageMemory}
			m.ready()
			m.Observed.Executable.Value.Build = newer
			m.askRestart()
		}, Converged, []string{"RestartRequested: Terminate 1001", "RecordStale: RemoveRecord, Start", "Converged", "Converged"}},
		{"a build that crashes, and the one before", func(m *machine) {
			m.ready()
			m.Observed.Executable.Value.Build, m.crashes = newer, newer
			m.askRestart()
			m.awhile(30 * time.Second)
			m.edited(func(m *machine) { m.Observed.Executable.Value.Build = build })
		}, Converged, []string{"RecordStale: RemoveRecord, Start", "DatabaseUnsealed: Seal", "Converged", "Converged"}},
		{"found by the search, and the server runs on", func(m *machine) {
			m.ready()
			m.Observed.Executable.Value.Build = newer
		}, Converged, []string{"Converged", "Converged"}},
	})
}

// TestCrashingBuildIsBackedUpForOnce: else it would push the good copy out.
func TestCrashingBuildIsBackedUpForOnce(t *testing.T) {
	m := converged(t)
	before := m.disk.at.cluster
	upgrade := func() {
		m.Observed.Executable.Value.Build, m.crashes = newer, newer
		m.askRestart()
		m.awhile(2 * time.Minute)
	}
	upgrade()
	if len(m.disk.backups) != 1 || m.starts < 5 {
		t.Fatalf("%d backups for %d starts, want one for all: %q", len(m.disk.backups), m.starts-1, m.transcript)
	}
	for _, kept := range m.disk.backups {
		if kept.store.cluster != before || kept.meta.LastServedBy != build || kept.meta.BackedUpFor != newer {
			t.Errorf("the copy is %+v", kept)
		}
	}
	// The build before serves again, and there is more to lose the next time.
	m.edited(func(m *machine) { m.Observed.Executable.Value.Build = build })
	m.converges(20, at2(Converged))
	upgrade()
	if len(m.disk.backups) != 2 {
		t.Errorf("%d backups after the second attempt, want another one: %q", len(m.disk.backups), m.transcript)
	}
	m.crashes = ""
	m.edited(func(*machine) {})
	m.converges(20, at2(Converged))
	if meta := m.disk.beside.Meta.Value; meta.LastServedBy != newer || meta.CreatedBy != build || meta.BackedUpFor != "" {
		t.Errorf("recorded %+v", meta)
	}
}

// TestTranscriptsOfRestores: stop, swap, start; once for each request.
func TestTranscriptsOfRestores(t *testing.T) {
	copied := func(m *machine) {
		m.ready()
		m.disk.backups["/b/1.db"] = backup{store: m.disk.at.copied(), meta: m.disk.beside.Meta.Value}
		m.disk.at.used = true
	}
	runTranscripts(t, []transcript{
		{"running", func(m *machine) { copied(m); m.askRestore("/b/1.db") }, Converged, []string{
			"RestoreRequested: StageBackup", "RestoreRequested: Terminate 1001", "RestorePending: RestoreBackup", "RecordStale: RemoveRecord, Start", "Converged", "Converged",
		}},
		{"stopped", func(m *machine) {
			copied(m)
			m.disable()
			m.converges(9, at2(Stopped))
			m.askRestore("/b/1.db")
		}, Stopped, []string{"Stopped", "Stopped"}},
		{"stopped, and enabled", func(m *machine) {
			copied(m)
			m.disable()
			m.converges(9, at2(Stopped))
			m.askRestore("/b/1.db")
			m.enable()
		}, Converged, []string{"RestorePending: StageBackup", "RestorePending: RestoreBackup", "NotRunning: Start", "Converged", "Converged"}},
		{"twice", func(m *machine) {
			copied(m)
			m.askRestore("/b/1.db")
			m.converges(9, at2(Converged))
			m.askRestore("/b/1.db")
		}, Converged, []string{
			"RestoreRequested: StageBackup", "RestoreRequested: Terminate 1002", "RestorePending: RestoreBackup", "RecordStale: RemoveRecord, Start", "Converged", "Converged",
		}},
		{"one that is not there", func(m *machine) { copied(m); m.askRestore("/b/2.db") }, RestoreBlocked, []string{
			"RestoreBlocked", "RestoreBlocked",
		}},
		{"one that is not sound", func(m *machine) {
			copied(m)
			m.disk.backups["/b/1.db"] = backup{unsound: true}
			m.askRestore("/b/1.db")
		}, RestoreBlocked, []string{"RestoreRequested: StageBackup", "RestoreBlocked", "RestoreBlocked"}},
		{"one that is not sound, and nothing runs", func(m *machine) {
			copied(m)
			m.disable()
			m.converges(9, at2(Stopped))
			m.disk.backups["/b/1.db"] = backup{unsound: true}
			m.askRestore("/b/1.db")
			m.enable()
		}, RestoreBlocked, []string{"RestorePending: StageBackup", "NotRunning: Start", "RestoreBlocked", "RestoreBlocked"}},
		{"of an older build", func(m *machine) {
			copied(m)
			old := m.disk.backups["/b/1.db"]
			old.meta.LastServedBy, old.meta.CreatedBy = "temporal-server 1.20.0", "temporal-server 1.20.0"
			m.disk.backups["/b/1.db"] = old
			m.askRestore("/b/1.db")
		}, Converged, []string{
			"RestoreRequested: StageBackup", "RestoreRequested: Terminate 1001", "RestorePending: RestoreBackup", "BuildChanged: RemoveRecord, Backup, Start",
			"DatabaseUnsealed: Seal", "SchemaUnknown: LearnSchema", "Converged", "Converged",
		}},
		{"over a database that was deleted", func(m *machine) {
			copied(m)
			m.disk.at = nil
			m.pass()
			m.askRestore("/b/1.db")
		}, Converged, []string{
			"RestoreRequested: StageBackup", "RestoreRequested: Terminate 1001", "RestorePending: RestoreBackup", "RecordStale: RemoveRecord, Start", "Converged", "Converged",
		}},
		{"over a first boot that was killed", func(m *machine) {
			copied(m)
			m.disable()
			m.converges(9, at2(Stopped))
			m.disk.at, m.disk.beside.FirstBoot = m.disk.mint(false), observed.Is(observed.FirstBoot{})
			m.enable()
			m.askRestore("/b/1.db")
		}, Converged, []string{"RestorePending: StageBackup", "RestorePending: RestoreBackup", "NotRunning: Start", "Converged", "Converged"}},
	})
}

// TestRestoreKeepsWhatItReplaces: the database lies aside, under a name that
// says when.
func TestRestoreKeepsWhatItReplaces(t *testing.T) {
	m := converged(t)
	was := m.disk.at
	m.disk.backups["/b/1.db"] = backup{store: was.copied(), meta: m.disk.beside.Meta.Value}
	m.askRestore("/b/1.db")
	m.converges(9, at2(Converged))
	names := slices.DeleteFunc(keys(m.disk.aside), func(name string) bool { return m.disk.aside[name] != was })
	if len(names) != 1 || !strings.HasPrefix(names[0], m.disk.beside.Path+".replaced-2026") {
		t.Errorf("the database before lies at %q", names)
	}
	if m.disk.at == was || m.disk.at.cluster != was.cluster {
		t.Errorf("the server has %+v", m.disk.at)
	}
}

func keys(of map[string]*store) (names []string) {
	for name := range of {
		names = append(names, name)
	}
	return names
}
