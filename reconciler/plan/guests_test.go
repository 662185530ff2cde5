package plan

import (
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// TestTranscriptsOfStrangers: a Temporal that is not ours is waited for or
// used, never touched.
func TestTranscriptsOfStrangers(t *testing.T) {
	reuse := func(m *machine) { m.spec().PortConflict = v1alpha1.PortConflictReuse }
	runTranscripts(t, []transcript{
		{"wait", func(m *machine) { m.strangerComes() }, PortHeldByStranger, []string{"PortHeldByStranger", "PortHeldByStranger"}},
		{"wait, and it goes", func(m *machine) { m.strangerComes(); m.awhile(time.Minute); m.strangerGoes() }, Converged, []string{
			"NotRunning: Start", "DatabaseUnsealed: Seal", "Converged", "Converged",
		}},
		{"reuse", func(m *machine) { reuse(m); m.strangerComes() }, External, []string{"External", "External"}},
		{"reuse, and it goes", func(m *machine) { reuse(m); m.strangerComes(); m.awhile(time.Minute); m.strangerGoes() }, Converged, []string{
			"NotRunning: Start", "DatabaseUnsealed: Seal", "Converged", "Converged",
		}},
		{"reuse, and it falls ill", func(m *machine) { reuse(m); m.strangerComes(); m.awhile(time.Minute); m.sick = true }, PortHeldByStranger, []string{
			"PortHeldByStranger", "PortHeldByStranger",
		}},
		{"reuse, and it recovers", func(m *machine) {
			reuse(m)
			m.sick = true
			m.strangerComes()
			m.awhile(time.Minute)
			m.sick = false
		}, External, []string{"External", "External"}},
		{"reuse is decided on later", func(m *machine) { m.strangerComes(); m.pass(); m.edited(reuse) }, External, []string{"External", "External"}},
		{"reuse is given up", func(m *machine) {
			reuse(m)
			m.strangerComes()
			m.pass()
			m.edited(func(m *machine) { m.spec().PortConflict = v1alpha1.PortConflictWait })
		}, PortHeldByStranger, []string{"PortHeldByStranger", "PortHeldByStranger"}},
		{"reuse, and ours runs: it is kept", func(m *machine) { m.ready(); m.edited(reuse) }, Converged, []string{"Converged", "Converged"}},
		{"reuse, and not wanted any more", func(m *machine) { reuse(m); m.strangerComes(); m.pass(); m.disable() }, Stopped, []string{"Stopped", "Stopped"}},
		{"reuse, and our server ended with a record", func(m *machine) {
			m.ready()
			m.each(m.end)
			m.edited(reuse)
			m.strangerComes()
		}, External, []string{"External", "External"}},
		{"reuse, and another port is wanted", func(m *machine) {
			reuse(m)
			m.strangerComes()
			m.pass()
			m.edited(func(m *machine) { m.spec().Port = 7333 })
		}, Converged, []string{"NotRunning: Start", "DatabaseUnsealed: Seal", "Converged", "Converged"}},
		{"ours runs, and the port of another is wanted", func(m *machine) {
			m.spec().Port = 7333
			m.ready()
			m.edited(func(m *machine) { reuse(m); m.spec().Port = 7233 })
			m.external = &observed.External{Process: stranger(7, "/usr/bin/temporal", "server", "start-dev"), Address: address(7233)}
		}, ReplacementBlocked, []string{"ReplacementBlocked", "ReplacementBlocked"}},
	})
}

// TestTranscriptsInPlace: what Temporal can change live is changed live, by
// the same process.
func TestTranscriptsInPlace(t *testing.T) {
	spec := func(change func(*v1alpha1.TemporalSpec)) func(*machine) {
		return func(m *machine) { m.ready(); m.edited(func(m *machine) { change(m.spec()) }) }
	}
	namespaces := func(list ...v1alpha1.NamespaceSpec) func(*machine) {
		return spec(func(s *v1alpha1.TemporalSpec) { s.Namespaces = list })
	}
	keyword := map[string]v1alpha1.SearchAttributeType{"Customer": v1alpha1.SearchAttributeKeyword}
	runTranscripts(t, []transcript{
		{"a namespace", namespaces(v1alpha1.NamespaceSpec{Name: "orders"}), Converged, []string{
			"ServerOutdated: RegisterNamespace", "Converged", "Converged",
		}},
		{"two, and the default's retention", namespaces(
			v1alpha1.NamespaceSpec{Name: "b", Retention: days(3)}, v1alpha1.NamespaceSpec{Name: "a", Description: "A"},
			v1alpha1.NamespaceSpec{Name: "default", Retention: days(7)},
		), Converged, []string{"ServerOutdated: RegisterNamespace, RegisterNamespace, UpdateNamespace", "Converged", "Converged"}},
		{"one as it is", namespaces(v1alpha1.NamespaceSpec{Name: "default"}), Converged, []string{"Converged", "Converged"}},
		{"from the first start on", func(m *machine) {
			m.spec().Namespaces = []v1alpha1.NamespaceSpec{{Name: "orders", Retention: days(1)}}
		}, Converged, []string{
			"NotRunning: Start", "DatabaseUnsealed: Seal", "ServerOutdated: RegisterNamespace", "Converged", "Converged",
		}},
		{"attributes", spec(func(s *v1alpha1.TemporalSpec) { s.SearchAttributes = keyword }), Converged, []string{
			"ServerOutdated: AddSearchAttributes", "Converged", "Converged",
		}},
		{"attributes in a new namespace", spec(func(s *v1alpha1.TemporalSpec) {
			s.Namespaces, s.SearchAttributes = []v1alpha1.NamespaceSpec{{Name: "orders"}}, keyword
		}), Converged, []string{
			"ServerOutdated: RegisterNamespace, AddSearchAttributes", "ServerOutdated: AddSearchAttributes", "Converged", "Converged",
		}},
		{"another type", func(m *machine) {
			spec(func(s *v1alpha1.TemporalSpec) { s.SearchAttributes = keyword })(m)
			m.converges(9, at2(Converged))
			m.edited(func(m *machine) {
				m.spec().SearchAttributes = map[string]v1alpha1.SearchAttributeType{"Customer": v1alpha1.SearchAttributeInt}
			})
		}, AttributeConflict, []string{"AttributeConflict", "AttributeConflict"}},
		{"another type, and one more", func(m *machine) {
			spec(func(s *v1alpha1.TemporalSpec) { s.SearchAttributes = keyword })(m)
			m.converges(9, at2(Converged))
			m.edited(func(m *machine) {
				m.spec().SearchAttributes = map[string]v1alpha1.SearchAttributeType{"Customer": "Int", "Amount": "Double"}
			})
		}, AttributeConflict, []string{"ServerOutdated: AddSearchAttributes", "AttributeConflict", "AttributeConflict"}},
		{"what is no longer in the spec stays", func(m *machine) {
			namespaces(v1alpha1.NamespaceSpec{Name: "orders"})(m)
			m.converges(9, at2(Converged))
			m.edited(func(m *machine) { m.spec().Namespaces = nil })
		}, Converged, []string{"Converged", "Converged"}},
		{"removed from the server behind our back", func(m *machine) {
			namespaces(v1alpha1.NamespaceSpec{Name: "orders"})(m)
			m.converges(9, at2(Converged))
			delete(m.disk.at.namespaces, "orders")
		}, Converged, []string{"ServerOutdated: RegisterNamespace", "Converged", "Converged"}},
		{"in memory, again after each start", func(m *machine) {
			m.spec().Storage = v1alpha1.StorageSpec{Type: v1alpha1.StorageMemory}
			m.spec().Namespaces = []v1alpha1.NamespaceSpec{{Name: "orders"}}
			m.ready()
			m.each(m.end)
		}, Converged, []string{
			"RecordStale: RemoveRecord, Start", "ServerOutdated: RegisterNamespace", "Converged", "Converged",
		}},
		{"with a port: after the restart", spec(func(s *v1alpha1.TemporalSpec) {
			s.Port, s.Namespaces = 7333, []v1alpha1.NamespaceSpec{{Name: "orders"}}
		}), Converged, []string{
			"Drifted: Terminate 1001", "RecordStale: RemoveRecord, Start", "ServerOutdated: RegisterNamespace", "Converged", "Converged",
		}},
		{"while the disk is full", func(m *machine) {
			namespaces(v1alpha1.NamespaceSpec{Name: "orders"})(m)
			m.disk.full = true
		}, Degraded, []string{"Degraded", "Degraded"}},
	})
}

// TestLaptopsSleep: checks that failed before the machine slept are forgotten,
// and a server that was starting gets its time anew.
func TestLaptopsSleep(t *testing.T) {
	runTranscripts(t, []transcript{
		{"while a server hangs", func(m *machine) {
			m.ready()
			m.only().hangs = true
			m.pass()
			m.pass()
			m.sleep(8 * time.Hour)
		}, Converged, []string{
			"Failing", "Failing", "Failing", "Unresponsive: Terminate 1001", "RecordStale: RemoveRecord, Start", "Converged", "Converged",
		}},
		{"while a server starts", func(m *machine) {
			m.startTime = 8*time.Hour + 20*time.Millisecond
			m.pass()
			m.pass()
			m.sleep(8 * time.Hour)
		}, Converged, []string{"Starting", "DatabaseUnsealed: Seal", "Converged", "Converged"}},
		{"while all is well", func(m *machine) { m.ready(); m.sleep(8 * time.Hour) }, Converged, []string{"Converged", "Converged"}},
		{"while a deaf server was asked to stop", func(m *machine) {
			m.ready()
			m.deaf = true
			m.disable()
			m.pass()
			m.sleep(8 * time.Hour)
		}, Stopped, []string{"TerminationOverdue: Kill 1001", "Stopped: RemoveRecord", "Stopped", "Stopped"}},
	})
}
