package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

const (
	// settleTime bounds the way from any state to the desired one.
	settleTime = 90 * time.Second
	// slack is how much more than the first one a daemon at rest may have:
	// connections that are being closed, a pass that is under way.
	slack = 12
)

// heal takes back what keeps anybody from working, and says what is wanted.
func (c *chaos) heal() {
	c.Helper()
	for _, undo := range slices.Backward(c.undo) {
		undo()
	}
	c.undo, c.guests = nil, nil
	c.commands.Wait()
	switch n := c.rng.IntN(20); {
	case n < 16:
		c.port = c.anyPort()
		c.diary.note("wanted: a Temporal on port %d", c.port)
		c.replaceDesired(c.spec(true, c.port))
	case n < 19:
		c.diary.note("wanted: none")
		c.replaceDesired(c.spec(false, c.port))
	default:
		c.diary.note("wanted: none, without a file")
		_ = os.Remove(c.desiredFile())
	}
	for _, p := range c.leaving {
		if now, alive := readProcess(p.pid); alive && now.stat.ticks == p.stat.ticks {
			_ = signalExactly(p, syscall.SIGCONT) // one that is stopped cannot obey
			c.awaitGone(p.pid)
		}
	}
	c.leaving = nil
}

// judge waits until the observer sees what is wanted, and the program says so,
// and judges the rest.
func (c *chaos) judge() {
	c.Helper()
	s := c.converge()
	if s.wanted && !c.stub {
		c.hasWorkflows()
	}
	for _, stranger := range c.residents {
		c.harmless(stranger)
	}
	if s.wanted {
		c.daemonIsSlim(s.daemons[0].pid)
	}
	now := c.see()
	if fault := now.fault(); fault != "" || s.wanted && now.servers[0].pid != s.servers[0].pid {
		c.Errorf("it did not stay as it was:\n%s\nand before:\n%s", now, s)
	}
	c.tidy()
	if c.load != nil {
		c.load.resume()
	}
	if c.Failed() {
		c.FailNow()
	}
}

// converge waits until the observer sees what is wanted, and the program says
// what he sees. When there is no daemon, nobody has promised anything until a
// command starts one.
func (c *chaos) converge() (s sight) {
	c.Helper()
	missing := 0
	c.awaitFor(settleTime, "the home is as it should be", func() (bool, string) {
		var fault string
		s, fault = c.judged()
		if len(s.daemons) > 0 {
			missing = 0
		} else if missing++; missing%10 == 2 && fault != "" {
			c.startDaemon(s.wanted)
		}
		return fault == "", fault + "\n" + s.String()
	})
	c.diary.note("as it should be")
	return s
}

// startDaemon starts one by a command that asks for nothing new.
func (c *chaos) startDaemon(wanted bool) {
	args := []string{"local", "--no-wait"}
	if !wanted {
		args = []string{"local", "stop", "--yes", "--keep-daemon", "--timeout", "20s"}
	}
	r, err := c.finish(c.command(args...))
	c.diary.ran("no daemon: %v ended with code %d: %s", args, r.code, firstLine(r.stderr))
	if err != nil {
		c.Error(err)
	}
}

// hasWorkflows: whatever was acknowledged is there.
func (c *chaos) hasWorkflows() {
	c.Helper()
	f, want := c.frontendOn(c.port), c.load.sofar()
	c.tally.lost = len(want)
	c.awaitFor(settleTime, fmt.Sprintf("%d workflows are listed", len(want)), func() (bool, string) {
		got, err := f.listed()
		missing := without(want, got)
		c.tally.lost = len(missing)
		return err == nil && len(missing) == 0, fmt.Sprintf("%d listed, missing %v, %v", len(got), missing, err)
	})
}

// without returns those of the list that are not among the others.
func without(list, others []string) []string {
	have := map[string]bool{}
	for _, one := range others {
		have[one] = true
	}
	return slices.DeleteFunc(slices.Clone(list), func(one string) bool { return have[one] })
}

// daemonIsSlim: whatever a daemon went through, at rest it has what the first
// one had.
func (c *chaos) daemonIsSlim(pid int) {
	c.Helper()
	if c.least == nil {
		now := c.census(pid)
		c.least = &now
	}
	c.atRest(pid, *c.least)
}

// atRest waits until the daemon has no more than before, and returns what it has:
// connections that are being closed, and what closes them, take their time.
func (w *world) atRest(pid int, before census) (now census) {
	w.Helper()
	w.awaitFor(settleTime, fmt.Sprintf("the daemon has no more than %s", before), func() (bool, string) {
		now = w.census(pid)
		return now.goroutines <= before.goroutines+slack && now.descriptors <= before.descriptors+slack, now.String() + now.detail
	})
	return now
}

// tidy removes the copies that commands made: the disk is small.
func (c *chaos) tidy() {
	copies, _ := filepath.Glob(c.database() + ".*Z*")
	backups, _ := filepath.Glob(c.file("temporal-data", "backups", "*"))
	for _, path := range append(copies, backups...) {
		_ = os.Remove(path)
	}
}
