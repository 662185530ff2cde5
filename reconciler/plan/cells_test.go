package plan

import (
	"maps"
	"reflect"
	"slices"
	"sync"
	"testing"
)

// value is one value of one dimension of the world.
type value struct {
	name string
	set  func(*base)
}

// product is all combinations of the values of its dimensions. Those that
// decide together are in one product; what is left out is as in a healthy world.
type product struct {
	name       string
	dimensions [][]value
}

func products() []product {
	who := dimensions()
	return []product{
		{"who runs and listens", append(who[:5:5], who[6:]...)},
		{"a start on what lies on the disk", startDimensions()},
		{"a server and its data", servingDimensions()},
		{"what is changed in place", changeDimensions()},
		{"strangers", strangerDimensions()},
	}
}

// TestEveryCell goes through the products. It keeps the invariants of the
// design in every cell, each judged without the code that decides, and finds
// every rule used.
func TestEveryCell(t *testing.T) {
	var mu sync.Mutex
	used, cells := map[Situation]int{}, 0
	t.Run("products", func(t *testing.T) {
		for _, p := range products() {
			t.Run(p.name, func(t *testing.T) {
				t.Parallel()
				met := p.walk(t)
				mu.Lock()
				defer mu.Unlock()
				for situation, times := range met {
					used[situation] += times
					cells += times
				}
			})
		}
	})
	for _, r := range rules() {
		if used[r.situation] == 0 {
			t.Errorf("rule %s is dead: no cell reaches it", r.situation)
		}
	}
	t.Logf("%d cells, %d rules, of which most seldom: %v", cells, len(used), seldom(used))
}

// seldom returns the three rules that the fewest cells reach.
func seldom(used map[Situation]int) []Situation {
	list := slices.SortedFunc(maps.Keys(used), func(a, b Situation) int { return used[a] - used[b] })
	return list[:min(3, len(list))]
}

// walk judges each cell of a product, and counts the rules that it meets.
func (p product) walk(t *testing.T) map[Situation]int {
	template := healthy()
	launch := LaunchFor(template.Desired, testExecutable())
	template.launch = &launch
	used, cells := map[Situation]int{}, 0
	index := make([]int, len(p.dimensions))
	for {
		b := template.clone()
		for d, values := range p.dimensions {
			values[index[d]].set(&b)
		}
		got := Compute(b.Input)
		used[got.Situation]++
		if fault := violation(b, got); fault != "" {
			t.Fatalf("%s\nin the world: %s\n%s", fault, describeCell(index, p.dimensions), got)
		}
		if cells++; cells%97 == 0 && !reflect.DeepEqual(got, Compute(b.Input)) {
			t.Fatalf("computed twice, two plans\nin the world: %s", describeCell(index, p.dimensions))
		}
		if !advance(index, p.dimensions) {
			t.Logf("%d cells", cells)
			return used
		}
	}
}

// clone returns the world with nothing shared that a value changes, and
// without a history.
func (b base) clone() base {
	object := *b.Desired.Object
	b.Desired.Object = &object
	b.Observed.Ports = slices.Clone(b.Observed.Ports)
	b.forgotten()
	return b
}

func describeCell(index []int, table [][]value) string {
	name := ""
	for d, values := range table {
		name += values[index[d]].name + "; "
	}
	return name
}

func advance(index []int, table [][]value) bool {
	for d := range index {
		if index[d]++; index[d] < len(table[d]) {
			return true
		}
		index[d] = 0
	}
	return false
}
