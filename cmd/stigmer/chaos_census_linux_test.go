package main

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// censusVariable names the file that a command or a daemon writes the number
// of its goroutines to when it gets SIGUSR2: nothing outside can count them.
const censusVariable = "E2E_CENSUS"

// answerCensus makes this process answer, if it was asked to.
func answerCensus() {
	base := os.Getenv(censusVariable)
	if base == "" {
		return
	}
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR2)
	go func() {
		for range asked {
			stacks := make([]byte, 1<<20)
			text := fmt.Sprintf("%d\n%s", runtime.NumGoroutine(), stacks[:runtime.Stack(stacks, true)])
			temp := fmt.Sprintf("%s.%d.new", base, os.Getpid())
			if os.WriteFile(temp, []byte(text), 0o600) == nil {
				_ = os.Rename(temp, strings.TrimSuffix(temp, ".new"))
			}
		}
	}()
}

// census is what a process has.
type census struct {
	goroutines, descriptors int
	// resident is its memory in KiB.
	resident int
	// detail names the descriptors and the goroutines.
	detail string
}

func (c census) String() string {
	return fmt.Sprintf("%d goroutines, %d descriptors, %d MiB resident", c.goroutines, c.descriptors, c.resident>>10)
}

// census counts what the daemon has.
func (w *world) census(pid int) census {
	w.Helper()
	var base string
	for _, v := range w.env {
		if value, found := strings.CutPrefix(v, censusVariable+"="); found {
			base = value
		}
	}
	path := fmt.Sprintf("%s.%d", base, pid)
	_ = os.Remove(path)
	signalProcess(w, pid, syscall.SIGUSR2)
	var text []byte
	w.await(fmt.Sprintf("pid %d has counted its goroutines", pid), func() (bool, string) {
		var err error
		text, err = os.ReadFile(path)
		return err == nil, fmt.Sprint(err)
	})
	count, stacks, _ := strings.Cut(string(text), "\n")
	c := census{resident: residentOf(w, pid)}
	c.goroutines, _ = strconv.Atoi(count)
	open := descriptors(w, pid)
	c.descriptors, c.detail = len(open), fmt.Sprintf("%v\n%s", open, stacks)
	return c
}

// residentOf returns the memory of the process in KiB.
func residentOf(t testing.TB, pid int) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if value, found := strings.CutPrefix(line, "VmRSS:"); found {
			n, _ := strconv.Atoi(strings.Fields(value)[0])
			return n
		}
	}
	return 0
}

// countable makes every command and daemon of the home answer.
func (w *world) countable() {
	w.Helper()
	w.env = append(w.env, censusVariable+"="+filepath.Join(w.TempDir(), "census"))
}
