package observer

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stigmer/stigmer-local/observer/observed"
	"golang.org/x/sys/unix"
)

// A healthy instance, seen twice: every fact is Known, nothing differs but
// the times, and nothing on the disk has changed.
func TestSteadyLook(t *testing.T) {
	i := newInstance(t)
	c := i.handOver(t, "health SERVING 127.0.0.1:0", marked(i.Mark), withArgs("start-dev", "--db-filename="+i.DatabasePath))
	i.writeRecord(t, c.pid(), startOf(t, c.pid()))
	i.frontend(c.address())
	i.Executables = []Candidate{{Path: "/proc/self/exe", Source: "test"}}
	o := newObserver(t)
	before := listing(t, i.folder)
	first := o.Observe(t.Context(), i.Target)
	i.Hints = []observed.Identity{first.Processes.Value[0].Identity}
	second := o.Observe(t.Context(), i.Target)
	if after := listing(t, i.folder); !slices.Equal(before, after) {
		t.Errorf("looking changed the folder\nfrom %q\nto   %q", before, after)
	}
	all := observed.Evidence{HoldsLock: observed.Known, CarriesMark: observed.Known, MatchesRecord: observed.Known,
		NamesDatabase: observed.Known, OpensDatabase: observed.Absent, OpensAnother: observed.Absent}
	if got := second.Processes.Value[0].Evidence; got != all {
		t.Errorf("evidence = %+v", got)
	}
	if second.Health.Value.Status != observed.HealthServing || !second.Executable.IsKnown() || !second.Record.IsKnown() {
		t.Errorf("state = %+v", second)
	}
	ignored := cmp.Options{cmpopts.IgnoreFields(observed.State{}, "Time"), cmpopts.IgnoreFields(observed.Database{}, "Free"),
		cmpopts.EquateComparable(observed.Port{}.Address)}
	if diff := cmp.Diff(first, second, ignored); diff != "" {
		t.Errorf("the second look differs:\n%s", diff)
	}
	if age := second.Time.Sub(second.Processes.Value[0].Started); age < 0 || age > patience {
		t.Errorf("age = %s", age)
	}
}

// An empty machine: nothing there is Absent, not Unknown, and stays not there.
func TestLookAtNothing(t *testing.T) {
	i := newInstance(t)
	i.IP = mustAddrPort("127.0.0.1:1").Addr()
	i.Ports = []PortTarget{{observed.UI, 1}}
	s := look1(t, i.Target)
	if !s.Lock.IsAbsent() || !s.Record.IsAbsent() || len(pidsOf(t, s)) != 0 || !s.Ports[0].Listener.IsAbsent() || !s.Executable.IsAbsent() {
		t.Errorf("state = %+v", s)
	}
	if !s.Health.IsUnknown() || s.Health.Reason == "" {
		t.Errorf("health = %+v", s.Health)
	}
	if files := listing(t, i.folder); len(files) != 1 {
		t.Errorf("looking created %q", files)
	}
}

// listing describes every file below a folder.
func listing(t *testing.T, folder string) []string {
	t.Helper()
	var files []string
	must(t, filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		files = append(files, strings.Join([]string{path, info.Mode().String(), info.ModTime().String(), strconv.FormatInt(info.Size(), 10)}, " "))
		return err
	}))
	return files
}

func TestContextEndsTheCheck(t *testing.T) {
	i := newInstance(t)
	c := i.handOver(t, "listen tcp4 127.0.0.1:0")
	i.frontend(c.address())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	began := time.Now()
	s := newObserver(t).Observe(ctx, i.Target)
	if !s.Health.IsUnknown() || !strings.Contains(s.Health.Reason, "cut short") || time.Since(began) > patience/2 {
		t.Errorf("health = %+v after %s", s.Health, time.Since(began))
	}
	if !s.Lock.IsKnown() || !s.Ports[0].Listener.IsKnown() {
		t.Errorf("the rest is not read: %+v", s)
	}
}

// One Observer serves several instances at once.
func TestConcurrentLooks(t *testing.T) {
	o := newObserver(t)
	var looks sync.WaitGroup
	for range 3 {
		i := newInstance(t)
		c := i.handOver(t, "health SERVING 127.0.0.1:0", marked(i.Mark))
		i.frontend(c.address())
		i.Hints = hint(t, c)
		for range 4 {
			looks.Go(func() {
				s := o.Observe(t.Context(), i.Target)
				if s.Lock.Value.Holder.Value.PID != c.pid() || len(s.Processes.Value) != 1 {
					t.Errorf("state = %+v", s)
				}
			})
		}
	}
	looks.Wait()
}

// fakeProc is a process file system with our own process and one other.
func fakeProc(t *testing.T, self bool, files map[string]string) Options {
	t.Helper()
	root := t.TempDir()
	if self {
		must(t, os.Mkdir(filepath.Join(root, strconv.Itoa(os.Getpid())), 0o700))
	}
	for name, content := range files {
		path := filepath.Join(root, name)
		must(t, os.MkdirAll(filepath.Dir(path), 0o700))
		must(t, os.WriteFile(path, []byte(content), 0o600))
	}
	return Options{ProcRoot: root}
}

// inOurTree gives processes of a fake process file system the same root
// folder, which is ours, and the same mounts.
func inOurTree(t *testing.T, proc string, pids ...int) {
	t.Helper()
	for _, pid := range pids {
		folder := filepath.Join(proc, strconv.Itoa(pid))
		must(t, os.MkdirAll(filepath.Join(folder, "ns"), 0o700))
		must(t, os.Symlink("/", filepath.Join(folder, "root")))
		must(t, os.Symlink("mnt:[1]", filepath.Join(folder, "ns", "mnt")))
	}
}

func TestUnreadableProc(t *testing.T) {
	for name, options := range map[string]Options{
		"missing":             {ProcRoot: "/nonexistent"},
		"without ourselves":   fakeProc(t, false, map[string]string{"1/stat": statLine("init", "S")}),
		"a file, not a mount": {ProcRoot: "/etc/passwd"},
	} {
		t.Run(name, func(t *testing.T) {
			i := newInstance(t)
			o := New(options)
			s := o.Observe(t.Context(), i.Target)
			if !s.Processes.IsUnknown() || !strings.Contains(s.Processes.Reason, "cannot search the processes") {
				t.Errorf("processes = %+v", s.Processes)
			}
			f, err := takeLock(i.LockPath, 2)
			must(t, err)
			defer f.Close()
			lock := o.LockHolder(i.LockPath)
			if !lock.IsKnown() || lock.Value.Path != i.LockPath || !lock.Value.Holder.IsUnknown() || lock.Value.Holder.Reason == "" {
				t.Errorf("lock = %+v, want held by somebody unknown", lock)
			}
		})
	}
}

// Without descriptors nothing can be read, and nothing may be said to be absent.
func TestLookWithoutDescriptors(t *testing.T) {
	i := newInstance(t)
	i.handOver(t, "wait", marked(i.Mark))
	must(t, os.WriteFile(i.RecordPath, []byte("1\n"), 0o600))
	c := start(t, strings.Join([]string{"starve", i.LockPath, i.RecordPath, i.Mark}, " "))
	if want := "Unknown Unknown Unknown Unknown Unknown"; c.report != want {
		t.Errorf("knowledge = %q, want %q", c.report, want)
	}
}

func TestProcRoot(t *testing.T) {
	i := newInstance(t)
	options := fakeProc(t, true, map[string]string{
		"sys/kernel/random/boot_id": "boot\n",
		"42/stat":                   statLine("a) (b", "T"),
		"42/environ":                observed.MarkVariable + "=" + i.Mark + "\x00",
		"42/cmdline":                "temporal\x00server\x00",
		"42/status":                 "Uid:\t0\t0\t0\t0\n",
		"43/stat":                   "broken",
		"43/environ":                observed.MarkVariable + "=" + i.Mark + "\x00",
		"44/environ":                observed.MarkVariable + "=" + i.Mark + "\x00",
	})
	inOurTree(t, options.ProcRoot, os.Getpid(), 42)
	o := New(options)
	s := o.Observe(t.Context(), i.Target)
	if got := pidsOf(t, s); !slices.Equal(got, []int{42}) {
		t.Fatalf("processes = %v", got)
	}
	p := s.Processes.Value[0]
	if p.Identity != (observed.Identity{BootID: "boot", PID: 42, StartTicks: 123456}) || p.State != observed.StateStopped || p.Executable != "" {
		t.Errorf("process = %+v", p)
	}
	if _, err := o.Identify(43); err == nil || isNoProcess(err) {
		t.Errorf("Identify = %v, want an error that is not the absence", err)
	}
}

func TestStartClock(t *testing.T) {
	var c startClock
	first, err := c.started(100)
	must(t, err)
	for range 100 {
		if again, err := c.started(100); err != nil || again != first {
			t.Fatalf("started = %s, then %s, %v", first, again, err)
		}
	}
	if later, err := c.started(150); err != nil || later.Sub(first) != time.Second/2 {
		t.Errorf("50 ticks are %s, %v", later.Sub(first), err)
	}
	// Somebody set the clock by an hour, so the boot is remembered wrongly.
	c.boot = c.boot.Add(-time.Hour)
	if again, err := c.started(100); err != nil || again.Sub(first).Abs() > clockStep {
		t.Errorf("started = %s after the step, want %s, %v", again, first, err)
	}
}

func TestReadLimited(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(path, make([]byte, 100), 0o600))
	if data, err := readLimited(path, 100); err != nil || len(data) != 100 {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	if data, err := readLimited(path, 99); err == nil || !strings.Contains(err.Error(), "over 99 bytes") {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	if _, err := readLimited(filepath.Dir(path), 99); err == nil {
		t.Error("a folder can be read")
	}
}

func TestDescriptorKnowsItsFile(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"a", "b"} {
		must(t, os.WriteFile(filepath.Join(folder, name), nil, 0o600))
	}
	fd, err := openRegular(filepath.Join(folder, "a"))
	must(t, err)
	defer fd.close()
	for name, want := range map[string]bool{"a": true, "b": false} {
		info, err := os.Lstat(filepath.Join(folder, name))
		must(t, err)
		if got := fd.same(info); got != want {
			t.Errorf("same(%s) = %v", name, got)
		}
	}
	// The file that a look has seen is no longer the one at the path.
	info, err := os.Lstat(filepath.Join(folder, "b"))
	must(t, err)
	replaced := lockFile{path: filepath.Join(folder, "a"), info: info}
	if held, reason := replaced.probe(); held != observed.Unknown || !strings.Contains(reason, "replaced") {
		t.Errorf("probe = %s, %q", held, reason)
	}
}

func TestExhausted(t *testing.T) {
	for err, want := range map[error]bool{
		unix.EMFILE: true, unix.ENFILE: true, unix.ENOMEM: true,
		unix.EACCES: false, unix.ENOENT: false, ErrNoProcess: false,
	} {
		if got := exhausted(&fs.PathError{Op: "open", Path: "x", Err: err}); got != want {
			t.Errorf("exhausted(%v) = %v", err, got)
		}
	}
	if exhausted(nil) {
		t.Error("no error is one of exhaustion")
	}
}
