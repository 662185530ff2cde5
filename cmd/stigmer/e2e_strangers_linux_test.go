package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

func TestStrangersOnPorts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish("interval: 500ms")
	frontend, metrics := w.stranger(w.port), w.stranger(w.port+2000)
	r := w.expect(4, "local")
	for _, want := range []string{
		fmt.Sprintf("frontend port %s is taken by pid %d (stigmer.test, user ", loopback(w.port), frontend.pid()),
		fmt.Sprintf("  program  %s\n", self(t)),
		fmt.Sprintf("  also     metrics port %s is held by pid %d (stigmer.test, ", loopback(w.port+2000), metrics.pid()),
	} {
		if !strings.Contains(r.stderr, want) {
			t.Errorf("%q is not said: %s", want, r)
		}
	}
	w.expect(4, "local") // a second time no different
	o := w.status()
	if o.Status.Situation != "PortHeldByStranger" || !o.is("Stalled") || o.is("Ready") {
		t.Errorf("status is %s, Stalled %+v", o, o.condition("Stalled"))
	}
	frontend.leave()
	w.awaitStatus("is still kept by the other stranger", func(o object) bool {
		return o.Status.Situation == "PortHeldByStranger" && !strings.Contains(o.Status.Message, "frontend")
	})
	metrics.leave()
	w.awaitOther(0)
}

func TestPidRecordOfAStranger(t *testing.T) {
	t.Parallel()
	for name, record := range map[string]func(*stranger) string{
		"legacy":  func(s *stranger) string { return fmt.Sprintf("%d\n", s.pid()) },
		"current": func(s *stranger) string { return fmt.Sprintf("%d\ntemporal\n%d\n", s.pid(), startTime(s)) },
		"corrupt": func(s *stranger) string { return fmt.Sprintf("pid=%d\x00\n\n\nwhat?", s.pid()) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			// Its command line is Temporal's.
			s := w.stranger(0, "server", "start-dev")
			w.wish()
			w.write(record(s), "temporal.pid")
			if r := w.up(); !strings.Contains(r.stdout, "started pid") {
				t.Errorf("local printed %q", r.stdout)
			}
			s.isUntouched()
			pid := w.temporal().pid
			if line, _, _ := strings.Cut(w.read("temporal.pid"), "\n"); line != strconv.Itoa(pid) {
				t.Errorf("the record names %q, want %d", line, pid)
			}
			w.expect(0, "local", "stop")
		})
	}
}

// startTime is when the stranger was started, in Unix seconds.
func startTime(s *stranger) int {
	s.w.Helper()
	p, alive := readProcess(s.pid())
	stat, err := os.ReadFile("/proc/stat")
	if err != nil || !alive {
		s.w.Fatalf("cannot tell the stranger's start: %v", err)
	}
	var boot int
	for line := range strings.Lines(string(stat)) {
		if seconds, found := strings.CutPrefix(line, "btime "); found {
			boot, _ = strconv.Atoi(strings.TrimSpace(seconds))
		}
	}
	const ticksPerSecond = 100 // USER_HZ, the same on every Linux that Go runs on
	return boot + p.stat.ticks/ticksPerSecond
}
