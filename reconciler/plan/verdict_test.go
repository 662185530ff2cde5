package plan

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// verdictCase changes one thing and looks at one verdict.
type verdictCase struct {
	name   string
	change func(*base)
	holds  observed.Knowledge
	reason string
	// says is part of the message.
	says string
}

func runVerdicts(t *testing.T, condition string, cases []verdictCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(condition+" "+c.name, func(t *testing.T) {
			b := healthy()
			c.change(&b)
			got := Compute(b.Input).Verdict(condition)
			if got.Holds != c.holds || got.Reason != c.reason || !strings.Contains(got.Message, c.says) {
				t.Errorf("%+v, want %s %s with %q", got, c.holds, c.reason, c.says)
			}
		})
	}
}

func TestNegativeVerdicts(t *testing.T) {
	everywhere := func(b *base) {
		b.spec().IP = "0.0.0.0"
		for i := range b.Observed.Ports {
			b.Observed.Ports[i].Address = netip.AddrPortFrom(netip.IPv4Unspecified(), b.Observed.Ports[i].Address.Port())
		}
	}
	runVerdicts(t, v1alpha1.ConditionExposed, []verdictCase{
		{"loopback", func(*base) {}, observed.Absent, "Loopback", ""},
		{"everywhere", everywhere, observed.Known, "NotLoopback", "frontend 7233, http 7243, metrics 9233, ui 8233"},
	})
	shadow := observed.Listener{Address: netip.MustParseAddrPort("[::]:7233"), Owner: observed.Is(stranger(7, "/usr/bin/python3"))}
	runVerdicts(t, v1alpha1.ConditionShadowed, []verdictCase{
		{"alone", func(*base) {}, observed.Absent, "Alone", ""},
		{"a stranger on v6", func(b *base) { b.Observed.Ports[0].Shadow = observed.Is(shadow) }, observed.Known, "ForeignListener", "pid 7 (python3, user ada) also listens on [::]:7233"},
		{"not told", func(b *base) { b.Observed.Ports[0].Shadow = observed.Unsure[observed.Listener]("no netlink") }, observed.Unknown, "NotObserved", "netlink"},
	})
}

func TestVersionSkew(t *testing.T) {
	other := func(objects []string, expected observed.Fact[[]string]) func(*base) {
		return func(b *base) {
			b.Observed.Database.Meta.Value.CreatedBy = "temporal-server 1.28.0"
			b.Observed.Database.Meta.Value.Objects = objects
			b.Observed.Database.Expected = expected
		}
	}
	whole := observed.Is([]string{"index c", "table a", "table b"})
	runVerdicts(t, v1alpha1.ConditionVersionSkew, []verdictCase{
		{"the same build", func(*base) {}, observed.Absent, "SameBuild", build},
		{"in memory", func(b *base) { b.spec().Storage = v1alpha1.StorageSpec{Type: v1alpha1.StorageMemory} }, observed.Absent, "InMemory", ""},
		{"not compared", other(nil, whole), observed.Unknown, "NotObserved", "not compared"},
		{"being found out", other([]string{"table a"}, observed.None[[]string]("")), observed.Unknown, "NotObserved", "found out"},
		{"complete", other([]string{"index c", "table a", "table b"}, whole), observed.Absent, "Complete", ""},
		{"lacking", other([]string{"table a"}, whole), observed.Known, "Lacking", "lacks 2 things"},
		{"an executable that was replaced", func(b *base) {
			other(nil, whole)(b)
			b.Observed.Executable.Value.Build = "temporal-server 1.30.0"
		}, observed.Unknown, "NotObserved", "not the Temporal that a start would run"},
	})
	b := healthy()
	other([]string{"table a"}, observed.None[[]string](""))(&b)
	if p := Compute(b.Input); p.Situation != SchemaUnknown || verbs(p) != "LearnSchema" || p.Actions[0].Database.SchemaPath == "" {
		t.Errorf("what the build makes is not known: %s", p)
	}
}

func TestWriteVerdict(t *testing.T) {
	ago := func(d time.Duration) func(*base) { return func(b *base) { b.History.Write.Time = b.Now.Add(-d) } }
	isLate := func(b *base) {
		b.History.Write.Late, b.History.Write.LateAt = "a write has had no answer within 1s yet", b.Now
	}
	runVerdicts(t, v1alpha1.ConditionStoreWritable, []verdictCase{
		{"a moment ago", func(*base) {}, observed.Known, "Checked", ""},
		{"too long ago", ago(91 * time.Second), observed.Unknown, "NotObserved", "lately"},
		{"before the disk filled up", func(b *base) { b.Observed.Database.Free = observed.Is[uint64](0) }, observed.Unknown, "NotObserved", "not tried since"},
		{"the server hangs", (*base).silent, observed.Unknown, "NotObserved", "does not serve"},
		{"the next one is late", isLate, observed.Unknown, "NotObserved", "no answer within 1s yet"},
		{"the first one is late", func(b *base) { b.History.Write = WriteCheck{}; isLate(b) }, observed.Unknown, "NotObserved", "no answer within 1s yet"},
		{"one was late long ago", func(b *base) { ago(time.Hour)(b); isLate(b); b.History.Write.LateAt = b.History.Write.Time }, observed.Unknown, "NotObserved", "lately"},
		{"late, and the last one failed", func(b *base) { isLate(b); b.History.Write.Problem = "locked" }, observed.Absent, "CheckFailed", "locked"},
		{"no server", (*base).gone, observed.Absent, "NoProcess", ""},
	})
	for d, want := range map[time.Duration]bool{29 * time.Second: false, 30 * time.Second: true} {
		h := History{Write: WriteCheck{Time: testTime()}}
		if h.WriteDue(testTime().Add(d)) != want {
			t.Errorf("%s after a check the next one is due: %t", d, !want)
		}
	}
	if !(History{}).WriteDue(testTime()) {
		t.Error("the first check is not due")
	}
}

// TestNamespaceChanges: what the spec says is made so, and nothing else.
func TestNamespaceChanges(t *testing.T) {
	week := &metav1.Duration{Duration: 168 * time.Hour}
	have := func(n observed.Namespace) observed.Fact[observed.Namespace] { return observed.Is(n) }
	day := observed.Namespace{Retention: 24 * time.Hour, Description: "old"}
	for _, c := range []struct {
		name   string
		wanted v1alpha1.NamespaceSpec
		have   observed.Fact[observed.Namespace]
		verbs  string
		says   string
	}{
		{"missing", v1alpha1.NamespaceSpec{Name: "orders", Retention: week}, observed.None[observed.Namespace](""), "RegisterNamespace", "namespace orders is missing"},
		{"as wanted", v1alpha1.NamespaceSpec{Name: "orders", Retention: &metav1.Duration{Duration: 24 * time.Hour}}, have(day), "", ""},
		{"nothing said of it", v1alpha1.NamespaceSpec{Name: "orders"}, have(day), "", ""},
		{"retention", v1alpha1.NamespaceSpec{Name: "default", Retention: week}, have(day), "UpdateNamespace", "retention changes from 24h0m0s to 168h0m0s"},
		{"description", v1alpha1.NamespaceSpec{Name: "orders", Description: "new"}, have(day), "UpdateNamespace", `from "old" to "new"`},
		{"not told", v1alpha1.NamespaceSpec{Name: "orders", Retention: week}, observed.Unsure[observed.Namespace]("cut short"), "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := healthy()
			b.spec().Namespaces = []v1alpha1.NamespaceSpec{c.wanted}
			b.Observed.Server.Namespaces = map[string]observed.Fact[observed.Namespace]{c.wanted.Name: c.have}
			p := Compute(b.Input)
			if verbs(p) != c.verbs || !strings.Contains(p.Message, c.says) {
				t.Errorf("want %q: %s", c.verbs, p)
			}
			if len(p.Actions) > 0 && (p.Actions[0].Server.Target.PID != 100 || p.Actions[0].Server.ClusterID != "cluster-1") {
				t.Errorf("changes whose server? %+v", p.Actions[0].Server)
			}
		})
	}
}

func TestSearchAttributeChanges(t *testing.T) {
	for _, c := range []struct {
		name  string
		have  map[string]string
		want  Situation
		verbs string
	}{
		{"missing", map[string]string{"Other": "Int"}, ServerOutdated, "AddSearchAttributes"},
		{"there", map[string]string{"CustomerId": "Keyword", "Other": "Int"}, Converged, ""},
		{"another type", map[string]string{"CustomerId": "Text"}, AttributeConflict, ""},
	} {
		b := healthy()
		b.spec().SearchAttributes = map[string]v1alpha1.SearchAttributeType{"CustomerId": v1alpha1.SearchAttributeKeyword}
		b.Observed.Server.Namespaces = map[string]observed.Fact[observed.Namespace]{
			DefaultNamespace: observed.Is(observed.Namespace{SearchAttributes: observed.Is(c.have)}),
		}
		p := Compute(b.Input)
		if p.Situation != c.want || verbs(p) != c.verbs {
			t.Errorf("%s: %s", c.name, p)
		}
		if c.want == AttributeConflict && (!strings.Contains(p.Message, "CustomerId is Text in namespace default and Keyword in the spec") || p.Remedy == "") {
			t.Errorf("the conflict does not name both types: %s", p)
		}
	}
}

func TestCard(t *testing.T) {
	p := stranger(7, "/usr/bin/temporal", "server", "start-dev", "--note", "a\nb\x1b[2J")
	p.WorkingDir, p.Parent, p.Started = "/home/ada/shop", "pid 5 (bash)", testTime().Add(-90*time.Second)
	b := healthy()
	b.gone()
	b.Observed.Ports[0].Listener = listening(p)
	b.Observed.External = observed.Is(observed.External{Process: p, Health: observed.Health{Status: observed.HealthServing}, Database: "/data/t.db"})
	b.Observed.Server = testServer()
	b.Observed.FreePort = observed.Is[uint16](7243)
	got := Compute(b.Input)
	card := strings.Join(got.Conflict.Card(testTime()), "\n")
	for _, want := range []string{
		"frontend port 127.0.0.1:7233 is taken by pid 7", "a Temporal dev server 1.29.1, on file /data/t.db, started by pid 5 (bash)",
		"user     ada", "/usr/bin/temporal", "start-dev --note a?b?[2J", "/home/ada/shop", "(1m30s ago)", "parent   pid 5 (bash)",
	} {
		if !strings.Contains(card, want) {
			t.Errorf("the card lacks %q:\n%s", want, card)
		}
	}
	for _, want := range []string{"stop it yourself", "'stigmer local --port 7243'", "'stigmer local --reuse'"} {
		if !strings.Contains(got.Remedy, want) {
			t.Errorf("the choices lack %q: %s", want, got.Remedy)
		}
	}
	if got.Stranger() == nil || got.Stranger().PID != 7 {
		t.Errorf("its end would not be noticed: %+v", got.Stranger())
	}
}

// TestCommandLine: what a stranger put into its arguments does not reach the
// terminal as anything but text.
func TestCommandLine(t *testing.T) {
	long := strings.Repeat("x", maxCommand)
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"plain":            {[]string{"nc", "-l", "7233"}, "nc -l 7233"},
		"unreadable":       {nil, ""},
		"lines":            {[]string{"sh", "-c", "a\nb\r\tc"}, "sh -c a?b??c"},
		"escapes":          {[]string{"\x1b]0;title\a\x7f"}, "?]0;title??"},
		"8-bit controls":   {[]string{"a\u009b2Jb"}, "a?2Jb"},
		"turned writing":   {[]string{"a\u202eb"}, "a?b"},
		"no UTF-8":         {[]string{"a\xffb"}, "a\ufffdb"},
		"other writing":    {[]string{"grüße", "日本"}, "grüße 日本"},
		"as long as shown": {[]string{long}, long},
		"too long":         {[]string{long + "y"}, long + "..."},
		"cut in a letter":  {[]string{long[1:] + "ü"}, long[1:] + "..."},
	} {
		if got := (Conflict{Process: observed.Process{Args: c.args}}).CommandLine(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestCardOfTheUnseen: what is not known has no line, and what is known is
// text.
func TestCardOfTheUnseen(t *testing.T) {
	unseen := Conflict{Process: observed.Process{User: "root"}, Has: "frontend port 127.0.0.1:7233"}
	if card := unseen.Card(testTime()); !strings.Contains(card[0], "user root") || strings.Contains(card[0], "pid 0") {
		t.Errorf("card %q", card)
	}
	p := stranger(7, "/tmp/a\nb")
	p.User, p.WorkingDir, p.Parent, p.Args, p.Started = "", "/tmp/\x1b[2J", "", nil, time.Time{}
	card := Conflict{Process: p, Has: "x"}.Card(testTime())
	if strings.ContainsAny(strings.Join(card[1:], ""), "\n\x1b") || len(card) != 3 {
		t.Errorf("card %q", card)
	}
}

// TestReuse: a healthy Temporal of somebody else's is the answer only when the
// spec says so, and nothing is ever done about it.
func TestReuse(t *testing.T) {
	p := stranger(9, "/usr/bin/temporal", "server", "start-dev")
	world := func(change func(*base)) base {
		b := healthy()
		b.gone()
		b.spec().PortConflict = v1alpha1.PortConflictReuse
		b.Observed.Ports[0].Listener = listening(p)
		b.Observed.External = observed.Is(observed.External{Process: p, Address: address(7233), Health: observed.Health{Status: observed.HealthServing}})
		b.Observed.Server = testServer()
		change(&b)
		return b
	}
	for _, c := range []struct {
		name   string
		change func(*base)
		want   Situation
	}{
		{"healthy", func(*base) {}, External},
		{"on our database", func(b *base) {
			p.Evidence.OpensDatabase = observed.Known
			only(b, p)
		}, External},
		{"not asked for", func(b *base) { b.spec().PortConflict = v1alpha1.PortConflictWait }, PortHeldByStranger},
		{"not serving", func(b *base) { b.Observed.External.Value.Health.Status = observed.HealthTimeout }, PortHeldByStranger},
		{"store broken", func(b *base) { b.Observed.Server.Store = broken("no answer") }, PortHeldByStranger},
		{"lists not asked", func(b *base) { b.Observed.Server.Visibility = observed.Unsure[observed.Check]("cut short") }, PortHeldByStranger},
		{"not wanted any more", func(b *base) { b.Desired.Removed = true }, Stopped},
		{"gone", (*base).leftAlone, NotRunning},
	} {
		b := world(c.change)
		got := Compute(b.Input)
		if got.Situation != c.want || c.want == External && (len(got.Actions) > 0 || got.External == nil || got.Stranger().PID != 9) {
			t.Errorf("%s: want %s: %s", c.name, c.want, got)
		}
	}
}

// leftAlone is the world after the other Temporal has ended.
func (b *base) leftAlone() {
	b.gone()
	b.Observed.External = observed.None[observed.External]("")
}

// TestSleepIsNoFailure: checks that failed around a sleep do not count, and a
// server that was starting gets its time anew.
func TestSleepIsNoFailure(t *testing.T) {
	b := healthy()
	b.silent()
	b.History.FailedChecks, b.History.Looked = 2, true
	b.Observed.Slept = 8 * time.Hour
	b.look()
	if b.History.FailedChecks != 0 {
		t.Errorf("%d failed checks after a sleep", b.History.FailedChecks)
	}
	b.later(time.Second)
	b.look()
	if b.History.FailedChecks != 1 {
		t.Errorf("%d failed checks, want the one after the sleep", b.History.FailedChecks)
	}

	young := healthy()
	young.silent()
	young.forgotten()
	young.aged(8 * time.Hour)
	young.History.Looked = true
	young.Observed.Slept = 8 * time.Hour
	young.look()
	young.History.FailedChecks = 9
	if p := Compute(young.Input); p.Situation != Starting {
		t.Errorf("a start that slept: %s", p)
	}
	young.later(31 * time.Second)
	young.look()
	young.History.FailedChecks = 9
	if p := Compute(young.Input); p.Situation != StartTimedOut {
		t.Errorf("a start that had its time after a sleep: %s", p)
	}
}

// TestLossesAreCounted: what ends a server says what becomes of its workflows.
func TestLossesAreCounted(t *testing.T) {
	memory := func(b *base) {
		b.spec().Storage = v1alpha1.StorageSpec{Type: v1alpha1.StorageMemory}
		server := b.server(100, 0)
		b.edit(func(p *observed.Process) { p.Args, p.Launch = server.Args, server.Launch })
	}
	for _, c := range []struct {
		name    string
		change  func(*base)
		running observed.Fact[int64]
		want    string
	}{
		{"memory", memory, observed.Is[int64](3), "3 running workflows that it keeps in memory are lost"},
		{"memory, idle", memory, observed.Is[int64](0), "spec.enabled is false"},
		{"memory, not counted", memory, observed.Unsure[int64]("hangs"), "the workflows that it keeps in memory are lost"},
		{"file", func(*base) {}, observed.Is[int64](3), "3 running workflows go on after the next start"},
		{"another file than the spec's", func(b *base) {
			b.edit(func(p *observed.Process) {
				p.Evidence.NamesDatabase, p.Evidence.OpensDatabase = observed.Absent, observed.Absent
				p.StartedOn = observed.Is(observed.StartedOn{Named: "/old.db", Path: "/old.db", Exists: observed.Known, Opens: observed.Known, FirstBoot: observed.Absent})
			})
		}, observed.Is[int64](3), "3 running workflows stay in /old.db"},
	} {
		b := healthy()
		c.change(&b)
		no := false
		b.spec().Enabled = &no
		b.Observed.Server.Running = c.running
		if p := Compute(b.Input); !strings.HasSuffix(p.Message, c.want) || !strings.HasSuffix(p.Actions[0].Message, c.want) {
			t.Errorf("%s: %s", c.name, p)
		}
	}
}
