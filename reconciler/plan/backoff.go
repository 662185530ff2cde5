package plan

import (
	"fmt"
	"hash/fnv"
	"time"
)

// jitterShare is the largest part that jitter takes off a delay. It keeps
// several instances that failed together, of a full disk say, from starting
// together again.
const jitterShare = 0.2

// backoff returns how long to wait before the start that follows the given
// number of failures in a row: nothing after the first, then initialDelay,
// doubling up to maxDelay.
func backoff(desired Desired, failures int) time.Duration {
	if failures <= 1 {
		return 0
	}
	restart := desired.Object.Spec.Restart
	delay, longest := restart.InitialDelay.Duration, restart.MaxDelay.Duration
	for range failures - 2 {
		if delay >= longest {
			break
		}
		delay *= 2
	}
	delay = min(delay, longest)
	return delay - time.Duration(float64(delay)*jitterShare*jitter(desired, failures))
}

// jitter returns a number in [0, 1) that depends only on its arguments, so
// that a plan can be computed again: chance would make the package impure.
func jitter(desired Desired, failures int) float64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %d", desired.Files.Mark, failures)
	return float64(h.Sum64()>>11) / (1 << 53)
}
