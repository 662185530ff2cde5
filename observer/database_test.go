package observer

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
	"golang.org/x/sys/unix"
)

// database is what a look says of the instance's database.
func database(t *testing.T, target Target) observed.Database {
	t.Helper()
	return newObserver(t).newLook(target).databaseFacts("temporal-server 1.2.3")
}

// put makes a thing of each kind at the path.
var put = map[string]func(path string) error{
	"nothing": func(string) error { return nil },
	"folder":  func(path string) error { return os.Mkdir(path, 0o700) },
	"fifo":    func(path string) error { return unix.Mkfifo(path, 0o600) },
	"link":    func(path string) error { return os.Symlink("/dev/null", path) },
	"empty":   func(path string) error { return os.WriteFile(path, nil, 0o600) },
}

func TestDatabaseThatIsNotAskedAbout(t *testing.T) {
	d := database(t, Target{})
	facts := reflect.ValueOf(d)
	for i := range facts.NumField() {
		fact := facts.Field(i)
		if fact.Kind() != reflect.Struct || !fact.FieldByName("Knowledge").IsValid() {
			if !fact.IsZero() {
				t.Errorf("%s = %v", facts.Type().Field(i).Name, fact)
			}
			continue
		}
		if fact.FieldByName("Knowledge").Uint() != uint64(observed.Unknown) || fact.FieldByName("Reason").String() == "" {
			t.Errorf("%s = %+v, want Unknown with a reason", facts.Type().Field(i).Name, fact)
		}
	}
}

func TestDatabaseFile(t *testing.T) {
	for kind, want := range map[string]struct {
		knowledge observed.Knowledge
		reason    string
		writable  observed.Knowledge
	}{
		"nothing": {observed.Absent, "there is no ", observed.Known},
		"folder":  {observed.Unknown, "a folder, not a regular file", observed.Unknown},
		"fifo":    {observed.Unknown, "a named pipe, not a regular file", observed.Unknown},
		"link":    {observed.Unknown, "/dev/null is a device, not a regular file", observed.Unknown},
		"empty":   {observed.Known, "", observed.Known},
	} {
		t.Run(kind, func(t *testing.T) {
			path := realDir(t) + "/temporal.db"
			must(t, put[kind](path))
			d := database(t, Target{DatabasePath: path})
			if d.File.Knowledge != want.knowledge || !strings.Contains(d.File.Reason, want.reason) {
				t.Errorf("file = %+v", d.File)
			}
			if kind != "link" && d.Writable.Knowledge != want.writable {
				t.Errorf("writable = %+v", d.Writable)
			}
			if kind != "link" && (d.Path != path || d.Free.Value == 0) {
				t.Errorf("path = %s, free = %+v", d.Path, d.Free)
			}
		})
	}
}

// What is told of the file is told of the one that the links lead to, and
// what lies beside it is looked for there.
func TestDatabaseBehindLinks(t *testing.T) {
	root := realDir(t)
	real := root + "/real.db"
	must(t, os.WriteFile(real, []byte("12345"), 0o600))
	must(t, os.Symlink(real, root+"/link.db"))
	for _, beside := range []string{real + "-journal", real + "-shm", root + "/link.db-wal", observed.FirstBootPath(real)} {
		must(t, os.WriteFile(beside, nil, 0o600))
	}
	d := database(t, Target{DatabasePath: root + "/link.db"})
	info, err := os.Stat(real)
	must(t, err)
	device, inode, _ := fileID(info)
	if d.Path != real || d.File.Value != (observed.File{Device: device, Inode: inode, Links: 1, Size: 5, ModTime: info.ModTime()}) {
		t.Errorf("database = %+v", d)
	}
	if !slices.Equal(d.Companions, []string{real + "-journal", real + "-shm"}) {
		t.Errorf("companions = %q", d.Companions)
	}
	if !d.FirstBoot.IsKnown() || !d.Writable.Value {
		t.Errorf("database = %+v", d)
	}
}

// A look that saw two files at the path cannot say which of them a process
// had open.
func TestDatabaseThatChangesDuringTheLook(t *testing.T) {
	write := func(path string) error { return os.WriteFile(path, []byte("more"), 0o600) }
	replace := func(path string) error {
		if err := write(path + "-2"); err != nil {
			return err
		}
		return os.Rename(path+"-2", path)
	}
	for name, c := range map[string]struct {
		before string
		during func(path string) error
		want   observed.Knowledge
	}{
		"made":     {"nothing", write, observed.Unknown},
		"removed":  {"empty", os.Remove, observed.Unknown},
		"replaced": {"empty", replace, observed.Unknown},
		"written":  {"empty", write, observed.Known},
		"none":     {"nothing", func(string) error { return nil }, observed.Absent},
	} {
		t.Run(name, func(t *testing.T) {
			path := realDir(t) + "/temporal.db"
			must(t, put[c.before](path))
			l := newObserver(t).newLook(Target{DatabasePath: path})
			must(t, c.during(path))
			d := l.databaseFacts("")
			if d.File.Knowledge != c.want || (c.want == observed.Unknown) != strings.Contains(d.File.Reason, "during the look") {
				t.Errorf("file = %+v", d.File)
			}
			if c.want == observed.Known && d.File.Value.Size != 4 {
				t.Errorf("file = %+v, want it as it is now", d.File)
			}
		})
	}
}

func TestBackupToRestore(t *testing.T) {
	root := realDir(t)
	must(t, os.WriteFile(root+"/b.db", []byte("123"), 0o600))
	must(t, os.Symlink("b.db", root+"/link.db"))
	for path, want := range map[string]observed.Knowledge{
		"": observed.Unknown, root + "/b.db": observed.Known, root + "/link.db": observed.Known,
		root + "/none.db": observed.Absent, root + "/b.db/x": observed.Absent, root: observed.Unknown,
	} {
		got := look1(t, Target{RestorePath: path}).Restore
		if got.Knowledge != want || got.IsKnown() != (got.Value.Size == 3) || got.IsKnown() == (got.Reason != "") {
			t.Errorf("%q: %+v, want %s", path, got, want)
		}
	}
}

func TestSecondName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	name := func() observed.Fact[string] {
		d := statDatabase(path)
		return secondName(d.path, d.file)
	}
	if got := name(); !got.IsAbsent() {
		t.Errorf("of a file that is not there: %+v", got)
	}
	must(t, os.WriteFile(path, nil, 0o600))
	must(t, os.Symlink(path, path+".soft"))
	if got := name(); !got.IsAbsent() {
		t.Errorf("of a file with a symbolic link: %+v", got)
	}
	must(t, os.Link(path, path+".hard"))
	if got := name(); got != observed.Is("it has 2 hard links") {
		t.Errorf("of a file with a hard link: %+v", got)
	}
}

// TestLastWritten: a write-ahead log may be all that is written for long.
func TestLastWritten(t *testing.T) {
	path := realDir(t) + "/x.db"
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for i, name := range []string{path, path + "-wal"} {
		must(t, os.WriteFile(name, []byte("x"), 0o600))
		must(t, os.Chtimes(name, at, at.Add(time.Duration(i)*time.Hour)))
		if d := database(t, Target{DatabasePath: path}); !d.Written.Equal(at.Add(time.Duration(i) * time.Hour)) {
			t.Errorf("with %s it was written at %s", name, d.Written)
		}
	}
}
