package observer

import (
	"fmt"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// tick is the unit of start times in /proc/<pid>/stat. The kernel's user
	// interface fixes USER_HZ at 100 on every architecture that Go runs on
	// (include/asm-generic/param.h), whatever CONFIG_HZ is.
	tick = time.Second / 100
	// clockStep is how far the wall clock must have moved against the boot
	// clock to count as set. Less is the time between reading the two.
	clockStep = 100 * time.Millisecond
)

// startClock turns ticks since boot into the wall clock. It remembers when
// the boot was, so that a start time does not change by a hair from look to
// look, and forgets it when somebody has set the clock.
type startClock struct {
	mu   sync.Mutex
	boot time.Time
}

// started returns when a process with this start time started: as long ago as
// the boot clock says, which also ran while the machine slept.
func (c *startClock) started(ticks uint64) (time.Time, error) {
	var since unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &since); err != nil {
		return time.Time{}, fmt.Errorf("cannot read the boot clock: %w", err)
	}
	boot := time.Now().Round(0).Add(-time.Duration(since.Nano()))
	c.mu.Lock()
	defer c.mu.Unlock()
	if boot.Sub(c.boot).Abs() > clockStep {
		c.boot = boot
	}
	return c.boot.Add(time.Duration(ticks) * tick), nil
}
