package observer

import (
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// in gives the child its working folder.
func in(folder string) option {
	return func(cmd *exec.Cmd) { cmd.Dir = folder }
}

// ourselves is how the parent of our children reads.
func ourselves(t *testing.T) string {
	t.Helper()
	comm, err := os.ReadFile("/proc/self/comm")
	must(t, err)
	return fmt.Sprintf("pid %d (%s)", os.Getpid(), comm[:len(comm)-1])
}

func TestStrangersAreIntroduced(t *testing.T) {
	i := newInstance(t)
	folder := t.TempDir()
	stranger := start(t, "listen tcp4 127.0.0.1:0", in(folder))
	i.handOver(t, "wait", in(folder))
	i.frontend(stranger.address())
	s := look1(t, i.Target)
	for name, p := range map[string]observed.Process{
		"listener":       s.Ports[0].Listener.Value.Owner.Value,
		"holder":         s.Lock.Value.Holder.Value,
		"in the list of": s.Processes.Value[0],
	} {
		if p.WorkingDir != folder || p.Parent != ourselves(t) {
			t.Errorf("%s: %q, %q", name, p.WorkingDir, p.Parent)
		}
	}
}

// A quiet look spends nothing on our own.
func TestOursIsNotIntroduced(t *testing.T) {
	i := newInstance(t)
	c := i.handOver(t, "listen tcp4 127.0.0.1:0", marked(i.Mark))
	i.Ports = []PortTarget{{Name: observed.UI, Port: c.address().Port()}}
	s := look1(t, i.Target)
	if p := s.Ports[0].Listener.Value.Owner.Value; p.PID != c.pid() || p.WorkingDir != "" || p.Parent != "" {
		t.Errorf("process = %+v", p)
	}
}

func TestIntroduction(t *testing.T) {
	options := fakeProc(t, true, map[string]string{
		"42/stat": statLine("x", "S"), "1/comm": "in it) (\n",
	})
	l := New(options).newLook(Target{})
	before, err := l.machine.stat(42)
	must(t, err)
	for pid, want := range map[int]string{0: "", 1: "pid 1 (in it) ()", 7: "pid 7"} {
		if got := l.parent(pid); got != want {
			t.Errorf("parent(%d) = %q, want %q", pid, got, want)
		}
	}
	p := before
	l.introduce(&p)
	if p.Parent == "" {
		t.Errorf("process = %+v", p)
	}
	// Another process has the pid by now: nothing is told of it.
	another := before
	another.StartTicks++
	l.introduce(&another)
	if another.Parent != "" || another.WorkingDir != "" {
		t.Errorf("process = %+v", another)
	}
}
