package actuator

import (
	"math"

	"golang.org/x/sys/unix"
)

// SealDescriptors marks every descriptor beyond the three standard streams
// close-on-exec. Go opens its own that way; a process can still have inherited
// others, and no child may get those. Commands call it first thing.
func SealDescriptors() error {
	if unix.CloseRange(firstExtra, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC) == nil {
		return nil
	}
	return sealListed("/proc/self/fd") // before Linux 5.11, or filtered by seccomp
}
