package observer

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// permitted skips the test where a child may not have these attributes.
func permitted(t *testing.T, attributes syscall.SysProcAttr) {
	t.Helper()
	cmd := exec.Command("/bin/true")
	cmd.Dir, cmd.SysProcAttr = "/", &attributes
	if err := cmd.Run(); err != nil {
		t.Skipf("not permitted here: %v", err)
	}
}

// ownMounts gives the child a mount namespace of its own.
func ownMounts(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
}

// named returns the option that makes the child a dev server on the database.
func named(database string) option { return withArgs("start-dev", "--db-filename", database) }

// withDatabase makes the instance's database.
func (i instance) withDatabase(t testing.TB) instance {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(i.DatabasePath), 0o700))
	must(t, os.WriteFile(i.DatabasePath, nil, 0o600))
	return i
}

// evidenceOf returns the evidence of one process, in a look of its own.
func evidenceOf(t *testing.T, i instance, c child) observed.Evidence {
	t.Helper()
	p, err := newObserver(t).newLook(i.Target).process(c.pid())
	must(t, err)
	return p.Evidence
}

// The same path in a chroot is another folder, unless it is ours after all.
func TestMarkInAnotherRoot(t *testing.T) {
	permitted(t, syscall.SysProcAttr{Chroot: "/"})
	i := newInstance(t).withDatabase(t)
	jail := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(jail, i.folder, "temporal-data"), 0o700))
	must(t, os.WriteFile(filepath.Join(jail, i.DatabasePath), nil, 0o600))
	other := start(t, "chroot "+jail, marked(i.Mark), named(i.DatabasePath))
	if e := evidenceOf(t, i, other); e.CarriesMark != observed.Absent || e.NamesDatabase != observed.Absent {
		t.Errorf("evidence of a process in another root: %+v", e)
	}
	s := look1(t, i.Target)
	if got := pidsOf(t, s); len(got) != 0 {
		t.Errorf("processes = %v, want none", got)
	}
	p, err := newObserver(t).newLook(i.Target).process(other.pid())
	must(t, err)
	if !p.Launch.IsAbsent() {
		t.Errorf("launch = %+v", p.Launch)
	}
}

// An absolute link in a chroot ends in that chroot, whatever it would be here.
func TestLinkInAnotherRoot(t *testing.T) {
	permitted(t, syscall.SysProcAttr{Chroot: "/"})
	i := newInstance(t).withDatabase(t)
	jail := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(jail, filepath.Dir(i.folder)), 0o700))
	must(t, os.MkdirAll(filepath.Join(jail, "home"), 0o700))
	must(t, os.Symlink("/home", filepath.Join(jail, i.folder)))
	must(t, os.Symlink(i.DatabasePath, filepath.Join(jail, "link.db")))
	other := start(t, "chroot "+jail, marked(i.Mark), named("/link.db"))
	if e := evidenceOf(t, i, other); e.CarriesMark != observed.Absent || e.NamesDatabase != observed.Absent {
		t.Errorf("evidence: %+v", e)
	}
}

// A chroot through which our folder shows, by another path, is on our database.
func TestDatabaseSeenFromAnotherRoot(t *testing.T) {
	permitted(t, syscall.SysProcAttr{Chroot: "/"})
	i := newInstance(t).withDatabase(t)
	absolute := start(t, "chroot "+i.folder, named("/temporal-data/temporal.db"))
	relative := start(t, "chroot "+i.folder, named("temporal-data/temporal.db"))
	for _, c := range []child{absolute, relative} {
		if e := evidenceOf(t, i, c); e.NamesDatabase != observed.Known {
			t.Errorf("evidence: %+v", e)
		}
	}
}

func TestMarkUnderOtherMounts(t *testing.T) {
	permitted(t, syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS})
	i := newInstance(t).withDatabase(t)
	same := start(t, "wait", ownMounts, marked(i.Mark), named(i.DatabasePath))
	covered := start(t, "cover "+i.folder, ownMounts, marked(i.Mark), named(i.DatabasePath))
	if got := pidsOf(t, look1(t, i.Target)); !slices.Equal(got, []int{same.pid()}) {
		t.Errorf("processes = %v, want %d and not %d", got, same.pid(), covered.pid())
	}
	if e := evidenceOf(t, i, same); e.CarriesMark != observed.Known || e.NamesDatabase != observed.Known {
		t.Errorf("evidence: %+v", e)
	}
	// Of a home that was removed, the nearest folder that is left decides.
	must(t, os.RemoveAll(i.folder))
	if e := evidenceOf(t, i, same); e.CarriesMark != observed.Known {
		t.Errorf("evidence after the home was removed: %+v", e)
	}
}

// What cannot be read is Unknown for the mark. For the database it counts,
// lest a second server start on the file.
func TestRootThatCannotBeRead(t *testing.T) {
	i := newInstance(t)
	options := fakeProc(t, true, map[string]string{"42/stat": statLine("x", "S"),
		"42/cmdline": "start-dev\x00-f\x00" + i.DatabasePath, "42/environ": observed.MarkVariable + "=" + i.Mark})
	p, err := New(options).newLook(i.Target).process(42)
	must(t, err)
	if e := p.Evidence; e.CarriesMark != observed.Unknown || e.NamesDatabase != observed.Known {
		t.Errorf("evidence: %+v", e)
	}
	if !p.Launch.IsUnknown() || p.Launch.Reason == "" {
		t.Errorf("launch: %+v", p.Launch)
	}
}

// One file has many names.
func TestDatabaseByOtherNames(t *testing.T) {
	i := newInstance(t).withDatabase(t)
	at := func(name string) string { return filepath.Join(i.folder, name) }
	must(t, os.Symlink(i.DatabasePath, at("link.db")))
	must(t, os.Symlink(filepath.Dir(i.DatabasePath), at("folder")))
	must(t, os.Link(i.DatabasePath, at("hard.db")))
	must(t, os.WriteFile(at("other.db"), nil, 0o600))
	must(t, os.Symlink(at("nowhere"), at("dangling.db")))
	inFolder := func(cmd *exec.Cmd) { cmd.Dir = i.folder }
	cases := map[string]observed.Knowledge{
		i.DatabasePath: observed.Known,
		i.folder + "//temporal-data/./temporal.db": observed.Known,
		at("link.db"):                           observed.Known,
		at("folder/temporal.db"):                observed.Known,
		at("hard.db"):                           observed.Known,
		"link.db":                               observed.Known,
		"./folder/../temporal-data/temporal.db": observed.Known,
		at("other.db"):                          observed.Absent,
		"other.db":                              observed.Absent,
		at("dangling.db"):                       observed.Absent,
		at("none.db"):                           observed.Absent,
		at("other.db/x"):                        observed.Absent,
		i.DatabasePath + "-journal":             observed.Absent,
	}
	for path, want := range cases {
		c := start(t, "wait", inFolder, named(path))
		if e := evidenceOf(t, i, c); e.NamesDatabase != want {
			t.Errorf("%s: %s, want %s", path, e.NamesDatabase, want)
		}
		end(c.Cmd)
	}
}

// A server that is about to make the database names it already.
func TestDatabaseThatIsNotThereYet(t *testing.T) {
	i := newInstance(t)
	must(t, os.Mkdir(filepath.Dir(i.DatabasePath), 0o700))
	must(t, os.Symlink(filepath.Dir(i.DatabasePath), filepath.Join(i.folder, "folder")))
	for path, want := range map[string]observed.Knowledge{
		filepath.Join(i.folder, "folder/temporal.db"): observed.Known,
		filepath.Join(i.folder, "folder/other.db"):    observed.Absent,
		filepath.Join(i.folder, "temporal.db"):        observed.Absent,
	} {
		c := start(t, "wait", named(path))
		if e := evidenceOf(t, i, c); e.NamesDatabase != want {
			t.Errorf("%s: %s, want %s", path, e.NamesDatabase, want)
		}
	}
	i.DatabasePath = ""
	if e := evidenceOf(t, i, start(t, "wait", named(""))); e.NamesDatabase != observed.Absent {
		t.Errorf("a database in memory: %+v", e)
	}
}
