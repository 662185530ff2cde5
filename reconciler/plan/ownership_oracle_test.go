package plan

import (
	"fmt"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// strength is what a piece of evidence counts for in the oracle: something
// only when it was seen.
func strength(k observed.Knowledge) bool { return k == observed.Known }

// recordCase is a pid record, and whether it names process 300 given what the
// look says of their start times.
type recordCase struct {
	name  string
	fact  observed.Fact[observed.Record]
	names func(matches observed.Knowledge) bool
}

func recordCases() []recordCase {
	never := func(observed.Knowledge) bool { return false }
	is := func(format observed.RecordFormat, pid int) observed.Fact[observed.Record] {
		return observed.Is(observed.Record{Format: format, PID: pid})
	}
	return []recordCase{
		{"none", observed.None[observed.Record](""), never},
		{"unreadable", observed.Unsure[observed.Record]("denied"), never},
		{"current, its pid", is(observed.RecordCurrent, 300), strength},
		{"current, another pid", is(observed.RecordCurrent, 301), never},
		{"legacy, its pid", is(observed.RecordLegacy, 300), func(observed.Knowledge) bool { return true }},
		{"legacy, another pid", is(observed.RecordLegacy, 301), never},
		{"corrupt", is(observed.RecordCorrupt, 0), never},
	}
}

// maySignal is the rule that isOurs documents. The mark proves alone; the
// lock with one more sign, a server's command line or a record that names the
// process; the database only with both.
func maySignal(e observed.Evidence, server, named bool) bool {
	if strength(e.CarriesMark) {
		return true
	}
	if strength(e.HoldsLock) && (server || named) {
		return true
	}
	return strength(e.NamesDatabase) && server && named
}

// TestSignalsOnlyOnProof goes through all evidence that one process can show,
// and judges by the signals of two plans: that of an instance which is to
// stop, and that of one which was asked to and did not.
func TestSignalsOnlyOnProof(t *testing.T) {
	facts := []observed.Knowledge{observed.Unknown, observed.Absent, observed.Known}
	commands := map[string][]string{
		"server": {"/opt/temporal", "server", "start-dev"}, "other": {"/opt/temporal", "workflow", "list"}, "unreadable": nil,
	}
	cells, proven := 0, 0
	for _, record := range recordCases() {
		for command, args := range commands {
			for i := range 81 {
				e := observed.Evidence{
					HoldsLock: facts[i%3], CarriesMark: facts[i/3%3], MatchesRecord: facts[i/9%3], NamesDatabase: facts[i/27],
				}
				want := maySignal(e, command == "server", record.names(e.MatchesRecord))
				cells++
				if want {
					proven++
				}
				world := fmt.Sprintf("%+v, record %s, command line %s", e, record.name, command)
				checkSignals(t, suspect(e, record.fact, args), want, world)
			}
		}
	}
	t.Logf("%d cells, %d of them proven", cells, proven)
}

// suspect returns a world with one process, of an instance that should stop.
func suspect(e observed.Evidence, record observed.Fact[observed.Record], args []string) base {
	b := healthy()
	b.gone()
	b.Desired.Removed = true
	b.Observed.Record = record
	p := stranger(300, "/opt/temporal")
	p.Args, p.Evidence = args, e
	only(&b, p)
	if strength(e.HoldsLock) {
		b.Observed.Lock = observed.Is(observed.Lock{Path: "/l", Holder: observed.Is(p)})
	}
	return b
}

func checkSignals(t *testing.T, b base, want bool, world string) {
	t.Helper()
	for _, verb := range []Verb{Terminate, Kill} {
		if verb == Kill {
			b.retired(300, time.Hour)
		}
		got, expected := "", ""
		if want {
			expected = fmt.Sprintf("%s 300;", verb)
		}
		p := Compute(b.Input)
		for _, a := range p.Actions {
			if a.Verb == Terminate || a.Verb == Kill {
				got += fmt.Sprintf("%s %d;", a.Verb, a.Target.PID)
			}
		}
		if got != expected {
			t.Errorf("%s: signals %q, want %q\n%s", world, got, expected, p)
		}
	}
}
