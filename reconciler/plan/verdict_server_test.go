package plan

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

func TestDatabaseFileVerdict(t *testing.T) {
	db := func(change func(*observed.Database)) func(*base) {
		return func(b *base) { change(&b.Observed.Database) }
	}
	opens := func(k observed.Knowledge, more func(*base)) func(*base) {
		return func(b *base) {
			b.edit(func(p *observed.Process) { p.Evidence.OpensDatabase = k })
			more(b)
		}
	}
	nothing := func(*base) {}
	noFile := func(b *base) { b.Observed.Database.File = observed.None[observed.File]("") }
	runVerdicts(t, v1alpha1.ConditionDatabaseFile, []verdictCase{
		{"open", nothing, observed.Known, "Open", "temporal.db open"},
		{"in memory", func(b *base) { b.spec().Storage = v1alpha1.StorageSpec{Type: v1alpha1.StorageMemory} }, observed.Known, "InMemory", ""},
		{"no server", (*base).gone, observed.Absent, "NoProcess", ""},
		{"another storage", opens(observed.Absent, func(b *base) {
			b.edit(func(p *observed.Process) { p.Evidence.NamesDatabase = observed.Absent })
		}), observed.Absent, "OtherStorage", "another storage"},
		{"deleted", opens(observed.Absent, noFile), observed.Absent, "Deleted", "lost when it ends"},
		{"replaced", opens(observed.Absent, nothing), observed.Absent, "Replaced", "still has the old file"},
		{"moved", opens(observed.Absent, func(b *base) {
			noFile(b)
			b.edit(func(p *observed.Process) { p.Another.Path = "/tmp/x.db" })
		}), observed.Absent, "Moved", "was moved to /tmp/x.db under the server"},
		{"replaced, and moved before", opens(observed.Absent, func(b *base) {
			b.edit(func(p *observed.Process) { p.Another.Path = "/tmp/x.db" })
		}), observed.Absent, "Replaced", "still has the old file, now at /tmp/x.db"},
		{"another name", opens(observed.Absent, func(b *base) {
			noFile(b)
			b.edit(func(p *observed.Process) { p.Another = observed.AnotherFile{Inode: 4711, Links: 1} })
		}), observed.Absent, "Moved", "the file that the server has open has another name"},
		{"replaced, and another name", opens(observed.Absent, func(b *base) {
			b.edit(func(p *observed.Process) { p.Another = observed.AnotherFile{Inode: 4711, Links: 1} })
		}), observed.Absent, "Replaced", "and that has another name"},
		{"the link leads elsewhere", opens(observed.Absent, func(b *base) {
			b.Observed.Database.Path = "/tmp/other.db"
			b.edit(func(p *observed.Process) { p.Another.Path = "/tmp/x.db" })
		}), observed.Absent, "Replaced", "leads to /tmp/other.db now, and the server has /tmp/x.db open"},
		{"the link leads nowhere", opens(observed.Absent, func(b *base) {
			noFile(b)
			b.Observed.Database.Path = "/tmp/other.db"
			b.edit(func(p *observed.Process) { p.Another.Path = "/tmp/x.db" })
		}), observed.Absent, "Moved", "leads to /tmp/other.db now, and the server has /tmp/x.db open"},
		{"not opened yet", opens(observed.Absent, func(b *base) { b.History.Served = false }), observed.Absent, "NotOpen", "yet"},
		{"not open, and the file unknown", opens(observed.Absent, func(b *base) {
			b.Observed.Database.File = observed.Unsure[observed.File]("permission denied")
		}), observed.Unknown, "NotObserved", "permission denied"},
		{"the file unknown", db(func(d *observed.Database) { d.File = observed.Unsure[observed.File]("it is a folder") }), observed.Unknown, "NotObserved", "folder"},
		{"it went during the look", noFile, observed.Unknown, "NotObserved", "went during the look"},
		{"its files are unreadable", opens(observed.Unknown, nothing), observed.Unknown, "NotObserved", "cannot be read"},
		{"a child has it open", func(b *base) {
			child := b.server(200, time.Minute)
			child.Session = 100
			b.edit(func(p *observed.Process) { p.Evidence.OpensDatabase = observed.Absent })
			b.Observed.Processes.Value = append(b.Observed.Processes.Value, child)
		}, observed.Known, "Open", ""},
		{"read-only", db(func(d *observed.Database) {
			d.Writable = observed.Fact[bool]{Knowledge: observed.Known, Reason: "read-only file system"}
		}), observed.Absent, "ReadOnly", "read-only file system"},
		{"writable unknown", db(func(d *observed.Database) { d.Writable = observed.Unsure[bool]("access") }), observed.Unknown, "NotObserved", "access"},
		{"as much free as needed", db(func(d *observed.Database) { d.Free = observed.Is[uint64](16 << 20) }), observed.Known, "Open", ""},
		{"less", db(func(d *observed.Database) { d.Free = observed.Is[uint64](3<<20 + 1) }), observed.Absent, "LowSpace", "3 MiB are free"},
		{"a limit that the file has reached", func(b *base) {
			b.edit(func(p *observed.Process) { p.MaxFileSize = 17 << 20 })
			b.Observed.Database.File.Value.Size = 2 << 20
		},
			observed.Absent, "FileSizeLimit", "no database of more than 17 MiB, and "},
		{"a limit that is far away", func(b *base) {
			b.edit(func(p *observed.Process) { p.MaxFileSize = 18 << 20 })
			b.Observed.Database.File.Value.Size = 2 << 20
		},
			observed.Known, "Open", ""},
		{"pages that are used up", func(b *base) { b.spec().SQLitePragmas = map[string]string{"Max_Page_Count": "230"} },
			observed.Absent, "FileSizeLimit", "no database of more than 0 MiB"},
		{"pages enough", func(b *base) {
			b.spec().SQLitePragmas = map[string]string{"max_page_count": "1000000", "page_size": "8192"}
		}, observed.Known, "Open", ""},
		{"free unknown", db(func(d *observed.Database) { d.Free = observed.Unsure[uint64]("statfs") }), observed.Known, "Open", ""},
		{"first boot", (*base).firstBoot, observed.Absent, firstBootUnfinished, "not known to be complete"},
		{"marker unknown", db(func(d *observed.Database) { d.FirstBoot = observed.Unsure[observed.FirstBoot]("a fifo") }), observed.Unknown, "NotObserved", "fifo"},
	})
}

func TestAnswerVerdicts(t *testing.T) {
	answers := func(change func(*observed.Server)) func(*base) {
		return func(b *base) { change(&b.Observed.Server) }
	}
	unasked := observed.Unsure[observed.Check]("cut short")
	runVerdicts(t, v1alpha1.ConditionStoreReadable, []verdictCase{
		{"read", func(*base) {}, observed.Known, "Checked", ""},
		{"not read", answers(func(s *observed.Server) { s.Store = broken("no such table") }), observed.Absent, "CheckFailed", "no such table"},
		{"cut short", answers(func(s *observed.Server) { s.Store = unasked }), observed.Unknown, "NotObserved", "cut short"},
		{"the server hangs", (*base).silent, observed.Unknown, "NotObserved", "does not serve"},
		{"no server", (*base).gone, observed.Absent, "NoProcess", ""},
		{"another cluster", answers(func(s *observed.Server) { s.Cluster.Value.ID = "cluster-9" }), observed.Absent, "OtherCluster", "cluster-9"},
		{"another cluster, and the store not read", answers(func(s *observed.Server) {
			s.Cluster.Value.ID, s.Store = "cluster-9", broken("no answer")
		}), observed.Absent, "OtherCluster", "cluster-1"},
		{"another cluster than before the first boot", func(b *base) {
			b.firstBoot()
			b.Observed.Database.Meta.Value.ClusterID = ""
			b.Observed.Server.Cluster.Value.ID = "cluster-9"
		}, observed.Known, "Checked", ""},
		{"no cluster recorded", func(b *base) { b.Observed.Database.Meta.Value.ClusterID = "" }, observed.Known, "Checked", ""},
		{"nothing recorded", func(b *base) { b.Observed.Database.Meta = observed.None[observed.Meta]("") }, observed.Known, "Checked", ""},
		{"a torn record", func(b *base) { b.Observed.Database.Meta = observed.Unsure[observed.Meta]("torn") }, observed.Unknown, "NotObserved", "torn"},
		{"another cluster in memory", func(b *base) {
			b.spec().Storage = v1alpha1.StorageSpec{Type: v1alpha1.StorageMemory}
			b.Observed.Server.Cluster.Value.ID = "cluster-9"
		}, observed.Known, "Checked", ""},
		{"another cluster on another storage", func(b *base) {
			b.edit(func(p *observed.Process) {
				p.Evidence.NamesDatabase, p.Evidence.OpensDatabase = observed.Absent, observed.Absent
			})
			b.Observed.Server.Cluster.Value.ID = "cluster-9"
		}, observed.Known, "Checked", ""},
	})
	runVerdicts(t, v1alpha1.ConditionVisibilityReadable, []verdictCase{
		{"listed", func(*base) {}, observed.Known, "Checked", ""},
		{"not listed", answers(func(s *observed.Server) { s.Visibility = broken("no answer within 1s") }), observed.Absent, "CheckFailed", "no answer"},
		{"cut short", answers(func(s *observed.Server) { s.Visibility = unasked }), observed.Unknown, "NotObserved", "cut short"},
		{"not asked for no reason", answers(func(s *observed.Server) { s.Visibility = observed.Fact[observed.Check]{} }), observed.Unknown, "NotObserved", "not asked"},
		{"no server", (*base).gone, observed.Absent, "NoProcess", ""},
	})
	runVerdicts(t, v1alpha1.ConditionUIServing, []verdictCase{
		{"200", func(*base) {}, observed.Known, "Checked", ""},
		{"500", answers(func(s *observed.Server) { s.UI = broken("it answers 500") }), observed.Absent, "CheckFailed", "500"},
		{"switched off", func(b *base) { no := false; b.spec().UI.Enabled = &no; b.Observed.Server.UI = unasked }, observed.Known, "Disabled", ""},
		{"no server", (*base).gone, observed.Absent, "NoProcess", ""},
	})
}

func TestContentVerdicts(t *testing.T) {
	orders := func(have observed.Fact[observed.Namespace]) func(*base) {
		return func(b *base) { namespaceValues()[1].set(b); b.Observed.Server.Namespaces["orders"] = have }
	}
	runVerdicts(t, v1alpha1.ConditionNamespacesReady, []verdictCase{
		{"none asked for", func(*base) {}, observed.Known, "NoneAskedFor", ""},
		{"missing", orders(observed.None[observed.Namespace]("")), observed.Absent, "Outdated", "orders is missing"},
		{"as wanted", orders(observed.Is(fresh(72 * time.Hour))), observed.Known, "AsWanted", ""},
		{"another retention", orders(observed.Is(fresh(time.Hour))), observed.Absent, "Outdated", "from 1h0m0s to 72h0m0s"},
		{"unknown", orders(observed.Unsure[observed.Namespace]("cut short")), observed.Unknown, "NotObserved", "cut short"},
		{"the server hangs", func(b *base) { orders(observed.Fact[observed.Namespace]{})(b); b.silent() }, observed.Unknown, "NotObserved", "does not serve"},
		{"no server", func(b *base) { orders(observed.Fact[observed.Namespace]{})(b); b.gone() }, observed.Absent, "NoProcess", ""},
	})
	customer := func(have observed.Fact[map[string]string]) func(*base) {
		return func(b *base) {
			attributeValues()[1].set(b)
			b.Observed.Server.Namespaces[DefaultNamespace] = observed.Is(observed.Namespace{SearchAttributes: have})
		}
	}
	runVerdicts(t, v1alpha1.ConditionSearchAttributesReady, []verdictCase{
		{"none asked for", func(*base) {}, observed.Known, "NoneAskedFor", ""},
		{"missing", customer(observed.Is(map[string]string{"Other": "Int"})), observed.Absent, "Outdated", "namespace default lacks"},
		{"there", customer(observed.Is(map[string]string{"Customer": "Keyword"})), observed.Known, "AsWanted", ""},
		{"another type", customer(observed.Is(map[string]string{"Customer": "Int"})), observed.Absent, "TypeConflict", "Customer is Int in namespace default and Keyword in the spec"},
		{"unknown", customer(observed.Unsure[map[string]string]("cut short")), observed.Unknown, "NotObserved", "cut short"},
		{"no such namespace", func(b *base) {
			attributeValues()[1].set(b)
			b.Observed.Server.Namespaces[DefaultNamespace] = observed.None[observed.Namespace]("")
		}, observed.Absent, "Outdated", "lacks"},
		{"no server", func(b *base) { attributeValues()[1].set(b); b.gone() }, observed.Absent, "NoProcess", ""},
	})
}

// TestEveryNamespaceGetsTheAttributes: those of the spec and the default one,
// which need not be in it, and only what each lacks.
func TestEveryNamespaceGetsTheAttributes(t *testing.T) {
	b := healthy()
	b.spec().Namespaces = []v1alpha1.NamespaceSpec{{Name: "orders"}, {Name: "bills"}}
	b.spec().SearchAttributes = map[string]v1alpha1.SearchAttributeType{"B": "Bool", "A": "Int", "C": "Text"}
	has := func(attributes map[string]string) observed.Fact[observed.Namespace] {
		return observed.Is(observed.Namespace{SearchAttributes: observed.Is(attributes)})
	}
	b.Observed.Server.Namespaces = map[string]observed.Fact[observed.Namespace]{
		"orders": has(map[string]string{"C": "Text"}), "bills": has(map[string]string{"A": "Int", "B": "Bool", "C": "Text", "D": "Double"}),
		"default": has(nil),
	}
	var got []string
	for _, a := range Compute(b.Input).Actions {
		got = append(got, a.String())
	}
	want := []string{
		"AddSearchAttributes orders A=Int, B=Bool (ServerOutdated: namespace orders lacks search attributes)",
		"AddSearchAttributes default A=Int, B=Bool, C=Text (ServerOutdated: namespace default lacks search attributes)",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("actions\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestTableIsThatOfTheDoc: each row of the table in the package doc has rows
// here, with that condition and that answer.
func TestTableIsThatOfTheDoc(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	tested := map[string]int{}
	for _, r := range sickRows() {
		done := map[Situation]string{Unresponsive: "replaced", Frozen: "replaced", DatabaseUnsealed: "sealed"}[r.situation]
		if done == "" {
			done = "told, and left (" + string(r.situation) + ")"
		}
		tested[r.condition+" "+done]++
	}
	documented := 0
	for line := range strings.Lines(string(text)) {
		condition, rest, _ := strings.Cut(strings.TrimPrefix(line, "//\t"), " ")
		if !strings.HasPrefix(line, "//\t") || strings.HasPrefix(condition, "-") || condition == "condition" {
			continue
		}
		documented++
		done := ""
		for _, word := range []string{"replaced when", "told, and left", "sealed when"} {
			if at := strings.Index(rest, word); at >= 0 {
				done = strings.TrimSpace(rest[at:])
			}
		}
		done = strings.TrimSuffix(strings.TrimSuffix(done, " when it has failed"), " when the store works")
		if tested[condition+" "+done]--; done == "" || tested[condition+" "+done] < 0 {
			t.Errorf("no row is tested that says: %s", line)
		}
	}
	if documented < 10 {
		t.Errorf("%d rows were found in the doc", documented)
	}
}
