package events

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// follower returns a Tail and what checks its next answer.
func follower(t *testing.T, path string) func(want ...string) {
	tail := NewTail(path)
	t.Cleanup(func() { tail.Close() })
	return func(want ...string) {
		t.Helper()
		list, err := tail.Next()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, words(list)); diff != "" {
			t.Errorf("new events (-want +got):\n%s", diff)
		}
	}
}

func TestTailFollows(t *testing.T) {
	path := file(t)
	next := follower(t, path)
	next()
	r := NewRecorder(path)
	record(t, r, happen("a"), noon())
	record(t, r, happen("b"), noon())
	next("a x1", "b x1")
	next()
	for i := range 4 {
		record(t, r, happen("a"), noon().Add(time.Duration(i)*time.Second))
	}
	next("a x1", "a x3")
	record(t, r, happen("a"), noon().Add(4*time.Second))
	next("a x4")
	add(t, path, `{"id":3,`)
	next()
	add(t, path, "\n")
	record(t, r, happen("c"), noon().Add(5*time.Second))
	next("c x1")
	remove(t, path)
	next()
	record(t, r, happen("d"), noon().Add(5*time.Second))
	next("d x1")
}

// TestTailAcrossCompaction: nothing is missed and nothing told twice, also
// when the file is replaced between two looks, and when it is another daemon.
func TestTailAcrossCompaction(t *testing.T) {
	path := file(t)
	r := NewRecorder(path)
	next := follower(t, path)
	record(t, r, happen("a"), noon())
	next("a x1")
	record(t, r, happen("b"), noon())
	if err := r.compact(noon()); err != nil {
		t.Fatal(err)
	}
	next("b x1")
	record(t, r, happen("c"), noon())
	if err := r.compact(noon().Add(2 * maxAge)); err != nil {
		t.Fatal(err)
	}
	next("c x1")
	next()
	record(t, NewRecorder(path), happen("a"), noon())
	next("a x1")
	remove(t, path)
	// The ids begin again, and the same thing happens.
	record(t, NewRecorder(path), happen("a"), noon().Add(time.Hour))
	next("a x1")
}

// TestTailTellsAll: whatever a writer does, a follower ends up with what the
// file says, each event told again only with a higher count.
func TestTailTellsAll(t *testing.T) {
	for seed := range uint64(6) {
		chance := rand.New(rand.NewPCG(seed, 1))
		path := file(t)
		r, tail := NewRecorder(path), NewTail(path)
		now := noon()
		counts := map[int64]int64{}
		look := func() {
			list, err := tail.Next()
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range list {
				if e.Count <= counts[e.ID] {
					t.Fatalf("seed %d: %s is told again with count %d", seed, e.Key, e.Count)
				}
				counts[e.ID] = e.Count
			}
		}
		for range 200 {
			now = now.Add(time.Duration(chance.IntN(100)) * time.Second)
			switch chance.IntN(8) {
			case 0:
				r = NewRecorder(path)
			case 1:
				if _, err := os.Stat(path); err == nil {
					if err := r.compact(now); err != nil {
						t.Fatal(err)
					}
				}
			case 2:
				if err := r.Close(now); err != nil {
					t.Fatal(err)
				}
			case 3, 4:
				look()
			default:
				record(t, r, happen(fmt.Sprint(chance.IntN(5))), now)
			}
		}
		look()
		for _, e := range read(t, path) {
			if counts[e.ID] != e.Count {
				t.Errorf("seed %d: %s x%d was told as x%d", seed, e.Key, e.Count, counts[e.ID])
			}
		}
		if err := tail.Close(); err != nil {
			t.Error(err)
		}
	}
}
