package plan

import (
	"strings"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// movedTo is a healthy world whose storage was edited since its server was
// started on /old.db.
func movedTo(kind v1alpha1.StorageType, on observed.StartedOn) base {
	b := healthy()
	b.spec().Storage = v1alpha1.StorageSpec{Type: kind, Path: "/new.db"}
	if kind == v1alpha1.StorageMemory {
		b.spec().Storage.Path = ""
	}
	on.Named, on.Path = "/link.db", "/old.db"
	b.edit(func(p *observed.Process) {
		p.Evidence.NamesDatabase, p.Evidence.OpensDatabase = observed.Absent, observed.Absent
		p.StartedOn = observed.Is(on)
	})
	return b
}

// TestStorageEditedUnderALostDatabase: the server has the only copy of what it
// was started on, whatever the spec says by now.
func TestStorageEditedUnderALostDatabase(t *testing.T) {
	deleted := observed.StartedOn{Exists: observed.Absent, Opens: observed.Absent, FirstBoot: observed.Absent}
	replaced := observed.StartedOn{Exists: observed.Known, Opens: observed.Absent, FirstBoot: observed.Absent}
	there := observed.StartedOn{Exists: observed.Known, Opens: observed.Known, FirstBoot: observed.Absent}
	untold := observed.StartedOn{Exists: observed.Known, FirstBoot: observed.Absent}
	for name, c := range map[string]struct {
		on     observed.StartedOn
		want   Situation
		reason string
	}{
		"deleted":        {deleted, DatabaseLost, "Deleted"},
		"replaced":       {replaced, DatabaseLost, "Replaced"},
		"there":          {there, Drifted, "OtherStorage"},
		"cannot be told": {untold, DatabaseUnknown, "NotObserved"},
	} {
		for _, kind := range []v1alpha1.StorageType{v1alpha1.StorageFile, v1alpha1.StorageMemory} {
			b := movedTo(kind, c.on)
			b.look()
			p := Compute(b.Input)
			verdict := p.Verdict(v1alpha1.ConditionDatabaseFile)
			if want := (Origin{Named: "/link.db", Path: "/old.db", Exists: c.on.Exists}); p.Origin != want {
				t.Errorf("%s, now %s: its origin is %+v", name, kind, p.Origin)
			}
			if p.Situation != c.want || verdict.Reason != c.reason || !strings.Contains(verdict.Message, "/old.db") && !strings.Contains(verdict.Message, "/link.db") {
				t.Errorf("%s, now %s: %s\n%+v", name, kind, p, verdict)
			}
			if c.want != Drifted && len(p.Actions) > 0 {
				t.Errorf("%s, now %s: something is done: %s", name, kind, p)
			}
		}
	}
}

// TestLostDatabaseIsGivenUpByName: an edit does not end the server, and a
// restart that the user asks for does.
func TestLostDatabaseIsGivenUpByName(t *testing.T) {
	b := movedTo(v1alpha1.StorageFile, observed.StartedOn{Exists: observed.Absent, Opens: observed.Absent})
	b.Desired.Object.Annotations = map[string]string{v1alpha1.RestartedAtAnnotation: b.Now.Add(-time.Second).Format(time.RFC3339Nano)}
	b.look()
	if p := Compute(b.Input); p.Situation != RestartRequested {
		t.Errorf("%s", p)
	}
}

// TestFirstBootElsewhereIsNotKilled: the marker lies beside the file that the
// server was started on.
func TestFirstBootElsewhereIsNotKilled(t *testing.T) {
	for marker, want := range map[observed.Knowledge]string{
		observed.Known: "", observed.Unknown: "", observed.Absent: "Kill 100",
	} {
		b := movedTo(v1alpha1.StorageMemory, observed.StartedOn{Exists: observed.Known, Opens: observed.Known, FirstBoot: marker})
		b.aged(5 * time.Second)
		b.silent()
		b.History.Served = false
		b.spec().TerminationGracePeriod.Duration = time.Second
		b.retired(100, 2*time.Second)
		if got := verbs(Compute(b.Input)); got != want {
			t.Errorf("marker %s: %q, want %q", marker, got, want)
		}
	}
}

// TestFileThatIsNoDatabase is refused, and not started on for ever.
func TestFileThatIsNoDatabase(t *testing.T) {
	no := observed.Fact[bool]{Knowledge: observed.Known, Reason: "it is empty"}
	for name, c := range map[string]struct {
		change func(*observed.Database)
		want   Situation
	}{
		"rubbish":              {func(*observed.Database) {}, DatabaseUnusable},
		"with a journal":       {func(db *observed.Database) { db.Companions = []string{db.Path + "-journal"} }, NotRunning},
		"not told":             {func(db *observed.Database) { db.SQLite = observed.Unsure[bool]("denied") }, NotRunning},
		"of a first boot":      {func(db *observed.Database) { db.Meta = observed.None[observed.Meta](""); db.File.Value.Size = 0 }, DatabaseIncomplete},
		"rubbish, with marker": {func(db *observed.Database) { db.Meta = observed.None[observed.Meta](""); db.File.Value.Size = 2 }, DatabaseUnusable},
	} {
		b := healthy()
		b.gone()
		b.Observed.Database.SQLite = no
		if strings.Contains(name, "marker") || strings.Contains(name, "first boot") {
			b.firstBoot()
		}
		c.change(&b.Observed.Database)
		p := Compute(b.Input)
		if p.Situation != c.want || (c.want == DatabaseUnusable) != strings.Contains(p.Remedy, "move it away") {
			t.Errorf("%s: %s", name, p)
		}
	}
}

// TestRestoreOverWhatIsNoDatabase is one way out of it.
func TestRestoreOverWhatIsNoDatabase(t *testing.T) {
	b := healthy()
	b.gone()
	b.Observed.Database.SQLite = observed.Fact[bool]{Knowledge: observed.Known, Reason: "it is empty"}
	b.Desired.Object.Annotations = map[string]string{v1alpha1.RestoreAnnotation: "/b/x.db@2026-01-02T03:04:04Z"}
	b.Observed.Restore = observed.Is(observed.File{Size: 1})
	if p := Compute(b.Input); verbs(p) != "StageBackup" {
		t.Errorf("%s", p)
	}
}

// TestRestoreIsForOneDatabaseOnce: an annotation that stays in the file is
// carried out on no other database, nor on one that was begun anew.
func TestRestoreIsForOneDatabaseOnce(t *testing.T) {
	m := converged(t)
	m.disk.backups["/b/1.db"] = backup{store: m.disk.at.copied(), meta: m.disk.beside.Meta.Value}
	m.askRestore("/b/1.db")
	m.converges(9, at2(Converged))
	replaced := len(m.disk.aside)
	m.disable()
	m.converges(9, at2(Stopped))
	m.disk.at, m.disk.beside.Meta = nil, observed.None[observed.Meta]("") // "to start over"
	m.History = kept(t, m.base)                                           // and another daemon
	m.enable()
	if !m.converges(9, at2(Converged)) || len(m.disk.aside) != replaced || m.disk.at.cluster == "cluster-1" {
		t.Errorf("the backup is restored once more: %q", m.transcript)
	}

	b := healthy()
	b.Desired.Object.Annotations = map[string]string{v1alpha1.RestoreAnnotation: "/b/x.db@2026-01-02T03:04:04Z"}
	b.Observed.Restore = observed.Is(observed.File{Size: 1})
	b.look()
	if p := Compute(b.Input); p.Situation != RestoreRequested {
		t.Errorf("%s", p)
	}
	b.spec().Storage.Path = "/other.db"
	b.gone()
	b.look()
	if p := Compute(b.Input); verbs(p) != "Start" {
		t.Errorf("on another database: %s", p)
	}
}

// TestDatabaseThatIsGone: a new one is made, and that is said.
func TestDatabaseThatIsGone(t *testing.T) {
	b := healthy()
	b.gone()
	b.Observed.Database.File = observed.None[observed.File]("")
	if p := Compute(b.Input); verbs(p) != "Start" || !strings.Contains(p.Message, "is gone, and a new, empty one is made") {
		t.Errorf("%s", p)
	}
}

// TestServerIsNotGivenUpForARestoreThatCannotEnd: nothing could be started on
// what is put in place.
func TestServerIsNotGivenUpForARestoreThatCannotEnd(t *testing.T) {
	reader := stranger(300, "/usr/bin/sqlite3", "t.db")
	reader.Evidence.OpensDatabase = observed.Known
	for name, change := range map[string]func(*base){
		"no executable": func(b *base) { b.Observed.Executable = observed.None[observed.Executable]("nowhere") },
		"in use":        func(b *base) { b.Observed.Processes.Value = append(b.Observed.Processes.Value, reader) },
		"marker":        func(b *base) { b.Observed.Database.FirstBoot = observed.Unsure[observed.FirstBoot]("a folder") },
	} {
		b := healthy()
		b.Desired.Object.Annotations = map[string]string{v1alpha1.RestoreAnnotation: "/b/x.db@2026-01-02T03:04:04Z"}
		b.Observed.Restore = observed.Is(observed.File{Size: 1})
		change(&b)
		b.look()
		if p := Compute(b.Input); len(p.Actions) > 0 {
			t.Errorf("%s: %s", name, p)
		}
	}
}

// TestSwapThatHasBegunIsFinished, whatever became of the wish, before anything
// is started.
func TestSwapThatHasBegunIsFinished(t *testing.T) {
	for name, change := range map[string]func(*base){
		"moved aside": func(b *base) { b.Observed.Database.File = observed.None[observed.File]("") },
		"in place":    func(*base) {},
		"backing off": func(b *base) { b.History.Restore.Problem, b.History.Restore.FailedAt = "no room", b.Now },
	} {
		b := healthy()
		b.gone()
		b.Observed.Database.Staged = observed.Is(observed.Meta{Restored: "wish", Replaces: "/db.replaced-1"})
		change(&b)
		if p := Compute(b.Input); verbs(p) != "RestoreBackup" || p.Actions[0].Database.Meta.Restored != "wish" {
			t.Errorf("%s: %s", name, p)
		}
	}
}

// TestSwapThatMayHaveBegun: when the record of a copy cannot be read, a database
// that is not there may have been moved aside, and none is made in its place.
func TestSwapThatMayHaveBegun(t *testing.T) {
	b := healthy()
	b.gone()
	b.Observed.Database.Staged = observed.Unsure[observed.Meta]("cannot read it")
	if p := Compute(b.Input); p.Situation == DatabaseUnusable {
		t.Errorf("the database is there: %s", p)
	}
	b.Observed.Database.File = observed.None[observed.File]("")
	b.Observed.Database.Meta = observed.None[observed.Meta]("")
	if p := Compute(b.Input); p.Situation != DatabaseUnusable || len(p.Actions) > 0 || !strings.Contains(p.Remedy, "move it back") {
		t.Errorf("it is not there: %s", p)
	}
}

// TestCopyIsBegunOnce: it may take minutes, beside the passes.
func TestCopyIsBegunOnce(t *testing.T) {
	b := healthy()
	b.Desired.Object.Annotations = map[string]string{v1alpha1.RestoreAnnotation: "/b/x.db@2026-01-02T03:04:04Z"}
	b.Observed.Restore = observed.Is(observed.File{Size: 1})
	b.look()
	p := Compute(b.Input)
	b.History = b.History.Did(b.Desired, p.Actions[0], "", observed.Identity{}, b.Now)
	for _, after := range []time.Duration{time.Second, time.Minute, copyPatience / 2} {
		b.later(after)
		b.look()
		if p := Compute(b.Input); p.Situation != RestoreRequested || len(p.Actions) > 0 {
			t.Errorf("%s", p)
		}
	}
	ended := b
	ended.History = b.History.DidBeside(p.Actions[0])
	if again := Compute(ended.Input); verbs(again) != "StageBackup" {
		t.Errorf("the copy is made, and not there: %s", again)
	}
	b.Observed.Database.Staged = observed.Is(observed.Meta{Restored: "/b/x.db@2026-01-02T03:04:04Z"})
	b.look()
	if p := Compute(b.Input); verbs(p) != "Terminate 100" {
		t.Errorf("%s", p)
	}
	b.Desired.Object.Annotations = nil
	b.History.Write.Time = b.Now
	b.look()
	if p := Compute(b.Input); verbs(p) != "DiscardBackup" {
		t.Errorf("without the wish: %s", p)
	}
}

// TestRestoreIsTriedAgain: what keeps a backup from being restored may pass;
// meanwhile the wish is blocked, and a new daemon knows that.
func TestRestoreIsTriedAgain(t *testing.T) {
	b := healthy()
	wish := "/b/x.db@2026-01-02T03:04:04Z"
	b.Desired.Object.Annotations = map[string]string{v1alpha1.RestoreAnnotation: wish}
	b.Observed.Restore = observed.Is(observed.File{Size: 1})
	b.look()
	p := Compute(b.Input)
	if p.Situation != RestoreRequested || verbs(p) != "StageBackup" {
		t.Fatalf("%s", p)
	}
	b.History = b.History.Did(b.Desired, p.Actions[0], "no room", observed.Identity{}, b.Now)
	if b.History.Failures != 0 {
		t.Error("a server failed that was left alone")
	}
	next := b
	next.History = kept(t, b)
	for _, w := range []*base{&b, &next} {
		w.later(restoreAgain - time.Second)
		w.look()
		if p := Compute(w.Input); p.Situation != RestoreBlocked || !strings.Contains(p.Message, "no room") {
			t.Errorf("%s", p)
		}
		w.later(time.Second)
		w.look()
		if p := Compute(w.Input); verbs(p) != "StageBackup" {
			t.Errorf("%s", p)
		}
	}
}
