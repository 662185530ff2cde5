package main

import (
	"os"
	"path/filepath"
)

// spec returns a file that makes the loop look often and restart soon.
func (c *chaos) spec(enabled bool, port int) string {
	lines := []string{
		"interval: 500ms",
		"health: {startupTimeout: 30s, timeout: 1s, failureThreshold: 3}",
		"restart: {initialDelay: 20ms, maxDelay: 500ms, resetAfter: 5s}",
		"terminationGracePeriod: 3s",
	}
	if !enabled {
		lines = append(lines, "enabled: false")
	}
	if c.stub {
		lines = append(lines, "binary: {path: "+self(c)+"}", "env: {"+roleVariable+": "+roleStub+"}")
	}
	return desired("temporal", port, lines...)
}

// edits are what people and editors do to the file.
func edits() []disturbance {
	return []disturbance{
		{"edit: enabled", func(c *chaos) { c.scribble(c.spec(true, c.anyPort())) }},
		{"edit: disabled", func(c *chaos) { c.scribble(c.spec(false, c.anyPort())) }},
		{"edit: port of a stranger", func(c *chaos) { c.scribble(c.spec(true, c.taken)) }},
		{"edit: by renaming", func(c *chaos) { c.renameInto(c.spec(true, c.anyPort())) }},
		{"edit: garbage", func(c *chaos) {
			c.scribble([]string{"\x00\xff", "spec: [", "kind: Pod\n", "spec:\n  prot: 7\n"}[c.rng.IntN(4)])
		}},
		{"edit: deleted", func(c *chaos) { c.diary.note("%v", os.Remove(c.desiredFile())) }},
		{"edit: truncated", func(c *chaos) { c.scribble("") }},
		{"edit: half-written", (*chaos).halfWrite},
		{"edit: a symlink", (*chaos).linkDesired},
	}
}

func (c *chaos) desiredFile() string { return c.file("desired", "temporal.yaml") }

func (c *chaos) anyPort() int { return c.ports[c.rng.IntN(len(c.ports))] }

// scribble writes in place; on a full disk that leaves less.
func (c *chaos) scribble(text string) {
	if err := os.WriteFile(c.desiredFile(), []byte(text), 0o600); err != nil {
		c.diary.note("%v", err)
	}
}

// renameInto replaces the file in one step.
func (c *chaos) renameInto(text string) {
	temp := c.file("desired", ".temporal.yaml.swp")
	err := os.WriteFile(temp, []byte(text), 0o600)
	if err == nil {
		err = os.Rename(temp, c.desiredFile())
	}
	if err != nil {
		c.diary.note("%v", err)
	}
}

// halfWrite cuts the file anywhere: what is left may be valid.
func (c *chaos) halfWrite() {
	text := c.spec(true, c.anyPort())
	c.scribble(text[:c.rng.IntN(len(text))])
}

// linkDesired puts a link to a file elsewhere, or to nothing, in its place.
func (c *chaos) linkDesired() {
	target := filepath.Join(filepath.Dir(c.home), "elsewhere.yaml")
	_ = os.Remove(target)
	if c.rng.IntN(3) > 0 {
		if err := os.WriteFile(target, []byte(c.spec(true, c.anyPort())), 0o600); err != nil {
			c.diary.note("%v", err)
		}
	}
	_ = os.Remove(c.desiredFile())
	if err := os.Symlink(target, c.desiredFile()); err != nil {
		c.diary.note("%v", err)
	}
}
