package plan

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// transcript is a story, and what the loop does from its end on.
type transcript struct {
	name   string
	change func(*machine)
	done   Situation
	want   []string
}

func runTranscripts(t *testing.T, cases []transcript) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := newMachine(t)
			c.change(m)
			m.transcript = nil
			if !m.converges(40, at2(c.done)) {
				t.Errorf("does not become %s", c.done)
			}
			if diff := cmp.Diff(c.want, squeezed(m.transcript)); diff != "" {
				t.Errorf("transcript (-want +got):\n%s", diff)
			}
		})
	}
}

// squeezed says once, with dots, what more than three passes in a row say.
func squeezed(lines []string) (brief []string) {
	for i := 0; i < len(lines); {
		same := i
		for same < len(lines) && lines[same] == lines[i] {
			same++
		}
		if same-i > 3 {
			brief = append(brief, lines[i]+" ...")
		} else {
			brief = append(brief, lines[i:same]...)
		}
		i = same
	}
	return brief
}

// ready lets a first server become as it should be.
func (m *machine) ready() {
	if !m.converges(8, at2(Converged)) {
		m.t.Fatalf("does not converge: %q", m.transcript)
	}
}

// edited makes a change of the desired state take effect.
func (m *machine) edited(change func(*machine)) {
	change(m)
	m.Desired.Object.Generation++
}

// annotate sets an annotation, as the commands do.
func (m *machine) annotate(name, value string) {
	m.edited(func(m *machine) {
		all := map[string]string{name: value}
		for other, kept := range m.Desired.Object.Annotations {
			if other != name {
				all[other] = kept
			}
		}
		m.Desired.Object.Annotations = all
	})
}

func (m *machine) askRestart() {
	m.annotate(v1alpha1.RestartedAtAnnotation, m.Now.Format(time.RFC3339Nano))
}

// TestTranscripts shows how the loop goes from one state to another, pass by
// pass. A change here is a change of behaviour that a person should read.
func TestTranscripts(t *testing.T) {
	runTranscripts(t, []transcript{
		{"first start", func(*machine) {}, Converged, []string{
			"NotRunning: Start", "DatabaseUnsealed: Seal", "Converged", "Converged",
		}},
		{"second start", func(m *machine) { m.ready(); m.disable(); m.converges(9, at2(Stopped)); m.enable() }, Converged, []string{
			"NotRunning: Start", "Converged", "Converged",
		}},
		{"slow start", func(m *machine) { m.startTime = 20 * time.Millisecond }, Converged, []string{
			"NotRunning: Start", "Starting", "Starting", "Starting", "DatabaseUnsealed: Seal", "Converged", "Converged",
		}},
		{"stale record", func(m *machine) {
			m.Observed.Record = observed.Is(observed.Record{Format: observed.RecordLegacy, PID: 7})
		}, Converged, []string{"RecordStale: RemoveRecord, Start", "DatabaseUnsealed: Seal", "Converged", "Converged"}},
		{"crash", func(m *machine) {
			m.ready()
			m.each(m.end)
		}, Converged, []string{"RecordStale: RemoveRecord, Start", "Converged", "Converged"}},
		{"another port", func(m *machine) {
			m.ready()
			m.edited(func(m *machine) { m.spec().Port = 7333 })
		}, Converged, []string{
			"Drifted: Terminate 1001", "RecordStale: RemoveRecord, Start", "Converged", "Converged",
		}},
		{"restart", func(m *machine) {
			m.ready()
			m.askRestart()
		}, Converged, []string{
			"RestartRequested: Terminate 1001", "RecordStale: RemoveRecord, Start", "Converged", "Converged",
		}},
		{"stop", func(m *machine) {
			m.ready()
			m.disable()
		}, Stopped, []string{"Stopping: Terminate 1001", "Stopped: RemoveRecord", "Stopped", "Stopped"}},
		{"stop of a deaf server", func(m *machine) {
			m.ready()
			m.deaf = true
			m.disable()
		}, Stopped, []string{
			"Stopping: Terminate 1001", "Terminating", "TerminationOverdue: Kill 1001",
			"Stopped: RemoveRecord", "Stopped", "Stopped",
		}},
		{"a new daemon during the stop of a deaf server", func(m *machine) {
			m.ready()
			m.deaf = true
			m.disable()
			m.pass()
			m.History = History{Generation: m.Desired.Object.Generation}
		}, Stopped, []string{
			"Stopping: Terminate 1001", "Terminating", "TerminationOverdue: Kill 1001",
			"Stopped: RemoveRecord", "Stopped", "Stopped",
		}},
		{"a stranger on the new port", func(m *machine) {
			m.ready()
			m.edited(func(m *machine) { m.spec().Port = 7333 })
			m.Observed.Ports[0].Listener = listening(stranger(7, "/usr/bin/python3"))
		}, ReplacementBlocked, []string{"ReplacementBlocked", "ReplacementBlocked"}},
		{"frozen", func(m *machine) {
			m.ready()
			m.Observed.Processes.Value[0].State = observed.StateStopped
		}, Converged, []string{
			"Failing", "Failing", "Frozen: Terminate 1001", "RecordStale: RemoveRecord, Start", "Converged", "Converged",
		}},
		{"hung", func(m *machine) {
			m.ready()
			m.only().hangs = true
		}, Converged, []string{
			"Failing", "Failing", "Unresponsive: Terminate 1001", "RecordStale: RemoveRecord, Start", "Converged", "Converged",
		}},
	})
}

func (m *machine) disable() {
	no := false
	m.edited(func(m *machine) { m.spec().Enabled = &no })
}

func (m *machine) enable() {
	m.edited(func(m *machine) { m.spec().Enabled = nil })
}

// TestServerThatNeverServes: the loop goes on for ever, ever more slowly.
func TestServerThatNeverServes(t *testing.T) {
	m := newMachine(t)
	m.startTime = -1
	began := m.Now
	for m.Now.Sub(began) < time.Hour {
		m.pass()
	}
	if m.starts < 30 || m.starts > 100 {
		t.Errorf("%d starts within an hour, want about one a minute", m.starts)
	}
}

// TestServerThatCrashesAtOnce: the delay bounds how often it is started.
func TestServerThatCrashesAtOnce(t *testing.T) {
	m := newMachine(t)
	began := m.Now
	for m.Now.Sub(began) < 10*time.Minute {
		m.pass()
		m.each(m.end)
	}
	if m.starts < 20 || m.starts > 40 {
		t.Errorf("%d starts within 10 minutes, want about 27", m.starts)
	}
}

// TestServerThatNeverMatches: a server that comes up other than it was
// started, by whatever fault, must not be replaced without a pause.
func TestServerThatNeverMatches(t *testing.T) {
	m := newMachine(t)
	began := m.Now
	for m.Now.Sub(began) < 10*time.Minute {
		m.pass()
		for i := range m.Observed.Processes.Value {
			m.Observed.Processes.Value[i].Launch.Value.Digest = "something else"
		}
	}
	if m.starts > 40 {
		t.Errorf("%d starts within 10 minutes", m.starts)
	}
}
