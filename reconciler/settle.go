package reconciler

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/stigmer/stigmer-local/reconciler/plan"
)

const (
	// writeSettle is how long a file that is written in place must stay as it is
	// before it is taken: what is there of it until then may be valid and ask for
	// something else, such as another storage.
	writeSettle = 250 * time.Millisecond
	// openSettle is writeSettle for a file that a process has open for writing, such
	// as the shell while the commands whose output goes there run. It has an end,
	// because some keep a file open.
	openSettle = 5 * time.Second
	// coarseTimes is how much older a file may look than it is: some file systems
	// keep times in steps of two seconds.
	coarseTimes = 2 * time.Second
	// readPatience is how long it is waited for what a file says that is written again
	// and again, or does not answer.
	readPatience = 2 * openSettle
)

// sight is what was seen of a desired file that somebody may still be writing.
type sight struct {
	data []byte
	how  writeState
	// since is when it was first seen as it is; zero for not at all.
	since time.Time
}

// settled notes the file as it is now and reports whether it may be taken. Last is the
// one that was taken last, nil for none; first says that there was none yet.
func (s *sight) settled(data []byte, how writeState, last *writeState, first bool, now time.Time) bool {
	if s.since.IsZero() || !how.sameFile(s.how) || how.modified != s.how.modified || !bytes.Equal(data, s.data) {
		s.since = now
	}
	s.data, s.how = data, how
	settle := writeSettle
	if how.open {
		settle = openSettle
	}
	switch {
	case now.Sub(s.since) >= settle:
		return true
	case first && how.age(now) >= settle+coarseTimes:
		return true
	}
	// Of the file that was taken last, another mode or time tells nothing: it has its
	// name already. Nor does age, which needs two clocks that agree.
	return how.finished() && (last == nil || !how.sameFile(*last))
}

// left returns how long it takes until the next look at the file, of which one that is
// held open needs several; zero when nothing was seen.
func (s *sight) left(now time.Time) time.Duration {
	if s.since.IsZero() {
		return 0
	}
	if left := writeSettle - now.Sub(s.since); left > 0 {
		return left
	}
	return writeSettle
}

// readSettled is read for somebody who looks once: a file that may be half is read
// again after a while. Of one that is written on and on, what was in force is returned.
func (s *source) readSettled(ctx context.Context) (desired plan.Desired, problem string, err error) {
	now := time.Now()
	desired, problem = s.read(now)
	if s.waiting.IsZero() {
		return desired, problem, nil
	}
	if err := pause(ctx, s.settling(now)); err != nil {
		return plan.Desired{}, "", err
	}
	desired, problem = s.read(time.Now())
	if desired.Object == nil && !s.waiting.IsZero() {
		desired.Object = s.object
		if silent := s.seen.since.IsZero(); silent || s.object == nil {
			problem = cmp.Or(problem, s.undecided)
		}
	}
	return desired, problem, nil
}

func beingWritten(path string) string { return path + " is being written" }

// ReadDesired returns what the desired file of an instance says once nobody writes
// it any more, for a command that edits it. It waits for that, within bounds. A missing
// file is fs.ErrNotExist to errors.Is; of a ctx that ends, it is its cause.
func (h Home) ReadDesired(ctx context.Context, disk *Disk, name string) ([]byte, error) {
	path := h.Desired(name)
	var seen sight
	for began := time.Now(); ; {
		data, how, err := disk.read(path, nil)
		now := time.Now()
		switch {
		case err != nil:
			return nil, err
		case seen.settled(data, *how, nil, true, now):
			return data, nil
		case now.Sub(began) >= readPatience:
			return nil, fmt.Errorf("%s: run the command again when that is over", beingWritten(path))
		}
		if err := pause(ctx, seen.left(now)); err != nil {
			return nil, fmt.Errorf("cannot wait until %s is written: %w", path, err)
		}
	}
}

// pause returns after d, or with an error when ctx ends before.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
