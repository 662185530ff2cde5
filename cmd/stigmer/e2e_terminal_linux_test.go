package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal is a window: what is written into it is its text.
type terminal struct {
	master, slave *os.File
	mu            sync.Mutex
	text          strings.Builder
	ended         chan struct{}
}

func newTerminal(t testing.TB) *terminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	number := 0
	raw, err := master.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	err = raw.Control(func(fd uintptr) {
		if err := unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); err != nil {
			t.Error(err)
		}
		if number, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	w := &terminal{master: master, slave: slave, ended: make(chan struct{})}
	go w.show()
	t.Cleanup(func() { master.Close(); <-w.ended })
	return w
}

// show takes in what is written until the window is closed.
func (w *terminal) show() {
	defer close(w.ended)
	buffer := make([]byte, 4096)
	for {
		n, err := w.master.Read(buffer)
		w.mu.Lock()
		w.text.Write(buffer[:n])
		w.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (w *terminal) shown() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// run starts the command as the leader of the terminal's session.
func (w *terminal) run(t testing.TB, c *exec.Cmd) {
	t.Helper()
	c.Stdin, c.Stdout, c.Stderr = w.slave, w.slave, w.slave
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	w.slave.Close()
}

func TestClosedTerminalHarmsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish()
	window := newTerminal(t)
	c := w.command("local")
	shell := exec.Command("sh", append([]string{"-c", `"$0" "$@"; echo "ended with $?"; read line`}, c.Args...)...)
	shell.Env = c.Env
	window.run(t, shell)
	w.await("the command ends on the terminal", func() (bool, string) {
		return strings.Contains(window.shown(), "ended with 0"), window.shown()
	})
	// What was waited for is shown on a line that is gone in the end.
	if text := window.shown(); !strings.Contains(text, "\r\x1b[KTemporal is ready: started pid") {
		t.Errorf("the terminal shows %q", text)
	}
	daemon, server := w.daemon().pid, w.temporal().pid
	window.master.Close()
	if err := shell.Wait(); err == nil {
		t.Error("the shell does not notice that its terminal is closed")
	}
	if d, s := w.daemon().pid, w.temporal().pid; d != daemon || s != server {
		t.Errorf("daemon was %d and is %d, Temporal was %d and is %d", daemon, d, server, s)
	}
	w.areDetached("")
	if r := w.up(); w.mask(r.stdout) != w.goldenUp("reusing") {
		t.Errorf("local printed %q", r.stdout)
	}
}
