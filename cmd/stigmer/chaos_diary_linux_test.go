package main

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// diary is what was done in the last burst, and when.
type diary struct {
	mu    sync.Mutex
	seed  int64
	began time.Time
	lines []string
	count int
}

func (d *diary) begin(seed int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seed, d.began, d.lines = seed, time.Now(), nil
}

// note writes a line with its time.
func (d *diary) note(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Since(d.began).Round(time.Millisecond)
	d.lines = append(d.lines, fmt.Sprintf("  %7s  %s", now, fmt.Sprintf(format, args...)))
}

// ran counts a command and notes how it ended.
func (d *diary) ran(format string, args ...any) {
	d.note(format, args...)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.count++
}

func (d *diary) commands() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.count
}

func (d *diary) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return fmt.Sprintf("burst with seed %d, from %s:\n%s", d.seed, d.began.Format("15:04:05.000"), strings.Join(d.lines, "\n"))
}
