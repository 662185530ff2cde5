package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"sigs.k8s.io/yaml"
)

const (
	// settleTime bounds the way from any state to the desired one.
	settleTime = time.Minute
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
}

// judge waits until the observer sees what is wanted, and judges the rest.
func (c *chaos) judge() {
	c.Helper()
	s := c.converge()
	c.statusIsTrue(s)
	c.accountIsTrue(s)
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

// converge waits until the observer sees what is wanted. When there is no
// daemon, nobody has promised anything until a command starts one.
func (c *chaos) converge() (s sight) {
	c.Helper()
	missing := 0
	c.awaitFor(settleTime, "the home is as it should be", func() (bool, string) {
		s = c.see()
		if len(s.daemons) > 0 {
			missing = 0
		} else if missing++; missing%10 == 2 && s.fault() != "" {
			c.startDaemon(s.wanted)
		}
		return s.fault() == "", s.String()
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

// statusIsTrue: the command says what the observer sees.
func (c *chaos) statusIsTrue(s sight) {
	c.Helper()
	if !s.wanted {
		if r := c.expect(0, "local", "status", "-o", "wide"); strings.Contains(r.stdout, "True") && strings.Contains(r.stdout, "pid") {
			c.Errorf("nothing runs, and status says %s", r)
		}
		return
	}
	c.awaitFor(settleTime, "status says what is", func() (bool, string) {
		o := c.status()
		return o.pid() == s.servers[0].pid && o.is("Ready") && o.Status.Endpoints.Frontend == loopback(s.port), o.String()
	})
}

// accountIsTrue: so does the file that the daemon writes.
func (c *chaos) accountIsTrue(s sight) {
	c.Helper()
	if len(s.daemons) == 0 {
		return
	}
	pid := 0
	if s.wanted {
		pid = s.servers[0].pid
	}
	c.awaitFor(settleTime, "the status file says what is", func() (bool, string) {
		text, err := os.ReadFile(c.file("status", "temporal.yaml"))
		if os.IsNotExist(err) {
			return !s.wanted, "there is none"
		}
		var o object
		if err := yaml.Unmarshal(text, &o); err != nil {
			c.Fatalf("the status file: %v:\n%s", err, text)
		}
		return o.pid() == pid && o.is("Ready") == s.wanted, o.String()
	})
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
	now := c.census(pid)
	if c.least == nil {
		c.least = &now
	}
	if now.goroutines <= c.least.goroutines+slack && now.descriptors <= c.least.descriptors+slack {
		return
	}
	c.awaitFor(settleTime, fmt.Sprintf("the daemon has no more than %s", c.least), func() (bool, string) {
		now = c.census(pid)
		return now.goroutines <= c.least.goroutines+slack && now.descriptors <= c.least.descriptors+slack, now.String() + now.detail
	})
}

// tidy removes the copies that commands made: the disk is small.
func (c *chaos) tidy() {
	copies, _ := filepath.Glob(c.database() + ".*Z*")
	backups, _ := filepath.Glob(c.file("temporal-data", "backups", "*"))
	for _, path := range append(copies, backups...) {
		_ = os.Remove(path)
	}
}

// watchForTwo looks all the time whether two servers have one database, until
// the function that it returns is called.
func (c *chaos) watchForTwo() (end func()) {
	stop := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		tick := time.NewTicker(look)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			var of []process
			for _, p := range processesOf(c.home) {
				if p.isTemporal() && slices.Contains(p.args, c.database()) {
					of = append(of, p)
				}
			}
			if len(of) > 1 {
				c.Errorf("two servers of one database:\n%s", describe(of))
				return
			}
		}
	})
	return func() { close(stop); watching.Wait() }
}
