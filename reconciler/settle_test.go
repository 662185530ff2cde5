package reconciler

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/api/encoding"
	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer"
)

const (
	inMemory = written + "  storage: {type: Memory}\n"
	// half is a part of edited that asks for another storage than inMemory.
	half   = written + "  logLevel: error\n"
	rest   = "  storage: {type: Memory}\n"
	edited = half + rest
)

// inPlace writes a file as a shell does with ">" or ">>".
func inPlace(t testing.TB, path, content string, flag int) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|flag, 0o600)
	if err == nil {
		_, err = file.WriteString(content)
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// sees returns what a read says, in short.
func sees(s *source, now time.Time) string {
	desired, problem := s.read(now)
	if desired.Object == nil {
		return "nothing " + problem
	}
	return fmt.Sprintf("%d %s %s %s", desired.Object.Generation, desired.Object.Spec.Storage.Type, desired.Object.Spec.LogLevel, problem)
}

const before, after = "1 Memory warn ", "2 Memory error "

// TestHalfAFileIsNotTaken: what is there of a file between the writes of a slow
// writer is valid, and asks for another storage.
func TestHalfAFileIsNotTaken(t *testing.T) {
	w, s := fileWorld(t, nil)
	path := w.home.Desired("temporal")
	w.write("temporal", inMemory)
	now := noon()
	for i, step := range []struct {
		after   time.Duration
		content string
		flag    int
		want    string
		left    time.Duration
	}{
		{0, "", 0, before, 0},
		{time.Second, "", os.O_TRUNC, before, writeSettle},
		{writeSettle - 1, "", 0, before, 1},
		{0, half, os.O_APPEND, before, writeSettle},
		{writeSettle - 1, rest, os.O_APPEND, before, writeSettle},
		{writeSettle - 1, "", 0, before, 1},
		{1, "", 0, after, 0},
		{time.Hour, inMemory, os.O_TRUNC, after, writeSettle},
		{1, edited, os.O_TRUNC, after, 0}, // taken back
		{1, "spec: [\n", os.O_TRUNC, after, writeSettle},
	} {
		now = now.Add(step.after)
		if step.content != "" || step.flag != 0 {
			inPlace(t, path, step.content, step.flag)
		}
		got := sees(s, now)
		if left := s.settling(now); got != step.want || left != step.left {
			t.Errorf("step %d: %q and %s left, want %q and %s", i+1, got, left, step.want, step.left)
		}
	}
	if got := sees(s, now.Add(writeSettle)); !strings.HasPrefix(got, after+path+":1") {
		t.Errorf("what stays invalid is %q", got)
	}
}

// TestFirstFileIsNotTakenHalf, be it the first of the instance or of the daemon:
// until then nothing is decided.
func TestFirstFileIsNotTakenHalf(t *testing.T) {
	w, s := fileWorld(t, nil)
	w.write("temporal", inMemory)
	last, _ := s.read(noon())
	for name, object := range map[string]*v1alpha1.Temporal{"of the instance": nil, "of the daemon": last.Object} {
		inPlace(t, w.home.Desired("temporal"), half, os.O_TRUNC)
		s := newSource(w.home, "temporal", object, newClaims(w.home, &Disk{}, nil))
		if got := sees(s, noon()); got != "nothing " || s.settling(noon()) != writeSettle {
			t.Errorf("%s: %q, %s left", name, got, s.settling(noon()))
		}
		inPlace(t, w.home.Desired("temporal"), rest, os.O_APPEND)
		sees(s, noon().Add(time.Second))
		want := after
		if object == nil {
			want = strings.Replace(after, "2", "1", 1)
		}
		if got := sees(s, noon().Add(time.Second+writeSettle)); got != want {
			t.Errorf("%s: in the end %q, want %q", name, got, want)
		}
		// A file of old needs no wait.
		s = newSource(w.home, "temporal", object, newClaims(w.home, &Disk{}, nil))
		if got := sees(s, time.Now().Add(writeSettle+coarseTimes)); got != want {
			t.Errorf("%s: written long ago, %q, want %q", name, got, want)
		}
	}
}

// TestCompleteFileIsTakenAtOnce: what gets its name when it is complete.
func TestCompleteFileIsTakenAtOnce(t *testing.T) {
	for name, link := range map[string]bool{"a file": false, "a link": true} {
		t.Run(name, func(t *testing.T) {
			w, s := fileWorld(t, nil)
			if link {
				if err := os.Symlink(filepath.Join(t.TempDir(), "mine.yaml"), w.home.Desired("temporal")); err != nil {
					t.Fatal(err)
				}
			}
			for i := range 100 {
				w.write("temporal", fmt.Sprintf("%s  env: {N: %q}\n", inMemory, fmt.Sprint(i)))
				if got, want := sees(s, noon()), fmt.Sprintf("%d Memory warn ", i+1); got != want {
					t.Fatalf("file %d: %q, want %q", i+1, got, want)
				}
				if fresh := newSource(w.home, "temporal", nil, newClaims(w.home, &Disk{}, nil)); sees(fresh, noon()) != before {
					t.Fatalf("file %d: at the first read it is waited for", i+1)
				}
			}
		})
	}
}

// TestOtherModeTellsNothingOfAFileInPlace: nor does another time, be it one that is
// to come, which is not waited for either.
func TestOtherModeTellsNothingOfAFileInPlace(t *testing.T) {
	for name, touch := range map[string]func(string) error{
		"mode":   func(path string) error { return os.Chmod(path, 0o640) },
		"future": func(path string) error { at := time.Now().Add(time.Hour); return os.Chtimes(path, at, at) },
		"past":   func(path string) error { return os.Chtimes(path, noon(), noon()) },
	} {
		t.Run(name, func(t *testing.T) {
			w, s := fileWorld(t, nil)
			w.write("temporal", inMemory)
			sees(s, noon())
			inPlace(t, w.home.Desired("temporal"), edited, os.O_TRUNC)
			if err := touch(w.home.Desired("temporal")); err != nil {
				t.Fatal(err)
			}
			for at, want := range map[time.Duration]string{0: before, writeSettle - 1: before, writeSettle: after} {
				s := *s
				sees(&s, noon())
				if got := sees(&s, noon().Add(at)); got != want {
					t.Errorf("after %s: %q, want %q", at, got, want)
				}
			}
		})
	}
}

// TestUnchangedFileIsNotJudged: the usual read costs what it did.
func TestUnchangedFileIsNotJudged(t *testing.T) {
	w, s := fileWorld(t, nil)
	w.write("temporal", inMemory)
	sees(s, noon())
	inPlace(t, w.home.Desired("temporal"), inMemory, os.O_TRUNC)
	if got := sees(s, noon()); got != before || s.settling(noon()) != 0 {
		t.Errorf("%q, %s left", got, s.settling(noon()))
	}
	for content, want := range map[string]bool{inMemory: false, edited: true} {
		if _, how, err := readChanged(w.home.Desired("temporal"), []byte(content)); err != nil || (how != nil) != want {
			t.Errorf("judged %+v (%v), want %t", how, err, want)
		}
	}
}

// TestLookWaitsForAnEdit, and shows what is in force of one that goes on.
func TestLookWaitsForAnEdit(t *testing.T) {
	w, s := fileWorld(t, nil)
	w.write("temporal", inMemory)
	last, _ := s.read(noon())
	data, err := encoding.Encode(last.Object)
	if err != nil {
		t.Fatal(err)
	}
	w.writeStatus("temporal", string(data))
	eyes := observer.New(observer.Options{})
	defer eyes.Close()
	looks := func() *v1alpha1.Temporal {
		look, err := Looker{Home: w.home, Observer: eyes}.Look(t.Context(), "temporal")
		if err != nil || look.Object == nil || look.Problem != "" {
			t.Fatalf("%v, %+v", err, look)
		}
		return look.Object
	}
	inPlace(t, w.home.Desired("temporal"), edited, os.O_TRUNC)
	if o := looks(); o.Generation != 2 || o.Spec.LogLevel != "error" {
		t.Errorf("after an edit: %d, %+v", o.Generation, o.Spec)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	inPlace(t, w.home.Desired("temporal"), inMemory, os.O_TRUNC)
	if _, err := (Looker{Home: w.home, Observer: eyes}).Look(ended, "temporal"); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

func TestReadDesired(t *testing.T) {
	w, _ := fileWorld(t, nil)
	if _, err := w.home.ReadDesired(t.Context(), &Disk{}, "temporal"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of no file: %v", err)
	}
	w.write("temporal", inMemory)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if data, err := w.home.ReadDesired(ended, &Disk{}, "temporal"); err != nil || string(data) != inMemory {
		t.Errorf("of a complete one: %v, %s", err, data)
	}
	inPlace(t, w.home.Desired("temporal"), edited, os.O_TRUNC)
	if _, err := w.home.ReadDesired(ended, &Disk{}, "temporal"); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	if data, err := w.home.ReadDesired(t.Context(), &Disk{}, "temporal"); err != nil || string(data) != edited {
		t.Errorf("of one in place: %v, %s", err, data)
	}
}

// TestFileThatIsWrittenForEver: it is told, and what was before stays in force.
func TestFileThatIsWrittenForEver(t *testing.T) {
	w, s := fileWorld(t, nil)
	path := w.home.Desired("temporal")
	w.write("temporal", inMemory)
	now := noon()
	if got := sees(s, now); got != before {
		t.Fatal(got)
	}
	fresh := newSource(w.home, "temporal", s.object, newClaims(w.home, &Disk{}, nil))
	for at := time.Duration(0); at < readPatience; at += writeSettle / 2 {
		inPlace(t, path, fmt.Sprintf("%s# %s\n", half, at), os.O_TRUNC)
		if got, first := sees(s, now.Add(at)), sees(fresh, now.Add(at)); got != before || first != "nothing " {
			t.Fatalf("after %s: %q, and to the next daemon %q", at, got, first)
		}
	}
	inPlace(t, path, half+"# more\n", os.O_TRUNC)
	for who, s := range map[string]*source{"it": s, "the next daemon": fresh} {
		if got := sees(s, now.Add(readPatience)); got != before+path+" is being written on and on; what it said before stays in force until it is left alone" {
			t.Errorf("%s says %q", who, got)
		}
	}
	inPlace(t, path, inMemory, os.O_TRUNC)
	sees(s, now.Add(2*readPatience))
	if got := sees(s, now.Add(2*readPatience+writeSettle)); got != before || s.settling(now.Add(2*readPatience+writeSettle)) != 0 {
		t.Errorf("left alone it is %q", got)
	}
}
