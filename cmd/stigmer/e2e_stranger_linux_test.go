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

const (
	// strangerPort is the variable that tells a stranger where to listen.
	strangerPort = "E2E_PORT"
	// strangerFile is the variable that tells a stranger what to hold open.
	strangerFile = "E2E_FILE"
)

// playStranger writes the name of every signal that it gets to its output,
// and leaves when its input ends, so that no signal is needed for that. It
// listens as "nc -l" does: it serves one connection, and ends with it.
func playStranger() int {
	signals := make(chan os.Signal, 64)
	signal.Notify(signals)
	connected := make(chan struct{})
	if address := os.Getenv(strangerPort); address != "" {
		l, err := net.Listen(familyOf(address), address)
		if err != nil {
			fmt.Println("cannot listen:", err)
			return 1
		}
		go func() { _, _ = l.Accept(); close(connected) }()
	}
	var file *os.File
	if path := os.Getenv(strangerFile); path != "" {
		var err error
		if file, err = os.Open(path); err != nil {
			fmt.Println(err)
			return 1
		}
	}
	fmt.Println("ready")
	gone := make(chan struct{})
	go func() {
		// A byte of input asks it to close the file.
		if n, _ := os.Stdin.Read(make([]byte, 1)); n == 1 {
			file.Close()
		}
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
		case <-connected:
			fmt.Println("somebody connected")
			return 0
		case <-gone:
			for len(signals) > 0 {
				if s := <-signals; s != syscall.SIGURG {
					fmt.Println("got", s)
				}
			}
			return 0
		}
	}
}

// familyOf keeps a stranger to the family of its address: [::] is no 0.0.0.0.
func familyOf(address string) string {
	if strings.HasPrefix(address, "[") {
		return "tcp6"
	}
	return "tcp4"
}

// stranger is a process that no test may touch but by leave.
type stranger struct {
	w       *world
	command *exec.Cmd
	stdin   io.WriteCloser
	signals string
	left    bool
}

// stranger starts one that listens on the port, unless that is 0, and whose
// command line is args.
func (w *world) stranger(port int, args ...string) *stranger {
	w.Helper()
	if port == 0 {
		return w.strangerWith(nil, args...)
	}
	return w.strangerWith([]string{strangerPort + "=" + loopback(port)}, args...)
}

// strangerWith starts one with these variables. It is checked at the end of
// the test, too.
func (w *world) strangerWith(variables []string, args ...string) *stranger {
	w.Helper()
	s := w.spawnStranger(variables, args...)
	w.Cleanup(s.leave)
	w.await("the stranger is ready", func() (bool, string) { text := s.said(); return strings.HasPrefix(text, "ready"), text })
	return s
}

// spawnStranger starts one that has not said yet whether it is ready.
func (w *world) spawnStranger(variables []string, args ...string) *stranger {
	w.Helper()
	s := &stranger{w: w, signals: filepath.Join(w.TempDir(), "signals")}
	out, err := os.Create(s.signals)
	if err != nil {
		w.Fatal(err)
	}
	defer out.Close()
	s.command = exec.Command(self(w))
	s.command.Args = append([]string{"stranger"}, args...)
	s.command.Env = append(variables, roleVariable+"="+roleStranger)
	s.command.Stdout, s.command.Stderr = out, out
	if s.stdin, err = s.command.StdinPipe(); err != nil {
		w.Fatal(err)
	}
	if err := s.command.Start(); err != nil {
		w.Fatal(err)
	}
	return s
}

func (s *stranger) pid() int     { return s.command.Process.Pid }
func (s *stranger) name() string { return filepath.Base(s.command.Path) }

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

// closeFile makes the stranger close the file that it holds open.
func (s *stranger) closeFile() {
	s.w.Helper()
	if _, err := s.stdin.Write([]byte{'\n'}); err != nil {
		s.w.Fatal(err)
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
	if text := s.said(); text != "ready\n" {
		s.w.Errorf("the stranger got a signal: %q", text)
	}
}
