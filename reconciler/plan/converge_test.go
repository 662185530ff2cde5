package plan

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// TestTranscripts shows how the loop goes from one state to another, pass by
// pass. A change here is a change of behaviour that a person should read.
func TestTranscripts(t *testing.T) {
	cases := []struct {
		name   string
		change func(*machine)
		done   Situation
		want   []string
	}{
		{"first start", func(*machine) {}, Converged, []string{
			"NotRunning: Start", "Converged", "Converged",
		}},
		{"slow start", func(m *machine) { m.startTime = 20 * time.Millisecond }, Converged, []string{
			"NotRunning: Start", "Starting", "Starting", "Starting", "Converged", "Converged",
		}},
		{"stale record", func(m *machine) {
			m.Observed.Record = observed.Is(observed.Record{Format: observed.RecordLegacy, PID: 7})
		}, Converged, []string{"RecordStale: RemoveRecord, Start", "Converged", "Converged"}},
		{"crash", func(m *machine) {
			m.converges(5, at2(Converged))
			m.end(m.Observed.Processes.Value[0].Identity)
		}, Converged, []string{"RecordStale: RemoveRecord, Start", "Converged", "Converged"}},
		{"another port", func(m *machine) {
			m.converges(5, at2(Converged))
			m.spec().Port = 7333
			m.Desired.Object.Generation++
		}, Converged, []string{
			"Drifted: Terminate 1001", "RecordStale: RemoveRecord, Start", "Converged", "Converged",
		}},
		{"restart", func(m *machine) {
			m.converges(5, at2(Converged))
			m.Desired.Object.Annotations = map[string]string{
				v1alpha1.RestartedAtAnnotation: m.Now.Format(time.RFC3339Nano),
			}
			m.Desired.Object.Generation++
		}, Converged, []string{
			"RestartRequested: Terminate 1001", "RecordStale: RemoveRecord, Start", "Converged", "Converged",
		}},
		{"stop", func(m *machine) {
			m.converges(5, at2(Converged))
			m.disable()
		}, Stopped, []string{"Stopping: Terminate 1001", "Stopped: RemoveRecord", "Stopped", "Stopped"}},
		{"stop of a deaf server", func(m *machine) {
			m.converges(5, at2(Converged))
			m.deaf = true
			m.disable()
		}, Stopped, []string{
			"Stopping: Terminate 1001", "Terminating", "TerminationOverdue: Kill 1001",
			"Stopped: RemoveRecord", "Stopped", "Stopped",
		}},
		{"a new daemon during the stop of a deaf server", func(m *machine) {
			m.converges(5, at2(Converged))
			m.deaf = true
			m.disable()
			m.pass()
			m.History = History{Generation: m.Desired.Object.Generation}
		}, Stopped, []string{
			"Stopping: Terminate 1001", "Terminating", "TerminationOverdue: Kill 1001",
			"Stopped: RemoveRecord", "Stopped", "Stopped",
		}},
		{"a stranger on the new port", func(m *machine) {
			m.converges(5, at2(Converged))
			m.spec().Port = 7333
			m.Desired.Object.Generation++
			m.Observed.Ports[0].Listener = listening(stranger(7, "/usr/bin/python3"))
		}, ReplacementBlocked, []string{"ReplacementBlocked", "ReplacementBlocked"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := newMachine()
			c.change(m)
			m.transcript = nil
			if !m.converges(20, at2(c.done)) {
				t.Errorf("does not become %s", c.done)
			}
			if diff := cmp.Diff(c.want, m.transcript); diff != "" {
				t.Errorf("transcript (-want +got):\n%s", diff)
			}
		})
	}
}

func (m *machine) disable() {
	no := false
	m.spec().Enabled = &no
	m.Desired.Object.Generation++
}

// disturbances are what may have happened before a daemon looks.
func disturbances() map[string]func(*machine) {
	return map[string]func(*machine){
		"server runs":   func(m *machine) { m.converges(5, at2(Converged)) },
		"server killed": func(m *machine) { m.each(m.end) },
		"daemon killed": func(m *machine) { m.History = History{} },
		"record lost":   func(m *machine) { m.do(Action{Verb: RemoveRecord}) },
		"record forged": func(m *machine) { m.record(stranger(7, "/usr/bin/python3")) },
		"server frozen": func(m *machine) {
			for i := range m.Observed.Processes.Value {
				m.Observed.Processes.Value[i].State = observed.StateStopped
			}
		},
		"disabled":       func(m *machine) { m.disable() },
		"enabled":        func(m *machine) { m.spec().Enabled = nil; m.Desired.Object.Generation++ },
		"port edited":    func(m *machine) { m.spec().Port += 7; m.Desired.Object.Generation++ },
		"one pass":       func(m *machine) { m.pass() },
		"deaf servers":   func(m *machine) { m.deaf = true },
		"slow servers":   func(m *machine) { m.startTime = 3 * time.Second },
		"laptop slept":   func(m *machine) { m.later(8 * time.Hour) },
		"leftover child": func(m *machine) { m.leftover() },
	}
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

// TestConvergesFromAnywhere: whatever happened before, once the world is
// quiet a bounded number of passes reaches the desired state, and then a pass
// does nothing.
func TestConvergesFromAnywhere(t *testing.T) {
	table := disturbances()
	var names []string
	for name := range table {
		names = append(names, name)
	}
	slices.Sort(names)
	const runs = 3000
	for seed := range uint64(runs) {
		chance := rand.New(rand.NewPCG(seed, 0))
		m := newMachine()
		var story []string
		for range chance.IntN(12) {
			name := names[chance.IntN(len(names))]
			story = append(story, name)
			table[name](m)
		}
		m.transcript = nil
		want := Converged
		if !m.Desired.Wanted() {
			want = Stopped
		}
		if !m.converges(100, at2(want)) {
			t.Fatalf("seed %d: after %q the loop does not become %s:\n%s", seed, story, want, fmt.Sprint(m.transcript))
		}
		running := len(m.Observed.Processes.Value)
		if servers := m.servers(); want == Converged && servers != 1 || want == Stopped && running != 0 {
			t.Fatalf("seed %d: after %q %d servers and %d processes run", seed, story, servers, running)
		}
	}
}

func (m *machine) servers() int {
	servers := 0
	for _, p := range m.Observed.Processes.Value {
		if isServer(p) {
			servers++
		}
	}
	return servers
}

// TestServerThatNeverServes: the loop goes on for ever, ever more slowly.
func TestServerThatNeverServes(t *testing.T) {
	m := newMachine()
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
	m := newMachine()
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
	m := newMachine()
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
