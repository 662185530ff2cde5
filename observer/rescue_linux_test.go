package observer

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// TestOpensAnother: whether a server alone has a database is told by what it
// has open, not by what somebody remembers of it.
func TestOpensAnother(t *testing.T) {
	i := newInstance(t)
	must(t, os.Mkdir(filepath.Dir(i.DatabasePath), 0o700))
	elsewhere := realDir(t) + "/old.db"
	ours := []option{marked(i.Mark)}
	for _, c := range []struct {
		name    string
		path    string
		content string
		opened  bool
		after   func(path string) error
		options []option
		want    observed.Knowledge
	}{
		{"it has it", i.DatabasePath, databaseHeader, true, nil, ours, observed.Absent},
		{"deleted", i.DatabasePath, databaseHeader, true, os.Remove, ours, observed.Known},
		{"moved", i.DatabasePath, databaseHeader, true, func(path string) error { return os.Rename(path, path+".old") }, ours, observed.Known},
		{"given another name, and deleted", i.DatabasePath, databaseHeader, true, renameByLink, ours, observed.Known},
		{"replaced", i.DatabasePath, databaseHeader, true, replace, ours, observed.Known},
		{"deleted before anything was in it", i.DatabasePath, "", true, os.Remove, ours, observed.Absent},
		{"not opened yet", i.DatabasePath, databaseHeader, false, nil, ours, observed.Absent},
		{"deleted before it was opened", i.DatabasePath, databaseHeader, false, os.Remove, ours, observed.Absent},
		{"without a mark", i.DatabasePath, databaseHeader, true, os.Remove, nil, observed.Known},
		{"elsewhere", elsewhere, databaseHeader, true, nil, ours, observed.Absent},
		{"elsewhere, deleted", elsewhere, databaseHeader, true, os.Remove, ours, observed.Known},
		{"elsewhere, replaced", elsewhere, databaseHeader, true, replace, ours, observed.Known},
		{"elsewhere, not opened yet", elsewhere, databaseHeader, false, replace, ours, observed.Absent},
	} {
		t.Run(c.name, func(t *testing.T) {
			must(t, os.WriteFile(c.path, []byte(c.content), 0o600))
			role := "wait"
			if c.opened {
				role = "hold " + c.path
			}
			server := start(t, role, append(c.options, withArgs("server", "start-dev", "--db-filename", c.path))...)
			if c.after != nil {
				must(t, c.after(c.path))
			}
			target := i.Target
			target.Hints, target.Thorough = hint(t, server), true
			s := look1(t, target)
			if len(s.Processes.Value) != 1 || s.Processes.Value[0].Evidence.OpensAnother != c.want {
				t.Fatalf("%+v, want another: %v", s.Processes.Value, c.want)
			}
			// Only what was moved still has the path of its descriptor.
			want := map[string]observed.AnotherFile{
				"moved":                           {Path: c.path + ".old", Links: 1},
				"given another name, and deleted": {Links: 1},
			}[c.name]
			got := s.Processes.Value[0].Another
			if there := got.Inode != 0 && got.Link != ""; there != (c.want == observed.Known) {
				t.Errorf("which file it has: %+v", got)
			}
			if got.Inode, got.Link = 0, ""; got != want {
				t.Errorf("%+v, want %+v", got, want)
			}
		})
	}
}

// renameByLink gives the file another name, of which no descriptor knows.
func renameByLink(path string) error {
	return errors.Join(os.Link(path, path+".link"), os.Remove(path))
}
