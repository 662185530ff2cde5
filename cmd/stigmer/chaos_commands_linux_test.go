package main

import (
	"strings"
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
		"local backup", "local backups", "local daemon --detached", "version",
	}
}

// someCommands runs a few at once, beside what comes next.
func (c *chaos) someCommands() {
	lines := commandLines()
	for range 1 + c.rng.IntN(4) {
		line := lines[c.rng.IntN(len(lines))]
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
