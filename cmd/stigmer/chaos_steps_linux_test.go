package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// disturbance is one thing that can happen to a home.
type disturbance struct {
	name string
	do   func(*chaos)
}

// disturbances are those that can be done here. What cannot says why.
func (c *chaos) disturbances() []disturbance {
	table := []disturbance{
		{"SIGKILL Temporal", func(c *chaos) { c.signalAll(process.isTemporal, syscall.SIGKILL) }},
		{"SIGKILL Temporal again", func(c *chaos) { c.signalAll(process.isTemporal, syscall.SIGKILL) }},
		{"SIGSTOP Temporal", func(c *chaos) { c.signalAll(process.isTemporal, syscall.SIGSTOP) }},
		{"SIGTERM Temporal", func(c *chaos) { c.signalAll(process.isTemporal, syscall.SIGTERM) }},
		{"SIGKILL the daemon", func(c *chaos) { c.signalAll(process.isDaemon, syscall.SIGKILL) }},
		{"SIGTERM the daemon", func(c *chaos) { c.signalAll(process.isDaemon, syscall.SIGTERM) }},
		{"SIGSTOP the daemon", (*chaos).freezeDaemon},
		{"SIGKILL both", func(c *chaos) {
			c.signalAll(func(p process) bool { return p.isDaemon() || p.isTemporal() }, syscall.SIGKILL)
		}},
		{"commands", (*chaos).someCommands},
		{"commands", (*chaos).someCommands},
		{"a stranger takes a port", (*chaos).takePort},
		{"a lock file is deleted", (*chaos).deleteLock},
		{"the pid record is forged", (*chaos).forgeRecord},
		{"few descriptors", (*chaos).fewDescriptors},
	}
	table = append(table, edits()...)
	if !c.stub {
		table = append(table, disturbance{"backup and restore", (*chaos).restoreBackup})
	}
	if c.disk != "" {
		table = append(table, disturbance{"the disk is full", (*chaos).fillDisk}, disturbance{"the disk is full", (*chaos).fillDisk})
	}
	probe := c.TempDir()
	if err := errors.Join(setImmutable(probe, true), setImmutable(probe, false)); err != nil {
		c.Logf("not done: the status folder read-only: %v", err)
		return table
	}
	return append(table, disturbance{"the status folder is read-only", (*chaos).lockStatus})
}

// signalAll signals each of the home's processes that are so.
func (c *chaos) signalAll(are func(process) bool, s syscall.Signal) {
	for _, p := range processesOf(c.home) {
		if !are(p) {
			continue
		}
		if err := signalExactly(p, s); err != nil {
			c.diary.note("%s of pid %d: %v", s, p.pid, err)
			continue
		}
		c.diary.note("%s to pid %d", s, p.pid)
		if s == syscall.SIGKILL {
			c.tally.kills++
		}
		if s == syscall.SIGTERM && (!c.stub || p.isDaemon()) {
			// The stub may have been told not to obey.
			c.leaving = append(c.leaving, p)
		}
	}
}

// signalExactly signals the process that was seen, and no other that has its
// pid meanwhile.
func signalExactly(p process, s syscall.Signal) error {
	fd, err := unix.PidfdOpen(p.pid, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if now, alive := readProcess(p.pid); !alive || now.stat.ticks != p.stat.ticks {
		return unix.ESRCH
	}
	return unix.PidfdSendSignal(fd, s, nil, 0)
}

// freezeDaemon stops the daemon until the burst is over.
func (c *chaos) freezeDaemon() {
	for _, p := range processesOf(c.home) {
		if p.isDaemon() && signalExactly(p, syscall.SIGSTOP) == nil {
			c.undo = append(c.undo, func() { _ = signalExactly(p, syscall.SIGCONT) })
		}
	}
}

// takePort puts a stranger on one of the server's ports, if that is free now.
func (c *chaos) takePort() {
	// Not on the frontend's: the clients of the load would call it.
	port := quadruple(c.ports[c.rng.IntN(2)])[1+c.rng.IntN(3)]
	s := c.spawnStranger([]string{strangerPort + "=" + loopback(port)})
	text := ""
	c.await("the stranger has tried", func() (bool, string) { text = s.said(); return text != "", text })
	if !strings.HasPrefix(text, "ready\n") {
		_ = s.command.Wait()
		return
	}
	c.diary.note("stranger %d listens on port %d", s.pid(), port)
	c.guests = append(c.guests, s)
	c.undo = append(c.undo, func() { c.harmless(s); s.leave() })
}

// harmless counts a stranger that was touched.
func (c *chaos) harmless(s *stranger) {
	if p, alive := readProcess(s.pid()); !alive || p.stat.state == "T" || s.said() != "ready\n" {
		c.tally.harmed++
	}
	s.isUntouched()
}

func (c *chaos) deleteLock() {
	locks := []string{"temporal.lock", "daemon.lock", ".daemon-start.lock", "desired/.temporal.lock", "temporal-data/temporal.db.stigmer-lock"}
	name := locks[c.rng.IntN(len(locks))]
	c.diary.note("%s: %v", name, os.Remove(c.file(name)))
}

// forgeRecord makes the record name a stranger, in one of its forms.
func (c *chaos) forgeRecord() {
	s := c.residents[c.rng.IntN(len(c.residents))]
	text := []string{
		fmt.Sprintf("%d\ntemporal\n%d\n", s.pid(), startTime(s)),
		fmt.Sprintf("%d\n", s.pid()),
		fmt.Sprintf("%d\x00\n\n", s.pid()),
		"",
	}[c.rng.IntN(4)]
	if err := os.WriteFile(c.file("temporal.pid"), []byte(text), 0o600); err != nil {
		c.diary.note("%v", err)
	}
}

// fewDescriptors leaves the daemon, or the server, next to none.
func (c *chaos) fewDescriptors() {
	is, spare := process.isDaemon, c.rng.IntN(4)
	if c.rng.IntN(3) == 0 {
		is = process.isTemporal
	}
	for _, p := range processesOf(c.home) {
		if !is(p) {
			continue
		}
		var before unix.Rlimit
		if err := unix.Prlimit(p.pid, unix.RLIMIT_NOFILE, nil, &before); err != nil {
			continue
		}
		few := unix.Rlimit{Cur: uint64(len(linksOf(p.pid)) + spare), Max: before.Max}
		c.diary.note("pid %d may open %d: %v", p.pid, few.Cur, unix.Prlimit(p.pid, unix.RLIMIT_NOFILE, &few, nil))
		c.undo = append(c.undo, func() { _ = unix.Prlimit(p.pid, unix.RLIMIT_NOFILE, &before, nil) })
	}
}

func (c *chaos) lockStatus() {
	folder := c.file("status")
	if err := setImmutable(folder, true); err != nil {
		c.diary.note("%v", err)
		return
	}
	c.undo = append(c.undo, func() { _ = setImmutable(folder, false) })
}

func (c *chaos) fillDisk() {
	ballast := filepath.Join(c.disk, "ballast")
	fill(c.t, ballast)
	c.undo = append(c.undo, func() { _ = os.Remove(ballast) })
}
