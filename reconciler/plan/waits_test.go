package plan

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// aged makes the server that old, and its history that of one which has not
// served yet.
func (b *base) aged(d time.Duration) {
	b.edit(func(p *observed.Process) { p.Started = b.Now.Add(-d) })
	b.History = History{Generation: 1, Main: b.Observed.Processes.Value[0].Identity}
}

func every(d time.Duration) *metav1.Duration { return &metav1.Duration{Duration: d} }

// TestNextLook: when the loop looks again if nothing wakes it, in every
// situation that does not wait for the interval.
func TestNextLook(t *testing.T) {
	second, ms := time.Second, time.Millisecond
	starting := func(age time.Duration) func(*base) {
		return func(b *base) { b.silent(); b.aged(age) }
	}
	portless := func(age time.Duration) func(*base) {
		return func(b *base) { b.aged(age); b.Observed.Ports[1].Listener = observed.None[observed.Listener]("") }
	}
	failing := func(b *base) { b.silent(); b.History.FailedChecks = 1 }
	asked := func(ago time.Duration) func(*base) { return func(b *base) { b.retired(100, ago) } }
	hurried := func(change func(*base), interval time.Duration) func(*base) {
		return func(b *base) { change(b); b.spec().Interval = every(interval) }
	}
	cases := []struct {
		name   string
		change func(*base)
		want   Situation
		after  time.Duration
	}{
		{"starting, just born", starting(0), Starting, 5 * ms},
		{"starting, a quarter of its age", starting(100 * ms), Starting, 25 * ms},
		{"starting, at most this", starting(10 * second), Starting, 250 * ms},
		{"starting, short interval", hurried(starting(10*second), 100*ms), Starting, 100 * ms},
		{"a port to come, just born", portless(0), PortsIncomplete, 5 * ms},
		{"a port to come", portless(200 * ms), PortsIncomplete, 50 * ms},
		{"a port that does not come", portless(time.Hour), PortsIncomplete, 250 * ms},
		{"failing, a check's timeout", failing, Failing, second},
		{"failing, short interval", hurried(failing, 300*ms), Failing, 300 * ms},
		{"failing, long timeout", func(b *base) { failing(b); b.spec().Health.Timeout = every(time.Minute) }, Failing, 5 * second},
		{"health unknown", func(b *base) { b.Observed.Health = observed.Unsure[observed.Health]("") }, HealthUnknown, second},
		{"asked to stop, the interval is sooner", asked(second), Terminating, 5 * second},
		{"asked to stop, the deadline is sooner", asked(7 * second), Terminating, 3 * second},
		{"asked to stop, long interval", hurried(asked(second), time.Hour), Terminating, 9 * second},
		{"overdue", asked(10 * second), TerminationOverdue, second},
		{"overdue, short interval", hurried(asked(10*second), 200*ms), TerminationOverdue, 200 * ms},
		{"backing off", func(b *base) { b.gone(); b.History.Failures, b.History.NotBefore = 2, b.Now.Add(7*ms) }, BackingOff, 7 * ms},
		{"the file is missing", func(b *base) { b.gone(); b.Desired.Missing = true }, FileMissing, second},
		{"a start", (*base).gone, NotRunning, 5 * ms},
		{"an obstacle", func(b *base) { b.gone(); b.Observed.Executable.Value.Problem = "is a folder" }, ExecutableUnusable, second},
		{"converged, long interval", hurried(func(*base) {}, time.Hour), Converged, time.Hour},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := healthy()
			c.change(&b)
			if p := Compute(b.Input); p.Situation != c.want || p.RequeueAfter != c.after {
				t.Errorf("next look after %s, want %s in %s: %s", p.RequeueAfter, c.after, c.want, p)
			}
		})
	}
}

// TestSoonestDeadlineCounts: of several processes on their way out, the one
// whose time is up first decides, wherever it is in the list.
func TestSoonestDeadlineCounts(t *testing.T) {
	for _, ages := range [][2]time.Duration{{6 * time.Second, 8 * time.Second}, {8 * time.Second, 6 * time.Second}} {
		b := healthy()
		b.Desired.Removed = true
		b.Observed.Processes.Value = append(b.Observed.Processes.Value, marker(200))
		b.retired(100, ages[0])
		b.retired(200, ages[1])
		if p := Compute(b.Input); p.Situation != Terminating || p.RequeueAfter != 2*time.Second {
			t.Errorf("asked %s ago: next look after %s, want 2s: %s", ages, p.RequeueAfter, p)
		}
	}
}
