package observer

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
	"golang.org/x/sys/unix"
)

// writeRecord writes a pid record as the daemon does.
func (i instance) writeRecord(t *testing.T, pid int, started time.Time) {
	t.Helper()
	must(t, os.WriteFile(i.RecordPath, fmt.Appendf(nil, "%d\ntemporal\n%d\n", pid, started.Unix()), 0o600))
}

// startOf returns when the process started.
func startOf(t *testing.T, pid int) time.Time {
	t.Helper()
	p, err := inspect(New(Options{}), pid)
	must(t, err)
	return p.Started
}

func TestSearchFindsByEachEvidence(t *testing.T) {
	i := newInstance(t)
	cases := map[string]struct {
		options  []option
		record   bool
		evidence observed.Evidence
	}{
		"mark": {options: []option{marked(i.Mark)}, evidence: observed.Evidence{CarriesMark: observed.Known}},
		"database": {options: []option{withArgs("start-dev", "--db-filename", i.DatabasePath)},
			evidence: observed.Evidence{NamesDatabase: observed.Known}},
		"record": {record: true, evidence: observed.Evidence{MatchesRecord: observed.Known}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p := start(t, "wait", c.options...)
			start(t, "wait", marked(i.Mark+"-2"))
			if c.record {
				i.writeRecord(t, p.pid(), startOf(t, p.pid()))
				defer os.Remove(i.RecordPath)
			}
			s := look1(t, i.Target)
			if got := pidsOf(t, s); !slices.Equal(got, []int{p.pid()}) {
				t.Fatalf("processes = %v, want %d", got, p.pid())
			}
			if got, want := s.Processes.Value[0].Evidence, absentUnless(c.evidence); got != want {
				t.Errorf("evidence = %+v, want %+v", got, want)
			}
		})
	}
}

// absentUnless replaces Unknown, the zero value, by Absent.
func absentUnless(e observed.Evidence) observed.Evidence {
	for _, k := range []*observed.Knowledge{&e.HoldsLock, &e.CarriesMark, &e.MatchesRecord, &e.NamesDatabase, &e.OpensDatabase, &e.OpensAnother} {
		if *k == observed.Unknown {
			*k = observed.Absent
		}
	}
	return e
}

// A pid record that outlived its process and points at a stranger ties
// nothing to the instance.
func TestRecordOfAReusedPID(t *testing.T) {
	i := newInstance(t)
	stranger := start(t, "wait")
	i.writeRecord(t, stranger.pid(), startOf(t, stranger.pid()).Add(-time.Hour))
	s := look1(t, i.Target)
	if got := pidsOf(t, s); len(got) != 0 {
		t.Errorf("processes = %v, want none", got)
	}
	if r := s.Record.Value; r.PID != stranger.pid() || r.Format != observed.RecordCurrent {
		t.Errorf("record = %+v", r)
	}
}

// A one-line record has no start time, so it matches nobody.
func TestLegacyRecordMatchesNobody(t *testing.T) {
	i := newInstance(t)
	c := start(t, "wait")
	must(t, os.WriteFile(i.RecordPath, fmt.Appendln(nil, c.pid()), 0o600))
	s := look1(t, i.Target)
	if len(pidsOf(t, s)) != 0 || s.Record.Value.Format != observed.RecordLegacy {
		t.Errorf("processes = %v, record = %+v", pidsOf(t, s), s.Record)
	}
}

func TestThoroughFindsALeftover(t *testing.T) {
	i := newInstance(t)
	c := i.handOver(t, "wait", marked(i.Mark))
	leftover := start(t, "wait", marked(i.Mark))
	i.Hints = hint(t, c)
	if got := pidsOf(t, look1(t, i.Target)); !slices.Equal(got, []int{c.pid()}) {
		t.Errorf("processes = %v, want the holder only", got)
	}
	i.Thorough = true
	if got := pidsOf(t, look1(t, i.Target)); !slices.Equal(got, []int{c.pid(), leftover.pid()}) {
		t.Errorf("processes = %v, want the holder and the leftover", got)
	}
}

func TestZombieIsNoProcessOfOurs(t *testing.T) {
	i := newInstance(t)
	c := i.handOver(t, "wait", marked(i.Mark))
	i.Hints = hint(t, c)
	i.writeRecord(t, c.pid(), startOf(t, c.pid()))
	must(t, c.Process.Kill())
	// Waits for the end and leaves the zombie where it is.
	var info unix.Siginfo
	must(t, unix.Waitid(unix.P_PID, c.pid(), &info, unix.WEXITED|unix.WNOWAIT, nil))
	s := look1(t, i.Target)
	if !s.Lock.IsAbsent() || len(pidsOf(t, s)) != 0 {
		t.Errorf("lock = %+v, processes = %v", s.Lock, pidsOf(t, s))
	}
	p, err := inspect(New(Options{}), c.pid())
	must(t, err)
	if p.State != observed.StateDead || p.Identity != i.Hints[0] {
		t.Errorf("zombie = %+v", p)
	}
}

func TestStoppedProcess(t *testing.T) {
	i := newInstance(t)
	c := i.handOver(t, "wait", marked(i.Mark))
	must(t, c.Process.Signal(syscall.SIGSTOP))
	var info unix.Siginfo
	must(t, unix.Waitid(unix.P_PID, c.pid(), &info, unix.WSTOPPED|unix.WNOWAIT, nil))
	s := look1(t, i.Target)
	if got := pidsOf(t, s); !slices.Equal(got, []int{c.pid()}) {
		t.Fatalf("processes = %v", got)
	}
	if p := s.Processes.Value[0]; p.State != observed.StateStopped {
		t.Errorf("state = %s", p.State)
	}
}

func TestProcessWithAnOddName(t *testing.T) {
	i := newInstance(t)
	c := start(t, "rename a)_R_1_(b", marked(i.Mark))
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", c.pid()))
	must(t, err)
	if strings.TrimSpace(string(name)) != "a) R 1 (b" {
		t.Fatalf("comm = %q", name)
	}
	s := look1(t, i.Target)
	if got := pidsOf(t, s); !slices.Equal(got, []int{c.pid()}) {
		t.Fatalf("processes = %v", got)
	}
	if p := s.Processes.Value[0]; p.ParentPID != os.Getpid() {
		t.Errorf("parent = %d, want %d", p.ParentPID, os.Getpid())
	}
}

// A child that sees the instance's mark on its own parent must not offer its
// ancestor, or itself, to be signalled.
func TestAncestorsAreLeftOut(t *testing.T) {
	i := newInstance(t)
	c := start(t, "parent observe "+i.Mark+" "+i.LockPath, marked(i.Mark))
	if want := "lock=Absent processes=Known"; c.report != want {
		t.Errorf("report = %q, want %q", c.report, want)
	}
}

// Another user's processes cannot be read, which must not hide that the
// search was complete, nor the lock that one of them holds.
func TestUnprivileged(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can start a child as another user")
	}
	i := newInstance(t)
	openFolders(t, i.folder)
	root := start(t, "wait", marked(i.Mark))
	must(t, os.WriteFile(i.LockPath, nil, 0o644))
	child := start(t, "observe "+i.Mark+" "+i.LockPath, asNobody)
	if want := "lock=Absent processes=Known"; child.report != want {
		t.Errorf("report = %q, want %q; root's process is %d", child.report, want, root.pid())
	}
	holder := start(t, "lock "+i.LockPath)
	child = start(t, "observe "+i.Mark+" "+i.LockPath, asNobody)
	if want := "lock=Known processes=Known"; child.report != want {
		t.Errorf("report = %q, want %q; the holder is %d", child.report, want, holder.pid())
	}
	mine := start(t, "wait", marked(i.Mark), asNobody)
	child = start(t, "observe "+i.Mark+" "+i.LockPath, asNobody)
	if want := fmt.Sprintf("lock=Known processes=Known %d:Absent,Known,Absent,Absent", mine.pid()); child.report != want {
		t.Errorf("report = %q, want %q", child.report, want)
	}
}

// asNobody runs the child as another user. It starts through /proc, because
// the folder of the test binary is closed to others.
func asNobody(cmd *exec.Cmd) {
	cmd.Path = "/proc/self/exe"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
}

// openFolders lets others into the test's own temporary folders.
func openFolders(t *testing.T, folder string) {
	t.Helper()
	for ; folder != os.TempDir() && folder != "/"; folder = filepath.Dir(folder) {
		must(t, os.Chmod(folder, 0o755))
	}
}

// A relative database path counts from the process's own working folder.
func TestRelativeDatabase(t *testing.T) {
	i := newInstance(t)
	must(t, os.Mkdir(filepath.Dir(i.DatabasePath), 0o700))
	there := func(cmd *exec.Cmd) { cmd.Dir = filepath.Dir(i.DatabasePath) }
	ours := start(t, "wait", there, withArgs("start-dev", "-f", "temporal.db"))
	start(t, "wait", withArgs("start-dev", "-f", "temporal.db"))
	if got := pidsOf(t, look1(t, i.Target)); !slices.Equal(got, []int{ours.pid()}) {
		t.Errorf("processes = %v, want %d", got, ours.pid())
	}
}
