package events

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// noon is when the tests begin.
func noon() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

// file returns the path of a file of events that is not there yet.
func file(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "temporal.events.jsonl")
}

// happen returns an event that repeats those with the same name only.
func happen(name string) Event {
	return Event{Type: Action, Reason: "Drifted", Message: name + " happened", Key: name}
}

func record(t testing.TB, r *Recorder, e Event, now time.Time) {
	t.Helper()
	if err := r.Record(e, now); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, path string) []Event {
	t.Helper()
	list, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// told returns the events as "key xcount".
func words(list []Event) []string {
	var all []string
	for _, e := range list {
		all = append(all, fmt.Sprintf("%s x%d", e.Key, e.Count))
	}
	return all
}

func expect(t testing.TB, path string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, words(read(t, path))); diff != "" {
		t.Errorf("the file has (-want +got):\n%s", diff)
	}
}

func lines(t testing.TB, path string) int {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(data, []byte{'\n'})
}

func TestWhatIsRecordedIsRead(t *testing.T) {
	path := file(t)
	code := int32(3)
	e := Event{
		Type: Action, Reason: "Drifted", Message: "Terminate pid 7 <now> & \"then\"\nwait", Situation: "Drifted", Generation: 2,
		Verb: "Terminate", Error: "no", PID: 7, StartedPID: 8, Condition: "Ready", From: "True/Serving", To: "False/Gone",
		ExitCode: &code, Signal: "killed", Remedy: "do", Key: "k",
	}
	record(t, NewRecorder(path), e, noon().Add(1234567*time.Nanosecond).In(time.FixedZone("", 3600)))
	e.ID, e.Count = 1, 1
	e.Time = noon().Add(time.Millisecond)
	e.LastTime = e.Time
	if diff := cmp.Diff([]Event{e}, read(t, path)); diff != "" {
		t.Error(diff)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 || lines(t, path) != 1 {
		t.Errorf("mode %v, %v, %d lines", info.Mode(), err, lines(t, path))
	}
}

func TestNoFileIsNoEvents(t *testing.T) {
	if list := read(t, file(t)); len(list) > 0 {
		t.Errorf("%v", list)
	}
}

func TestDaemonsInSequence(t *testing.T) {
	path := file(t)
	first := NewRecorder(path)
	for range 4 {
		record(t, first, happen("a"), noon())
	}
	record(t, first, happen("b"), noon())
	if err := first.Close(noon()); err != nil {
		t.Fatal(err)
	}
	expect(t, path, "a x1", "a x1", "a x2", "b x1")
	second := NewRecorder(path)
	record(t, second, happen("a"), noon().Add(time.Minute))
	record(t, second, happen("c"), noon().Add(time.Minute))
	expect(t, path, "a x1", "a x1", "b x1", "a x3", "c x1")
	third := NewRecorder(path)
	record(t, third, happen("b"), noon().Add(time.Hour))
	expect(t, path, "a x1", "a x1", "b x1", "a x3", "c x1", "b x1")
	for i, e := range read(t, path) {
		if want := []int64{1, 2, 4, 3, 5, 6}[i]; e.ID != want {
			t.Errorf("event %d has id %d, want %d", i, e.ID, want)
		}
	}
}

func TestTornLines(t *testing.T) {
	for name, tail := range map[string]string{
		"half a line": `{"id":2,"time":"2026-11-2`, "no newline": `{"id":9}`, "zeros": "\x00\x00\x00",
		"not JSON": "what\n", "not ours": "{\"id\":0}\n", "a list": "[]\n", "empty lines": "\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			path := file(t)
			r := NewRecorder(path)
			record(t, r, happen("a"), noon())
			add(t, path, tail)
			expect(t, path, "a x1")
			record(t, NewRecorder(path), happen("b"), noon())
			record(t, r, happen("c"), noon())
			expect(t, path, "a x1", "b x1", "c x1")
		})
	}
}

// TestLastLineWithoutItsNewline is complete, and stays so.
func TestLastLineWithoutItsNewline(t *testing.T) {
	path := file(t)
	record(t, NewRecorder(path), happen("a"), noon())
	info, err := os.Stat(path)
	if err == nil {
		err = os.Truncate(path, info.Size()-1)
	}
	if err != nil {
		t.Fatal(err)
	}
	expect(t, path, "a x1")
	r := NewRecorder(path)
	record(t, r, happen("a"), noon())
	record(t, r, happen("b"), noon())
	expect(t, path, "a x1", "a x1", "b x1")
}

// add appends to the file as somebody else would.
func add(t testing.TB, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString(text)
	}
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
}

func TestRemovedAndReplacedFiles(t *testing.T) {
	path := file(t)
	r := NewRecorder(path)
	for range 5 {
		record(t, r, happen("a"), noon())
	}
	remove(t, path)
	record(t, r, happen("a"), noon())
	expect(t, path, "a x1")
	if id := read(t, path)[0].ID; id != 4 {
		t.Errorf("id %d was used before", id)
	}
	other := file(t)
	record(t, NewRecorder(other), happen("x"), noon())
	if err := os.Rename(other, path); err != nil {
		t.Fatal(err)
	}
	record(t, r, happen("x"), noon())
	record(t, r, happen("a"), noon())
	expect(t, path, "x x1", "x x1", "a x1")
}

func remove(t testing.TB, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

// TestHostilePlaces: nothing but a regular file is used, nothing waits, and
// what happened meanwhile is written when there is room.
func TestHostilePlaces(t *testing.T) {
	target := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(target, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, plant := range map[string]func(string) error{
		"a pipe":          func(path string) error { return unix.Mkfifo(path, 0o600) },
		"a folder":        func(path string) error { return os.Mkdir(path, 0o700) },
		"a link":          func(path string) error { return os.Symlink(target, path) },
		"a dangling link": func(path string) error { return os.Symlink(target+"2", path) },
	} {
		t.Run(name, func(t *testing.T) {
			path := file(t)
			if err := plant(path); err != nil {
				t.Fatal(err)
			}
			r := NewRecorder(path)
			var refused *NotRegularError
			for i := range 5 {
				if err := r.Record(happen("a"), noon().Add(time.Duration(i)*time.Second)); !errors.As(err, &refused) || refused.Path != path {
					t.Fatalf("recorded: %v", err)
				}
			}
			if _, err := Read(path); !errors.As(err, &refused) {
				t.Errorf("read: %v", err)
			}
			remove(t, path)
			if err := r.Flush(noon().Add(6 * time.Second)); err != nil {
				t.Fatal(err)
			}
			expect(t, path, "a x1", "a x1", "a x3")
		})
	}
	if data, err := os.ReadFile(target); err != nil || string(data) != "precious" {
		t.Errorf("the target of the link: %q, %v", data, err)
	}
	if _, err := os.Lstat(target + "2"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the target of the dangling link: %v", err)
	}
}

// TestWhatCannotBeWrittenIsKept, up to a bound, and in order.
func TestWhatCannotBeWrittenIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "status", "temporal.events.jsonl")
	r := NewRecorder(path)
	for i := range 3 * maxRecent {
		if err := r.Record(happen(fmt.Sprint(i)), noon()); !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := r.Flush(noon()); err != nil {
		t.Fatal(err)
	}
	list := read(t, path)
	if len(list) != maxRecent || list[0].Key != fmt.Sprint(2*maxRecent) || list[maxRecent-1].Key != fmt.Sprint(3*maxRecent-1) {
		t.Errorf("%d events, from %s", len(list), list[0].Key)
	}
}

func TestLongTextsAreCut(t *testing.T) {
	path := file(t)
	e := happen("a")
	e.Message = strings.Repeat("é", maxText)
	record(t, NewRecorder(path), e, noon())
	message := read(t, path)[0].Message
	if len(message) > maxText+3 || !strings.HasPrefix(e.Message, strings.TrimSuffix(message, "…")) {
		t.Errorf("%d bytes, %q", len(message), message[len(message)-8:])
	}
}

func TestSecretsAreHidden(t *testing.T) {
	for text, want := range map[string]string{
		"psql --password hunter2 -x":            "psql --password *** -x",
		"run --api-key=hunter2, then":           "run --api-key=*** then",
		`MY_TOKEN="hun ter2" GITHUB_SECRET=x y`: `MY_TOKEN=*** GITHUB_SECRET=*** y`,
		"Authorization: Bearer hunter2":         "Authorization: Bearer ***",
		"postgres://me:hunter2@db/x":            "postgres://me:***@db/x",
		"http://127.0.0.1:7233/a@b":             "http://127.0.0.1:7233/a@b",
		"the token is bad; spec.env[API_KEY]":   "the token is bad; spec.env[API_KEY]",
		"pid 12 (temporal, user me) serves":     "pid 12 (temporal, user me) serves",
	} {
		path := file(t)
		record(t, NewRecorder(path), Event{Type: Refusal, Reason: "X", Message: text, Error: text, Remedy: text, Key: text}, noon())
		e := read(t, path)[0]
		for _, got := range []string{e.Message, e.Error, e.Remedy, e.Key} {
			if got != want {
				t.Errorf("%q was recorded as %q", text, got)
			}
		}
	}
}
