package actuator

import (
	"bufio"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// listen passes on the lines that are told.
func (r *rig) listen() {
	if err := unix.Mkfifo(r.pipe(), 0o600); err != nil {
		r.t.Fatal(err)
	}
	pipe, err := os.OpenFile(r.pipe(), os.O_RDWR|unix.O_NONBLOCK, 0)
	if err != nil {
		r.t.Fatal(err)
	}
	over := make(chan struct{})
	r.t.Cleanup(func() {
		_ = pipe.Close()
		<-over
	})
	go func() {
		defer close(over)
		for scanner := bufio.NewScanner(pipe); scanner.Scan(); {
			r.lines <- scanner.Text()
		}
	}()
}

// line returns what is told next.
func (r *rig) line() string {
	r.t.Helper()
	select {
	case line := <-r.lines:
		return line
	case <-time.After(patience):
		r.t.Fatal("nothing was told")
		return ""
	}
}

// expect waits until exactly these lines were told, in any order.
func (r *rig) expect(want ...string) {
	r.t.Helper()
	open := map[string]int{}
	for _, line := range want {
		open[line]++
	}
	for range want {
		line := r.line()
		if open[line]--; open[line] < 0 {
			r.t.Fatalf("told %q, want one of %q", line, want)
		}
	}
}

// said is a line of a process.
func said(id identity, words string) string { return fmt.Sprintf("%d %s", id.PID, words) }

// exit returns the next call of OnExit, which must be for id.
func (r *rig) exit(id identity) Exit {
	r.t.Helper()
	select {
	case e := <-r.exits:
		if e.id != id {
			r.t.Fatalf("exit of %v, want %v", e.id, id)
		}
		return e.exit
	case <-time.After(patience):
		r.t.Fatalf("no exit of %v", id)
		return Exit{}
	}
}

// silent fails when there was another exit.
func (r *rig) silent() {
	r.t.Helper()
	select {
	case e := <-r.exits:
		r.t.Fatalf("unexpected exit %v: %+v", e.id, e.exit)
	default:
	}
}

func (e Exit) describe() string {
	switch {
	case e.Code != nil:
		return fmt.Sprintf("code %d", *e.Code)
	case e.Signal != "":
		return "signal " + e.Signal
	}
	return "unknown"
}

// is fails unless the exit reads as want.
func (r *rig) is(exit Exit, want string) {
	r.t.Helper()
	if got := exit.describe(); got != want || exit.Time.IsZero() {
		r.t.Fatalf("exit is %s at %v, want %s", got, exit.Time, want)
	}
}
