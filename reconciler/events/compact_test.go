package events

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// large returns an event of about a kilobyte.
func large(name string) Event {
	e := happen(name)
	e.Message = strings.Repeat("x", 1000)
	return e
}

func size(t testing.TB, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func TestLargeFileIsWrittenAnew(t *testing.T) {
	path := file(t)
	r := NewRecorder(path)
	const total = 1800
	shrunk := 0
	var before int64
	for i := range total {
		record(t, r, large(fmt.Sprint(i)), noon().Add(time.Duration(i)*time.Second))
		now := size(t, path)
		if now > maxSize {
			t.Fatalf("%d bytes after event %d", now, i)
		}
		if now < before {
			shrunk++
			if now > maxSize/2 {
				t.Errorf("written anew with %d bytes", now)
			}
		}
		before = now
	}
	if shrunk < 1 || shrunk > 3 {
		t.Errorf("written anew %d times", shrunk)
	}
	list := read(t, path)
	for i, e := range list {
		if want := total - len(list) + i; e.Key != fmt.Sprint(want) || e.ID != int64(want)+1 {
			t.Fatalf("event %d is %s with id %d, want %d", i, e.Key, e.ID, want)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestCountsSurviveCompaction: one that goes on is as new as its last time.
func TestCountsSurviveCompaction(t *testing.T) {
	path := file(t)
	r := NewRecorder(path)
	const total = 1300
	for i := range total {
		now := noon().Add(time.Duration(i) * time.Second)
		record(t, r, happen("loop"), now)
		record(t, r, large(fmt.Sprint(i)), now)
	}
	if err := r.Close(noon().Add(total * time.Second)); err != nil {
		t.Fatal(err)
	}
	list := read(t, path)
	i := slices.IndexFunc(list, func(e Event) bool { return e.Key == "loop" })
	if e := list[i]; e.ID != 5 || e.Count != total-2 {
		t.Errorf("the loop has id %d, %d times", e.ID, e.Count)
	}
}

func TestOldEventsGo(t *testing.T) {
	path := file(t)
	r := NewRecorder(path)
	day := func(n int) time.Time { return noon().Add(time.Duration(n) * 24 * time.Hour) }
	for n := range 30 {
		record(t, r, happen(fmt.Sprint(n)), day(n))
	}
	list := read(t, path)
	if first := list[0]; first.LastTime.Before(day(29).Add(-maxAge-ageEvery)) || len(list) < 14 {
		t.Errorf("%d events, the first of %s", len(list), first.LastTime)
	}
	record(t, NewRecorder(path), happen("last"), day(100))
	expect(t, path, "last x1")
}

// TestHugeFileIsCut: one that somebody filled is read from its end.
func TestHugeFileIsCut(t *testing.T) {
	path := file(t)
	r := NewRecorder(path)
	record(t, r, happen("a"), noon())
	if err := os.Truncate(path, 64<<20); err != nil {
		t.Fatal(err)
	}
	record(t, r, happen("b"), noon())
	record(t, r, happen("c"), noon())
	expect(t, path, "b x1", "c x1")
	if n := size(t, path); n > 1000 {
		t.Errorf("%d bytes", n)
	}
}

// TestFileThatCannotBeReplaced is appended to, up to a bound. There is no room
// for the name of a temporary file beside it.
func TestFileThatCannotBeReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), strings.Repeat("n", 250))
	r := NewRecorder(path)
	record(t, r, happen("first"), noon())
	add(t, path, strings.Repeat("x", 2*maxSize-5000)+"\n")
	var failure error
	for i := range 20 {
		if failure = r.Record(large(fmt.Sprint(i)), noon()); failure == nil {
			t.Fatalf("event %d: no error, and the file is too large", i)
		}
	}
	if !errors.Is(failure, unix.ENAMETOOLONG) {
		t.Error(failure)
	}
	if n := size(t, path); n <= 2*maxSize || n > 2*maxSize+2000 {
		t.Errorf("%d bytes", n)
	}
	if list := read(t, path); list[0].Key != "first" || len(list) < 4 || len(list) > 8 {
		t.Errorf("%q", words(list))
	}
}

// TestIDsRunOut, in a file that somebody made up.
func TestIDsRunOut(t *testing.T) {
	path := file(t)
	e := happen("a")
	e.ID, e.Count, e.Time, e.LastTime = maxID, maxID, noon(), noon()
	line, err := e.line()
	if err == nil {
		err = os.WriteFile(path, line, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	r := NewRecorder(path)
	record(t, r, happen("b"), noon())
	record(t, r, happen("c"), noon())
	expect(t, path, fmt.Sprintf("a x%d", maxID), "b x1", "c x1")
}
