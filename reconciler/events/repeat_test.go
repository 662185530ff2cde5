package events

import (
	"fmt"
	"testing"
	"time"
)

// pids records that the processes 1 to n ended, one each gap.
func pids(t *testing.T, r *Recorder, n int, gap time.Duration) {
	t.Helper()
	for i := range n {
		e := happen("a")
		e.PID = i + 1
		e.Message = fmt.Sprintf("pid %d ended", e.PID)
		record(t, r, e, noon().Add(time.Duration(i)*gap))
	}
}

// TestAFewTimesAreToldApart, each with its text and time. From the fourth on
// they are counted into the newest, which has the text and the time of the last.
func TestAFewTimesAreToldApart(t *testing.T) {
	path := file(t)
	pids(t, NewRecorder(path), 6, time.Minute)
	list := read(t, path)
	if len(list) != 3 {
		t.Fatalf("%q", words(list))
	}
	for i, want := range []struct {
		pid         int
		count       int64
		first, last time.Duration
	}{{1, 1, 0, 0}, {2, 1, time.Minute, time.Minute}, {6, 4, 2 * time.Minute, 5 * time.Minute}} {
		e := list[i]
		if e.PID != want.pid || e.Message != fmt.Sprintf("pid %d ended", want.pid) || e.Count != want.count ||
			!e.Time.Equal(noon().Add(want.first)) || !e.LastTime.Equal(noon().Add(want.last)) {
			t.Errorf("event %d is %+v, want %+v", i, e, want)
		}
	}
}

// TestTheNewestIsInTheFile at once when it comes later than the last write, and
// with the next pass otherwise.
func TestTheNewestIsInTheFile(t *testing.T) {
	path := file(t)
	r := NewRecorder(path)
	for i := range 200 {
		e := happen("a")
		e.PID = i + 1
		record(t, r, e, noon().Add(time.Duration(i)*5*time.Second))
		if list := read(t, path); list[len(list)-1].PID != e.PID {
			t.Fatalf("after pid %d ended the newest is %+v", e.PID, list[len(list)-1])
		}
	}
	const usualPass = 5 * time.Second
	last := noon().Add(200 * 5 * time.Second)
	for i := range 10 {
		e := happen("a")
		e.PID = 1000 + i
		record(t, r, e, last.Add(time.Duration(i)*time.Millisecond))
	}
	if err := r.Flush(last.Add(usualPass)); err != nil {
		t.Fatal(err)
	}
	if list := read(t, path); list[len(list)-1].PID != 1009 {
		t.Errorf("a pass later the newest is %+v", list[len(list)-1])
	}
}

// TestHotLoop writes a line a second, whatever happens in it.
func TestHotLoop(t *testing.T) {
	path := file(t)
	r := NewRecorder(path)
	for i := range 100 {
		now := noon().Add(time.Duration(i) * 100 * time.Millisecond)
		record(t, r, happen("a"), now)
		record(t, r, happen("b"), now)
	}
	// Three, and one in each of the seconds after them.
	if n := lines(t, path); n != 2*(3+9) {
		t.Errorf("%d lines", n)
	}
	if err := r.Close(noon().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	expect(t, path, "a x1", "b x1", "a x1", "b x1", "a x98", "b x98")
	a := read(t, path)[4]
	if !a.Time.Equal(noon().Add(200*time.Millisecond)) || !a.LastTime.Equal(noon().Add(9900*time.Millisecond)) {
		t.Errorf("from %s to %s", a.Time, a.LastTime)
	}
	if err := r.Flush(noon().Add(time.Hour)); err != nil || lines(t, path) != 2*(3+9+1) {
		t.Errorf("%d lines, %v: a flush with nothing to write wrote", lines(t, path), err)
	}
}

// TestLongLoop is three events in a bounded file.
func TestLongLoop(t *testing.T) {
	path := file(t)
	r := NewRecorder(path)
	const rounds = 5000
	pids(t, r, rounds, time.Second)
	if n := size(t, path); n > maxSize {
		t.Errorf("%d bytes", n)
	}
	list := read(t, path)
	if last := list[len(list)-1]; len(list) != 3 || last.Count != rounds-2 || last.Message != fmt.Sprintf("pid %d ended", rounds) {
		t.Errorf("%d events, the last is %+v", len(list), last)
	}
}

// TestLoopThatSlowsDown: what comes now and then is told each time, also when
// there was a loop before.
func TestLoopThatSlowsDown(t *testing.T) {
	for name, c := range map[string]struct {
		gap  time.Duration
		want int
	}{
		"the pace of a loop": {window / apart, 3},
		// The first of these is the fourth within the window.
		"slower than that": {window/apart + time.Second, 3 + 3},
		"now and then":     {window, 3 + 4},
		"much later":       {time.Hour, 3 + 4},
	} {
		path := file(t)
		r := NewRecorder(path)
		pids(t, r, 10, 30*time.Second)
		for i := range time.Duration(4) {
			record(t, r, happen("a"), noon().Add(9*30*time.Second+(i+1)*c.gap))
		}
		if list := read(t, path); len(list) != c.want {
			t.Errorf("%s: %q", name, words(list))
		}
	}
}

func TestWhatIsNoRepetition(t *testing.T) {
	other := happen("a")
	other.Reason = "Unresponsive"
	exit := happen("a")
	exit.Type = Exit
	for name, c := range map[string]struct {
		second Event
		after  time.Duration
		want   int
	}{
		"the same":                     {happen("a"), time.Second, 3},
		"the same, late":               {happen("a"), window, 3},
		"the same, too late":           {happen("a"), window + time.Second, 4},
		"the same, clock set back":     {happen("a"), -time.Minute, 3},
		"the same, clock set far back": {happen("a"), -time.Hour, 4},
		"another key":                  {happen("b"), time.Second, 4},
		"another reason":               {other, time.Second, 4},
		"another type":                 {exit, time.Second, 4},
	} {
		path := file(t)
		r := NewRecorder(path)
		for range apart {
			record(t, r, happen("a"), noon())
		}
		record(t, r, c.second, noon().Add(c.after))
		if err := r.Close(noon()); err != nil {
			t.Fatal(err)
		}
		if list := read(t, path); len(list) != c.want {
			t.Errorf("%s: %q", name, words(list))
		}
	}
}
