package plan

import (
	"time"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// changeDimensions: a server lives, in a file or in memory, and what is inside
// it is not as the spec says.
func changeDimensions() [][]value {
	return [][]value{storageValues(), ownerValues(), namespaceValues(), attributeValues(), answerValues(),
		markerValues()[:2], changeMetaValues(), changeWishValues(), patienceValues()}
}

func storageValues() []value {
	memory := healthy()
	memory.spec().Storage = v1alpha1.StorageSpec{Type: v1alpha1.StorageMemory}
	launch := LaunchFor(memory.Desired, testExecutable())
	return []value{
		{"in a file", func(*base) {}},
		{"in memory", func(b *base) {
			b.spec().Storage, b.launch = v1alpha1.StorageSpec{Type: v1alpha1.StorageMemory}, &launch
			b.Observed.Database = observed.Database{}
		}},
	}
}

func ownerValues() []value {
	server := func(age time.Duration, change func(*base)) func(*base) {
		return func(b *base) {
			p := b.server(100, age)
			if b.spec().Storage.Path == "" {
				p.Evidence.NamesDatabase, p.Evidence.OpensDatabase = observed.Absent, observed.Absent
			}
			only(b, p)
			b.edit(func(*observed.Process) {})
			change(b)
		}
	}
	return []value{
		{"ours", server(time.Hour, func(*base) {})},
		{"ours, young", server(time.Second, func(*base) {})},
		{"ours, and a stranger has the port", server(time.Hour, func(b *base) { b.Observed.Ports[0].Listener = listening(stranger(9, "/usr/bin/python3")) })},
		{"ours, and somebody unseen has the port", server(time.Hour, func(b *base) { b.Observed.Ports[0].Listener = observed.Is(observed.Listener{User: "root"}) })},
	}
}

func namespaceValues() []value {
	orders := func(have observed.Fact[observed.Namespace]) func(*base) {
		return func(b *base) {
			b.spec().Namespaces = []v1alpha1.NamespaceSpec{{Name: "orders", Retention: days(3)}}
			b.Observed.Server.Namespaces = map[string]observed.Fact[observed.Namespace]{"orders": have}
		}
	}
	return []value{
		{"no namespace wanted", func(*base) {}},
		{"orders missing", orders(observed.None[observed.Namespace](""))},
		{"orders as wanted", orders(observed.Is(fresh(72 * time.Hour)))},
		{"orders with another retention", orders(observed.Is(fresh(24 * time.Hour)))},
		{"orders unknown", orders(observed.Unsure[observed.Namespace]("cut short"))},
	}
}

func attributeValues() []value {
	customer := func(have observed.Fact[map[string]string]) func(*base) {
		return func(b *base) {
			b.spec().SearchAttributes = map[string]v1alpha1.SearchAttributeType{"Customer": v1alpha1.SearchAttributeKeyword}
			all := map[string]observed.Fact[observed.Namespace]{
				DefaultNamespace: observed.Is(observed.Namespace{Retention: 24 * time.Hour, SearchAttributes: have}),
			}
			for name, namespace := range b.Observed.Server.Namespaces {
				all[name] = namespace
			}
			b.Observed.Server.Namespaces = all
		}
	}
	return []value{
		{"no attribute wanted", func(*base) {}},
		{"attribute missing", customer(observed.Is(map[string]string{}))},
		{"attribute there", customer(observed.Is(map[string]string{"Customer": "Keyword"}))},
		{"attribute of another type", customer(observed.Is(map[string]string{"Customer": "Int"}))},
		{"attributes unknown", customer(observed.Unsure[map[string]string]("cut short"))},
	}
}

func changeMetaValues() []value {
	all := metaValues()
	return []value{all[0], all[3], all[5]}
}

func changeWishValues() []value {
	all := wishValues()
	return []value{all[0], all[2], all[3]}
}

// patienceValues are checks that failed, as often as it takes for a server on
// a file, and as often as it takes for one in memory.
func patienceValues() []value {
	failed := func(times int) func(*base) {
		return func(b *base) {
			b.History.Served, b.History.StoreRead, b.History.StoreWritten, b.History.FailedChecks = true, true, true, times
		}
	}
	return []value{{"checks well", failed(0)}, {"3 checks failed", failed(3)}, {"6 checks failed", failed(6)}}
}

// strangerDimensions: a Temporal that is not ours may have the port.
func strangerDimensions() [][]value {
	return [][]value{conflictValues(), guestValues(), guestHealthValues(), guestAnswerValues(), guestProcessValues(),
		lockValues(), guestWishValues(), idleValues()}
}

func conflictValues() []value {
	return []value{
		{"to wait", func(*base) {}},
		{"to reuse", func(b *base) { b.spec().PortConflict = v1alpha1.PortConflictReuse }},
	}
}

// guest is the Temporal that is not ours.
func guest() observed.Process { return stranger(9, "/usr/bin/temporal", "server", "start-dev") }

func guestValues() []value {
	has := func(ports int) func(*base) {
		return func(b *base) {
			b.gone()
			for i := range b.Observed.Ports[:ports] {
				b.Observed.Ports[i].Listener = listening(guest())
			}
			b.Observed.External = observed.Is(observed.External{Process: guest(), Address: b.Observed.Ports[0].Address})
		}
	}
	return []value{
		{"nobody has the port", func(b *base) { b.gone(); b.Observed.External = observed.None[observed.External]("") }},
		{"it has the frontend's port", has(1)},
		{"it has every port", has(4)},
		{"a python has the port", func(b *base) {
			b.gone()
			b.Observed.Ports[0].Listener = listening(stranger(9, "/usr/bin/python3"))
			b.Observed.External = observed.None[observed.External]("")
		}},
		{"who has the port is not known", func(b *base) {
			b.gone()
			b.Observed.Ports[0].Listener = observed.Is(observed.Listener{User: "root"})
			b.Observed.External = observed.Unsure[observed.External]("denied")
		}},
	}
}

func guestHealthValues() []value {
	health := func(status observed.HealthStatus) func(*base) {
		return func(b *base) { b.Observed.External.Value.Health.Status = status }
	}
	return []value{{"it serves", health(observed.HealthServing)}, {"it hangs", health(observed.HealthTimeout)}}
}

func guestAnswerValues() []value {
	return []value{
		{"its answers are good", func(b *base) { b.Observed.Server = testServer() }},
		{"its store is not read", func(b *base) { b.Observed.Server = testServer(); b.Observed.Server.Store = broken("no answer") }},
		{"it was not asked", func(b *base) { b.Observed.Server = observed.Server{} }},
	}
}

func guestProcessValues() []value {
	with := func(ps ...observed.Process) func(*base) { return func(b *base) { only(b, ps...) } }
	onOurs := guest()
	onOurs.Evidence.NamesDatabase, onOurs.Evidence.OpensDatabase = observed.Known, observed.Known
	return []value{
		{"nothing of ours", with()},
		{"a leftover of ours", with(marker(200))},
		{"it has our database", with(onOurs)},
		{"our server, on another port", func(b *base) { only(b, b.server(100, time.Hour)) }},
	}
}

func guestWishValues() []value {
	all := wishValues()
	return append(all[:6:6], value{"file missing", func(b *base) { b.Desired.Missing = true }})
}
