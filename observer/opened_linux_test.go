package observer

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stigmer/stigmer-local/observer/observed"
	"golang.org/x/sys/unix"
)

// opens is what a look of its own says of one process and the database.
func opens(t *testing.T, o *Observer, i instance, pid int) observed.Knowledge {
	t.Helper()
	l := o.newLook(i.Target)
	answer, err := l.opens(pid, l.database)
	must(t, err)
	return answer
}

// A file has one identity and many names, and the one at the path may be
// another than the one that was opened there.
func TestOpensDatabase(t *testing.T) {
	nothing := func(string) error { return nil }
	for name, c := range map[string]struct {
		before func(path string) error
		hold   string
		after  func(path string) error
		want   observed.Knowledge
	}{
		"by its path": {nothing, "temporal.db", nothing, observed.Known},
		"by a hard link": {func(path string) error { return os.Link(path, path+".hard") },
			"temporal.db.hard", nothing, observed.Known},
		"by a link": {func(path string) error { return os.Symlink(path, path+".soft") },
			"temporal.db.soft", nothing, observed.Known},
		"renamed, with a link left": {nothing, "temporal.db", func(path string) error {
			if err := os.Rename(path, path+".moved"); err != nil {
				return err
			}
			return os.Symlink(path+".moved", path)
		}, observed.Known},
		"deleted": {nothing, "temporal.db", os.Remove, observed.Absent},
		"replaced": {nothing, "temporal.db", func(path string) error {
			if err := os.WriteFile(path+".new", nil, 0o600); err != nil {
				return err
			}
			return os.Rename(path+".new", path)
		}, observed.Absent},
		"a folder in its place": {nothing, "temporal.db", func(path string) error {
			if err := os.Remove(path); err != nil {
				return err
			}
			return os.Mkdir(path, 0o700)
		}, observed.Unknown},
		"another file": {func(path string) error { return os.WriteFile(path+".other", nil, 0o600) },
			"temporal.db.other", nothing, observed.Absent},
	} {
		t.Run(name, func(t *testing.T) {
			i := newInstance(t).withDatabase(t)
			must(t, c.before(i.DatabasePath))
			holder := start(t, "hold "+filepath.Join(filepath.Dir(i.DatabasePath), c.hold))
			must(t, c.after(i.DatabasePath))
			if got := opens(t, newObserver(t), i, holder.pid()); got != c.want {
				t.Errorf("opens = %s, want %s", got, c.want)
			}
		})
	}
}

// Nobody has a file open that is not there, or that is in memory.
func TestOpensNoDatabase(t *testing.T) {
	i, o := newInstance(t), newObserver(t)
	if got := opens(t, o, i, os.Getpid()); got != observed.Absent {
		t.Errorf("opens = %s without a file", got)
	}
	i.DatabasePath = ""
	if got := opens(t, o, i, os.Getpid()); got != observed.Absent {
		t.Errorf("opens = %s without a database", got)
	}
	i = newInstance(t).withDatabase(t)
	gone := start(t, "wait")
	end(gone.Cmd)
	if got := opens(t, o, i, gone.pid()); got != observed.Absent {
		t.Errorf("opens = %s of a process that is gone", got)
	}
}

// Where a file was found is remembered, and looked at before it is believed.
// The database is the last of so many descriptors that their list comes in
// several pieces.
func TestOpensDatabaseIsRemembered(t *testing.T) {
	i, o := newInstance(t).withDatabase(t), newObserver(t)
	for range 400 {
		f, err := os.Open(os.DevNull)
		must(t, err)
		defer f.Close()
	}
	f, err := os.OpenFile(i.DatabasePath, os.O_RDWR, 0)
	must(t, err)
	file := o.newLook(i.Target).database.file.Value
	place := openFile{os.Getpid(), fileKey{file.Device, file.Inode}}
	at := int(f.Fd())
	for range 2 {
		if got := opens(t, o, i, os.Getpid()); got != observed.Known {
			t.Fatalf("opens = %s", got)
		}
		if descriptor, ok := o.files.get(place); !ok || descriptor != at {
			t.Fatalf("remembered %d, %v, want %d", descriptor, ok, at)
		}
	}
	if _, found, err := o.machine.findFile(os.Getpid(), fileKey{file.Device + 1, file.Inode}); found || err != nil {
		t.Errorf("found a file of that number on another device: %v, %v", found, err)
	}
	must(t, unix.Dup3(at, 1000, unix.O_CLOEXEC))
	defer unix.Close(1000)
	must(t, f.Close())
	if got := opens(t, o, i, os.Getpid()); got != observed.Known {
		t.Errorf("opens = %s by another descriptor", got)
	}
	if descriptor, _ := o.files.get(place); descriptor != 1000 {
		t.Errorf("remembered %d, want 1000", descriptor)
	}
	must(t, unix.Close(1000))
	if got := opens(t, o, i, os.Getpid()); got != observed.Absent {
		t.Errorf("opens = %s after it was closed", got)
	}
}

func TestFileMemoryIsBounded(t *testing.T) {
	m := newFileMemory()
	for pid := range maxPlaces + 10 {
		m.put(openFile{pid: pid}, pid)
	}
	if len(m.descriptors) > maxPlaces {
		t.Errorf("%d are remembered", len(m.descriptors))
	}
	if descriptor, ok := m.get(openFile{pid: maxPlaces + 9}); !ok || descriptor != maxPlaces+9 {
		t.Errorf("the last one is %d, %v", descriptor, ok)
	}
}

// A stranger on the database has nothing but its descriptor to show, and is
// found when nobody is known to hold the lock, or when the look is thorough.
func TestSearchFindsWhoOpensTheDatabase(t *testing.T) {
	i := newInstance(t).withDatabase(t)
	hard := i.DatabasePath + ".hard"
	must(t, os.Link(i.DatabasePath, hard))
	stranger := start(t, "hold "+hard)
	own, err := os.Open(i.DatabasePath)
	must(t, err)
	defer own.Close()
	s := look1(t, i.Target)
	if got := pidsOf(t, s); !slices.Equal(got, []int{stranger.pid()}) {
		t.Fatalf("processes = %v, want %d and not ourselves", got, stranger.pid())
	}
	want := absentUnless(observed.Evidence{OpensDatabase: observed.Known})
	if got := s.Processes.Value[0].Evidence; got != want {
		t.Errorf("evidence = %+v, want %+v", got, want)
	}
	server := i.handOver(t, "hold "+i.DatabasePath, marked(i.Mark))
	i.Hints = hint(t, server)
	s = look1(t, i.Target)
	if got := pidsOf(t, s); !slices.Equal(got, []int{server.pid()}) {
		t.Errorf("processes = %v, want the holder of the lock only", got)
	}
	if e := s.Processes.Value[0].Evidence; e.OpensDatabase != observed.Known {
		t.Errorf("evidence = %+v", e)
	}
	i.Thorough = true
	if got := pidsOf(t, look1(t, i.Target)); !slices.Equal(got, []int{server.pid(), stranger.pid()}) {
		t.Errorf("processes = %v, want the holder before the stranger", got)
	}
	must(t, os.Remove(i.DatabasePath))
	if got := pidsOf(t, look1(t, i.Target)); !slices.Equal(got, []int{server.pid()}) {
		t.Errorf("processes = %v, want nobody to have a deleted file", got)
	}
}

// The descriptors of another user's process cannot be read, which is not to
// say that it does not have the file open.
func TestOpensDatabaseOfAnotherUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can start a child as another user")
	}
	i := newInstance(t).withDatabase(t)
	openFolders(t, filepath.Dir(i.DatabasePath))
	holder := start(t, "hold "+i.DatabasePath)
	ask := fmt.Sprintf("opens %d %s", holder.pid(), i.DatabasePath)
	want := fmt.Sprintf("Unknown open /proc/%d/fd: permission denied", holder.pid())
	if got := start(t, ask, asNobody).report; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := start(t, ask).report; got != "Known <nil>" {
		t.Errorf("%q as root", got)
	}
}
