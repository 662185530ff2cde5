package observer

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/hack/hungmount"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// observe fails the test when a look does not come to its end.
func observe(ctx context.Context, t *testing.T, o *Observer, target Target) observed.State {
	t.Helper()
	seen := make(chan observed.State, 1)
	go func() { seen <- o.Observe(ctx, target) }()
	select {
	case s := <-seen:
		return s
	case <-time.After(patience):
		t.Fatalf("the look has not come to its end within %s", patience)
		return observed.State{}
	}
}

// cut is a context that ends in a moment, as that of a daemon that is told to end.
func cut(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

// TestLookThatHangs: nothing is known, and said at once, as long as the file system
// of the database hangs; then all is.
func TestLookThatHangs(t *testing.T) {
	folder, end := hungmount.New(t)
	o, sound := newObserver(t), newInstance(t)
	sound.Ports = []PortTarget{{observed.Frontend, 1}}
	sound.Namespaces = []string{"default"}
	hung := sound.Target
	hung.DatabasePath = folder + "/x.db"
	requireHung := func(ctx context.Context) {
		t.Helper()
		requireUnknown(t, observe(ctx, t, o, hung), "the file system of "+hung.DatabasePath+" may hang")
	}
	requireHung(cut(t))
	began := time.Now()
	for range 10 {
		requireHung(t.Context())
	}
	if took := time.Since(began); took > endPatience/2 {
		t.Errorf("10 more looks took %s", took)
	}
	// Who chooses another path need not wait for the one that hangs.
	if s := observe(t.Context(), t, o, sound.Target); !s.Processes.IsKnown() || !s.Database.File.IsAbsent() || s.Hangs != "" {
		t.Errorf("processes %+v, file %+v, hangs %q", s.Processes, s.Database.File, s.Hangs)
	}
	end()
	for deadline := time.Now().Add(patience); !observe(t.Context(), t, o, hung).Processes.IsKnown(); {
		if time.Now().After(deadline) {
			t.Fatal("nothing is known after the end")
		}
	}
}

// TestPartThatHangs: what does not say anything of the server is Unknown by itself.
func TestPartThatHangs(t *testing.T) {
	folder, _ := hungmount.New(t)
	o, i := newObserver(t), newInstance(t)
	i.RestorePath, i.Executables = folder+"/b.db", []Candidate{{Path: folder + "/temporal", Source: "test"}}
	for limit := patience; ; limit = partPatience / 2 {
		began := time.Now()
		s := observe(t.Context(), t, o, i.Target)
		if !s.Processes.IsKnown() || !s.Database.File.IsAbsent() || s.Hangs != "" {
			t.Errorf("processes %+v, file %+v, hangs %q", s.Processes, s.Database.File, s.Hangs)
		}
		if s.Restore.Reason != folder+"/b.db: no answer, its file system may hang" || s.Executable.Reason != folder+"/temporal: no answer, its file system may hang" {
			t.Errorf("backup %+v, executable %+v", s.Restore, s.Executable)
		}
		if took := time.Since(began); took > limit {
			t.Errorf("it took %s", took)
		}
		if limit < partPatience {
			return
		}
	}
}

// requireUnknown fails unless every fact is Unknown for the reason.
func requireUnknown(t *testing.T, s observed.State, reason string) {
	t.Helper()
	for name, why := range reasons(reflect.ValueOf(s), "State") {
		if !strings.HasPrefix(why, "Unknown ") || !strings.Contains(why, reason) {
			t.Errorf("%s: %q, want %q", name, why, reason)
		}
	}
	if len(s.Ports) != 1 || s.Ports[0].Name != observed.Frontend || s.Ports[0].Address != mustAddrPort("127.0.0.1:1") {
		t.Errorf("ports %+v", s.Ports)
	}
	if len(s.Server.Namespaces) != 1 || s.Time.IsZero() || !strings.Contains(reason, s.Hangs) || s.Hangs == "" {
		t.Errorf("state %+v", s)
	}
}

// reasons returns why each fact in the value is Unknown.
func reasons(v reflect.Value, name string) map[string]string {
	all := map[string]string{}
	switch v.Kind() {
	case reflect.Struct:
		if knowledge := v.FieldByName("Knowledge"); knowledge.IsValid() {
			return map[string]string{name: fmt.Sprint(knowledge, " ", v.FieldByName("Reason"))}
		}
		for n := range v.NumField() {
			if field := v.Type().Field(n); field.IsExported() {
				maps.Copy(all, reasons(v.Field(n), name+"."+field.Name))
			}
		}
	case reflect.Slice:
		for n := range v.Len() {
			maps.Copy(all, reasons(v.Index(n), fmt.Sprint(name, n)))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			maps.Copy(all, reasons(v.MapIndex(key), fmt.Sprint(name, key)))
		}
	}
	return all
}

// TestDatabaseOfAnotherThatHangs: the server of another instance names a database
// on a file system that hangs, which delays a look at another instance once.
func TestDatabaseOfAnotherThatHangs(t *testing.T) {
	folder, _ := hungmount.New(t)
	start(t, "wait", named(folder+"/other.db"))
	i, o := newInstance(t).withDatabase(t), newObserver(t)
	for range 3 {
		if s := observe(t.Context(), t, o, i.Target); !s.Processes.IsKnown() || len(s.Processes.Value) != 0 || !s.Database.File.IsKnown() {
			t.Fatalf("processes %+v, file %+v", s.Processes, s.Database.File)
		}
	}
}

// TestOldDatabaseThatHangs: the server was started on another one than the spec names
// now. That is known; that it has it is not, nor that it has not.
func TestOldDatabaseThatHangs(t *testing.T) {
	folder, _ := hungmount.New(t)
	i, o := newInstance(t).withDatabase(t), newObserver(t)
	start(t, "wait", marked(i.Mark, "STIGMER_LAUNCH=x"), named(folder+"/old.db"))
	s := observe(t.Context(), t, o, i.Target)
	want := observed.StartedOn{Named: folder + "/old.db", Path: folder + "/old.db"}
	if len(s.Processes.Value) != 1 || s.Processes.Value[0].StartedOn != observed.Is(want) {
		t.Errorf("processes %+v", s.Processes)
	}
}
