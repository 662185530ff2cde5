package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

// strangerPort is the variable that tells a stranger where to listen.
const strangerPort = "E2E_PORT"

// playStranger writes the name of every signal that it gets to its output,
// and leaves when its input ends, so that no signal is needed for that.
func playStranger() int {
	signals := make(chan os.Signal, 64)
	signal.Notify(signals)
	if address := os.Getenv(strangerPort); address != "" {
		if _, err := net.Listen("tcp4", address); err != nil {
			fmt.Println("cannot listen:", err)
			return 1
		}
	}
	fmt.Println("ready")
	gone := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(gone)
	}()
	for {
		select {
		case s := <-signals:
			// The Go runtime sends itself SIGURG.
			if s != syscall.SIGURG {
				fmt.Println("got", s)
			}
		case <-gone:
			return 0
		}
	}
}

// stranger is a process that no test may touch but by leave.
type stranger struct {
	w       *world
	command *exec.Cmd
	stdin   io.Closer
	signals string
	left    bool
}

// stranger starts one that listens on the port, unless that is 0, and whose
// command line is args. It is checked at the end of the test, too.
func (w *world) stranger(port int, args ...string) *stranger {
	w.Helper()
	s := &stranger{w: w, signals: filepath.Join(w.TempDir(), "signals")}
	out, err := os.Create(s.signals)
	if err != nil {
		w.Fatal(err)
	}
	defer out.Close()
	s.command = exec.Command(self(w))
	s.command.Args = append([]string{"stranger"}, args...)
	s.command.Env = []string{roleVariable + "=" + roleStranger}
	if port != 0 {
		s.command.Env = append(s.command.Env, strangerPort+"="+loopback(port))
	}
	s.command.Stdout, s.command.Stderr = out, out
	if s.stdin, err = s.command.StdinPipe(); err != nil {
		w.Fatal(err)
	}
	if err := s.command.Start(); err != nil {
		w.Fatal(err)
	}
	w.Cleanup(s.leave)
	w.await("the stranger is ready", func() (bool, string) { text := s.said(); return strings.HasPrefix(text, "ready"), text })
	return s
}

func (s *stranger) pid() int { return s.command.Process.Pid }

func (s *stranger) said() string {
	text, err := os.ReadFile(s.signals)
	if err != nil {
		s.w.Error(err)
	}
	return string(text)
}

// isUntouched fails the test unless the stranger lives and got no signal.
func (s *stranger) isUntouched() {
	s.w.Helper()
	p, alive := readProcess(s.pid())
	if !alive || p.stat.state == "T" || s.said() != "ready\n" {
		s.w.Errorf("the stranger was touched: alive %t, state %s, said %q", alive, p.stat.state, s.said())
	}
}

// leave ends the stranger, after a last check.
func (s *stranger) leave() {
	s.w.Helper()
	if s.left {
		return
	}
	s.left = true
	s.isUntouched()
	s.stdin.Close()
	if err := s.command.Wait(); err != nil {
		s.w.Errorf("the stranger ended with %v", err)
	}
}
