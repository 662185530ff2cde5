package observer

import (
	"time"

	"golang.org/x/sys/unix"
)

// slept returns how long the machine has slept since it was booted: only one
// of the two clocks runs meanwhile. We may be off the processor between
// reading them, so the smallest of a few differences counts, and parts of a
// clockStep do not.
func slept() time.Duration {
	var smallest time.Duration
	for i := range 3 {
		var awake, all unix.Timespec
		if unix.ClockGettime(unix.CLOCK_MONOTONIC, &awake) != nil || unix.ClockGettime(unix.CLOCK_BOOTTIME, &all) != nil {
			return 0
		}
		difference := time.Duration(all.Nano() - awake.Nano())
		if i == 0 || difference < smallest {
			smallest = difference
		}
	}
	return smallest.Truncate(clockStep)
}
