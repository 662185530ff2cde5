package observer

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// server is a child of the instance that says it is a dev server on the
// database, and has one open, or none.
func (i instance) server(t *testing.T, open, named string, options ...option) observed.Process {
	t.Helper()
	role := "wait"
	if open != "" {
		role = "hold " + open
	}
	c := start(t, role, append(options, withArgs("server", "start-dev", "--db-filename", named))...)
	i.Hints = hint(t, c)
	i.Thorough = true
	s := look1(t, i.Target)
	for _, p := range s.Processes.Value {
		if p.PID == c.pid() {
			return p
		}
	}
	t.Fatalf("pid %d is not among %v", c.pid(), pidsOf(t, s))
	return observed.Process{}
}

// TestStartedOn: after an edit of the storage the command line of the server
// tells where its data is, and its descriptors whether that is still there.
func TestStartedOn(t *testing.T) {
	i := newInstance(t)
	old := realDir(t) + "/old.db"
	for name, c := range map[string]struct {
		after func() error
		want  observed.StartedOn
	}{
		"there":    {func() error { return nil }, observed.StartedOn{Exists: observed.Known, Opens: observed.Known, FirstBoot: observed.Absent}},
		"deleted":  {func() error { return os.Remove(old) }, observed.StartedOn{Exists: observed.Absent, Opens: observed.Absent, FirstBoot: observed.Absent}},
		"replaced": {func() error { return replace(old) }, observed.StartedOn{Exists: observed.Known, Opens: observed.Absent, FirstBoot: observed.Absent}},
		"first boot": {func() error { return os.WriteFile(observed.FirstBootPath(old), nil, 0o600) },
			observed.StartedOn{Exists: observed.Known, Opens: observed.Known, FirstBoot: observed.Known}},
	} {
		t.Run(name, func(t *testing.T) {
			must(t, os.WriteFile(old, nil, 0o600))
			t.Cleanup(func() { os.Remove(observed.FirstBootPath(old)) })
			c.want.Named, c.want.Path = old, old
			opened := start(t, "hold "+old, marked(i.Mark), withArgs("server", "start-dev", "--db-filename", old))
			must(t, c.after())
			i.Hints, i.Thorough = hint(t, opened), true
			s := look1(t, i.Target)
			if len(s.Processes.Value) != 1 || s.Processes.Value[0].StartedOn != observed.Is(c.want) {
				t.Errorf("processes = %+v", s.Processes.Value)
			}
		})
	}
}

func replace(path string) error {
	if err := os.WriteFile(path+"-2", nil, 0o600); err != nil {
		return err
	}
	return os.Rename(path+"-2", path)
}

// TestStartedOnIsAskedOfOurs: not of a server on the instance's database, nor
// of one that is not the instance's.
func TestStartedOnIsAskedOfOurs(t *testing.T) {
	i := newInstance(t)
	must(t, os.Mkdir(i.folder+"/temporal-data", 0o700))
	must(t, os.WriteFile(i.DatabasePath, nil, 0o600))
	if on := i.server(t, "", i.DatabasePath, marked(i.Mark)).StartedOn; !on.IsAbsent() {
		t.Errorf("on the instance's: %+v", on)
	}
	if on := i.server(t, i.DatabasePath, "/moved.db", marked(i.Mark)).StartedOn; !on.IsAbsent() {
		t.Errorf("on the instance's, which was moved there: %+v", on)
	}
	if on := i.server(t, i.DatabasePath, "/else.db").StartedOn; !on.IsAbsent() {
		t.Errorf("not ours: %+v", on)
	}
	if on := i.server(t, "", "relative.db", marked(i.Mark)).StartedOn; !on.IsAbsent() {
		t.Errorf("not started by us: %+v", on)
	}
}

// TestFileThatIsNoDatabase: its first bytes tell.
func TestFileThatIsNoDatabase(t *testing.T) {
	for content, want := range map[string]observed.Fact[bool]{
		"":                                  {Knowledge: observed.Known, Reason: "it is empty"},
		"x\n":                               {Knowledge: observed.Known, Reason: "it is no SQLite database"},
		databaseHeader[:15]:                 {Knowledge: observed.Known, Reason: "it is no SQLite database"},
		databaseHeader:                      observed.Is(true),
		databaseHeader + "and what follows": observed.Is(true),
	} {
		path := realDir(t) + "/temporal.db"
		must(t, os.WriteFile(path, []byte(content), 0o600))
		if got := database(t, Target{DatabasePath: path}).SQLite; got != want {
			t.Errorf("%q: %+v, want %+v", content, got, want)
		}
	}
}

// TestStagedBackup: a copy counts with its record only.
func TestStagedBackup(t *testing.T) {
	path := realDir(t) + "/temporal.db"
	staged := observed.StagedPath(path)
	is := func(when string, want observed.Knowledge) {
		t.Helper()
		if got := database(t, Target{DatabasePath: path}).Staged; got.Knowledge != want || got.Value.Restored != "" != (want == observed.Known) {
			t.Errorf("%s: %+v", when, got)
		}
	}
	is("nothing", observed.Absent)
	must(t, os.Mkdir(filepath.Dir(staged), 0o700))
	must(t, os.WriteFile(observed.MetaPath(staged), []byte(`{"restored": "wish"}`), 0o600))
	is("a record alone", observed.Absent)
	must(t, os.WriteFile(staged, nil, 0o600))
	is("both", observed.Known)
	must(t, os.WriteFile(observed.MetaPath(staged), []byte(`{`), 0o600))
	is("torn", observed.Unknown)
	must(t, os.Remove(observed.MetaPath(staged)))
	is("a copy alone", observed.Absent)
	must(t, os.Remove(staged))
	must(t, os.WriteFile(observed.MetaPath(staged), []byte(`{"restored": "wish", "replaces": "/aside"}`), 0o600))
	is("a swap that has begun, the copy in place", observed.Known)
}

// TestChildOfAWrapperIsSeen in a look that does not search the whole machine:
// the wrapper holds the lock, too.
func TestChildOfAWrapperIsSeen(t *testing.T) {
	i := newInstance(t)
	wrapper := i.handOver(t, "parent wait", marked(i.Mark))
	s := look1(t, i.Target)
	if pids := pidsOf(t, s); len(pids) != 2 || !slices.Contains(pids, wrapper.pid()) {
		t.Errorf("processes = %v, want the wrapper %d and its child", pids, wrapper.pid())
	}
}
