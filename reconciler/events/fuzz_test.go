package events

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// FuzzRead: any bytes can be read and appended to. What was read before is
// read afterwards, and writing the file anew changes nothing.
func FuzzRead(f *testing.F) {
	path := file(f)
	r := NewRecorder(path)
	for range 3 {
		record(f, r, happen("a"), noon())
		record(f, r, happen("b"), noon())
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][]byte{
		whole, whole[:len(whole)-1], whole[:len(whole)/2], whole[7:], nil, {'\n'}, {0, 0}, []byte("{}\n[]\nnull\n"),
		[]byte(`{"id":9007199254740991,"count":9007199254740991,"type":"x","time":"9999-12-31T23:59:59-23:59","lastTime":"0001-01-01T00:00:01Z"}`),
		[]byte(`{"id":1,"count":1,"type":"x","time":"2026-11-23T12:00:00Z","lastTime":"2026-11-23T12:00:00Z","exitCode":null,"message":"\ud800"}`),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := file(t)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		before := read(t, path)
		ids := map[int64]bool{}
		for _, e := range before {
			if ids[e.ID] || e.ID <= 0 || e.Count <= 0 || e.Time.IsZero() {
				t.Fatalf("read %+v", e)
			}
			ids[e.ID] = true
		}
		r := NewRecorder(path)
		record(t, r, happen("of the test"), noon())
		after := read(t, path)
		if slices.ContainsFunc(before, func(e Event) bool { return noon().Sub(e.LastTime) > maxAge }) {
			before = newest(before, noon()) // the append has left the others out
		}
		want := append(words(before), "of the test x1")
		if diff := cmp.Diff(want, words(after), cmpopts.SortSlices(strings.Compare)); diff != "" && !ids[maxID] {
			t.Fatalf("after an append:\n%s", diff)
		}
		kept := newest(after, noon())
		if err := r.compact(noon()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(words(kept), words(read(t, path))); diff != "" {
			t.Fatalf("written anew:\n%s", diff)
		}
	})
}

// FuzzTail: whoever follows a file while it grows is told each event that
// whoever reads it afterwards sees, with no lower count.
func FuzzTail(f *testing.F) {
	path := file(f)
	r := NewRecorder(path)
	for range 3 {
		record(f, r, happen("a"), noon())
		record(f, r, happen("b"), noon())
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole, 10, 300)
	f.Add(whole, len(whole)-1, len(whole))
	f.Add([]byte("{}\n\n[]"), 1, 3)
	once, err := happen("c").line()
	if err != nil {
		f.Fatal(err)
	}
	begun := bytes.ReplaceAll(once, []byte("0001-01-01"), []byte("2026-01-01"))
	first := bytes.Replace(begun, []byte(`"id":0`), []byte(`"id":1`), 1)
	grown := func(count string) []byte {
		return bytes.Replace(first, []byte(`"count":0`), []byte(`"count":`+count), 1)
	}
	f.Add(slices.Concat(grown("1"), grown("3")), len(grown("1")), 0)
	f.Fuzz(func(t *testing.T, data []byte, one, two int) {
		path := file(t)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		tail := NewTail(path)
		defer tail.Close()
		counts := map[int64]int64{}
		cuts := []int{0, clamp(one, len(data)), clamp(two, len(data)), len(data)}
		for i := range 3 {
			add(t, path, string(data[cuts[i]:max(cuts[i], cuts[i+1])]))
			cuts[i+1] = max(cuts[i], cuts[i+1])
			list, err := tail.Next()
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range list {
				counts[e.ID] = max(counts[e.ID], e.Count)
			}
		}
		for _, e := range read(t, path) {
			if counts[e.ID] < e.Count {
				t.Errorf("event %d x%d was told as x%d", e.ID, e.Count, counts[e.ID])
			}
		}
		if again, err := tail.Next(); err != nil || len(again) > 0 && len(data) == 0 {
			t.Errorf("told once more: %+v, %v", again, err)
		}
	})
}

// clamp makes any number a place in a text.
func clamp(n, length int) int { return max(0, min(n, length)) }
