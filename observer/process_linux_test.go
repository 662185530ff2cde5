package observer

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
)

func TestProcessDetails(t *testing.T) {
	i := newInstance(t)
	before := time.Now()
	c := start(t, "wait", withArgs("start-dev", "--port", "1"), ownSession,
		marked(i.Mark, observed.LaunchVariable+"=digest", observed.RestartedAtVariable+"=noon", observed.BuildVariable+"=file 1-2"))
	p := look1(t, i.Target).Processes.Value[0]
	executable, err := os.Executable()
	must(t, err)
	for what, ok := range map[string]bool{
		"boot id":      len(p.BootID) == 36,
		"ticks":        p.StartTicks > 0,
		"started":      p.Started.After(before.Add(-time.Second)) && p.Started.Before(time.Now().Add(time.Second)),
		"executable":   p.Executable == executable && !p.ExecutableReplaced,
		"args":         slices.Equal(p.Args, []string{executable, "start-dev", "--port", "1"}),
		"state":        p.State == observed.StateRunning,
		"parent":       p.ParentPID == os.Getpid(),
		"group":        p.ProcessGroup == c.pid(),
		"session":      p.Session == c.pid(),
		"user":         p.User != "",
		"launch":       p.Launch == observed.Is(observed.Launch{Digest: "digest", RestartedAt: "noon", Build: "file 1-2"}),
		"round a tick": p.Started.Equal(startOf(t, c.pid())) || p.Started.Sub(startOf(t, c.pid())).Abs() < clockStep,
	} {
		if !ok {
			t.Errorf("%s is wrong: %+v", what, p)
		}
	}
}

// inspect reads a process without knowing an instance.
func inspect(o *Observer, pid int) (observed.Process, error) {
	p, _, err := o.read(pid)
	return p, err
}

func ownSession(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

func TestExecutableReplaced(t *testing.T) {
	copied := filepath.Join(t.TempDir(), "temporal")
	copyFile(t, copied)
	c := start(t, "wait", func(cmd *exec.Cmd) { cmd.Path = copied })
	must(t, os.Remove(copied))
	p, err := inspect(New(Options{}), c.pid())
	must(t, err)
	if !p.ExecutableReplaced || p.Executable != copied {
		t.Errorf("executable = %q, replaced = %v", p.Executable, p.ExecutableReplaced)
	}
}

// copyFile copies the test binary.
func copyFile(t *testing.T, to string) {
	t.Helper()
	executable, err := os.Executable()
	must(t, err)
	data, err := os.ReadFile(executable)
	must(t, err)
	must(t, os.WriteFile(to, data, 0o700))
}

func TestIdentify(t *testing.T) {
	o := newObserver(t)
	c := start(t, "wait")
	before, err := o.Identify(c.pid())
	must(t, err)
	if again, err := New(Options{}).Identify(c.pid()); err != nil || again != before {
		t.Errorf("identity = %+v then %+v, %v", before, again, err)
	}
	self, err := inspect(o, os.Getpid())
	must(t, err)
	if self.Evidence != (observed.Evidence{}) || len(self.Args) == 0 {
		t.Errorf("self = %+v", self)
	}
	end(c.Cmd)
	for _, pid := range []int{c.pid(), 0, -1, 1 << 30} {
		if _, err := o.Identify(pid); !isNoProcess(err) {
			t.Errorf("Identify(%d) = %v", pid, err)
		}
		if _, err := inspect(o, pid); !isNoProcess(err) {
			t.Errorf("inspect(%d) = %v", pid, err)
		}
	}
}

// A pid that changes hands while it is read must not give a process made of
// two. The folder of pid 42 is replaced all the time, by ever later processes,
// each of which says its start in its arguments too.
func TestReadIsOfOneProcess(t *testing.T) {
	options := fakeProc(t, true, nil)
	o := New(options)
	const generations = 500
	replaced := make(chan error, 1)
	go func() { replaced <- replaceProcess(options.ProcRoot, generations) }()
	for seen := 0; seen < generations; {
		p, err := inspect(o, 42)
		if err != nil && !isNoProcess(err) {
			t.Fatal(err)
		}
		if err == nil {
			seen = int(p.StartTicks)
			if want := []string{strconv.Itoa(seen)}; !slices.Equal(p.Args, want) {
				t.Fatalf("started at %d with arguments %q", p.StartTicks, p.Args)
			}
		}
		if err := failed(replaced); err != nil {
			t.Fatal(err)
		}
	}
}

// failed returns the error of a goroutine that has failed.
func failed(result chan error) error {
	select {
	case err := <-result:
		return err
	default:
		return nil
	}
}

// replaceProcess makes one process after the other, and pid 42 a link to each.
func replaceProcess(root string, generations int) error {
	for ticks := 1; ticks <= generations; ticks++ {
		folder := filepath.Join(root, fmt.Sprintf("generation-%d", ticks))
		stat := strings.Replace(statLine("x", "S"), " 123456 ", fmt.Sprintf(" %d ", ticks), 1)
		if err := errors.Join(
			os.Mkdir(folder, 0o700),
			os.WriteFile(filepath.Join(folder, "stat"), []byte(stat), 0o600),
			os.WriteFile(filepath.Join(folder, "cmdline"), fmt.Append(nil, ticks, "\x00"), 0o600),
			os.WriteFile(filepath.Join(folder, "environ"), nil, 0o600),
			os.Symlink(folder, filepath.Join(root, "next")),
			os.Rename(filepath.Join(root, "next"), filepath.Join(root, "42")),
		); err != nil {
			return err
		}
	}
	return nil
}
