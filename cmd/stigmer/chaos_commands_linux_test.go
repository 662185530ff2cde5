package main

import (
	"bytes"
	"strings"
	"syscall"
	"time"
)

// commandLines are all that a person can run. None may take longer than a
// burst can wait.
func commandLines() []string {
	return []string{
		"local --timeout 5s", "local --no-wait", "local --timeout 1s --no-wait",
		"local stop --yes --timeout 5s", "local stop --yes --keep-daemon --timeout 5s",
		"local restart --yes --timeout 5s",
		"local status", "local status -o wide", "local status -o json",
		"local plan", "local plan --exit-code", "local events", "local logs",
		"local backup", "local backups", daemonLine, "version",
	}
}

// daemonLine ends at once when there is a daemon, and else is one.
const daemonLine = "local daemon --detached"

// someCommands runs a few at once, beside what comes next.
func (c *chaos) someCommands() {
	lines := commandLines()
	for range 1 + c.rng.IntN(4) {
		line := lines[c.rng.IntN(len(lines))]
		if line == daemonLine {
			c.anotherDaemon()
			continue
		}
		command := c.command(strings.Fields(line)...)
		c.commands.Go(func() {
			r, err := c.finish(command)
			c.diary.ran("'%s' ended with code %d: %s", line, r.code, firstLine(r.stderr))
			if err != nil || r.code < 0 || r.code > 5 {
				c.Errorf("'%s': %v: %s", line, err, r)
			}
		})
	}
}

// daemonStays is how long a daemon stays that came when there was none: longer
// than it takes to start a server, and within the burst.
const daemonStays = 3 * time.Second

// anotherDaemon runs a daemon in the foreground, and asks it to go. How it ends is
// not judged: the next step may be to kill it.
func (c *chaos) anotherDaemon() {
	command := c.command(strings.Fields(daemonLine)...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	if err := command.Start(); err != nil {
		c.Errorf("'%s': %v", daemonLine, err)
		return
	}
	c.commands.Go(func() {
		leave := time.AfterFunc(daemonStays, func() { _ = command.Process.Signal(syscall.SIGTERM) })
		defer leave.Stop()
		err := command.Wait()
		c.diary.ran("'%s' ended: %v: %s", daemonLine, err, firstLine(stderr.String()))
		if fault := faultsIn(stderr.String()); fault != nil {
			c.Error(fault)
		}
	})
}

// restoreBackup makes a backup and restores it, while nothing is started that
// the restore would set aside.
func (c *chaos) restoreBackup() {
	c.load.pause()
	c.commands.Go(func() {
		r, err := c.finish(c.command("local", "backup"))
		c.diary.ran("'local backup' ended with code %d: %s", r.code, firstLine(r.stderr))
		path, saved := strings.CutPrefix(firstLine(r.stdout), "saved ")
		if err != nil {
			c.Errorf("backup: %v: %s", err, r)
		}
		if !saved {
			return
		}
		r, err = c.finish(c.command("local", "restore", path, "--yes", "--timeout", "5s"))
		c.diary.ran("'local restore' ended with code %d: %s", r.code, firstLine(r.stderr))
		if err != nil {
			c.Errorf("restore: %v: %s", err, r)
		}
	})
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
