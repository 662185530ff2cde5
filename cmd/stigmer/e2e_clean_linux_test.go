package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// clean stops every instance as a person would, and fails the test when that
// leaves a process behind or the daemon's log tells of a mistake.
func (w *world) clean() {
	if w.Failed() {
		w.tell()
	}
	for _, name := range w.instances() {
		r, err := w.finish(w.command("local", "stop", "--yes", "--name", name))
		if err != nil || r.code != 0 {
			w.Errorf("cannot stop %s: %v: %s", name, err, r)
		}
	}
	if left := w.leftAfter(5 * time.Second); len(left) > 0 {
		w.Errorf("processes are left:\n%s", describe(left))
		w.killAll()
	}
	if log, err := os.ReadFile(w.file("logs", "daemon.log")); err == nil {
		if err := faultsIn(string(log)); err != nil {
			w.Errorf("the daemon's log: %v", err)
		}
	}
}

// instances returns the names of those that may have to be stopped.
func (w *world) instances() []string {
	names := []string{"temporal"}
	files, _ := filepath.Glob(w.file("desired", "*.yaml"))
	for _, file := range files {
		if name := strings.TrimSuffix(filepath.Base(file), ".yaml"); name != "temporal" {
			names = append(names, name)
		}
	}
	return names
}

// leftAfter returns the home's processes that still live after the time.
func (w *world) leftAfter(limit time.Duration) []process {
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		left := processesOf(w.home)
		if len(left) == 0 {
			return nil
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			return left
		}
	}
}

// killAll kills until nothing is left: a daemon may just have started another.
func (w *world) killAll() {
	for range 100 {
		left := processesOf(w.home)
		if len(left) == 0 {
			return
		}
		for _, p := range left {
			_ = syscall.Kill(p.pid, syscall.SIGKILL)
		}
		w.leftAfter(look)
	}
	w.Errorf("cannot be killed:\n%s", describe(processesOf(w.home)))
}

// tell prints what a person needs to see why a test failed.
func (w *world) tell() {
	w.Logf("processes:\n%s", describe(processesOf(w.home)))
	for _, pattern := range []string{"desired/*.yaml", "status/*.yaml", "logs/*.log"} {
		files, _ := filepath.Glob(w.file(pattern))
		for _, file := range files {
			data, _ := os.ReadFile(file)
			w.Logf("%s:\n%s", file, data[max(0, len(data)-6000):])
		}
	}
}

func describe(list []process) string {
	var b strings.Builder
	for _, p := range list {
		fmt.Fprintf(&b, "  pid %d (%s): %s\n", p.pid, p.stat.state, strings.Join(p.args, " "))
	}
	return b.String()
}
