package events

import (
	"bytes"
	"slices"
	"time"

	"github.com/stigmer/stigmer-local/api/encoding"
)

const (
	// maxSize is the size in bytes above which the file is written anew, with
	// half of that at most. Without a loop it is months of events.
	maxSize = 1 << 20
	// maxAge is how old an event may be when the file is written anew.
	maxAge = 14 * 24 * time.Hour
	// ageEvery is how often the file is written anew at most because of the
	// age of its events.
	ageEvery = 24 * time.Hour
)

// compactIfDue writes the file anew when it is too large or too old.
func (r *Recorder) compactIfDue(now time.Time) error {
	if r.left == nil {
		return nil
	}
	large := r.left.Size() > maxSize
	old := !r.oldest.IsZero() && now.Sub(r.oldest) > maxAge && now.Sub(r.compacted).Abs() >= ageEvery
	if !large && !old {
		return nil
	}
	return r.compact(now)
}

// compact writes the file anew with the newest events, each once.
func (r *Recorder) compact(now time.Time) error {
	if err := r.resume(now); err != nil {
		return err
	}
	list, err := Read(r.path)
	if err != nil {
		return err
	}
	r.compacted = now
	return r.replace(newest(list, now))
}

// replace makes the file hold these events only, in one step.
func (r *Recorder) replace(list []Event) error {
	var buffer bytes.Buffer
	for _, e := range list {
		line, err := e.line()
		if err != nil {
			return err
		}
		buffer.Write(line)
	}
	written, err := encoding.ReplaceFile(r.path, buffer.Bytes())
	if err != nil {
		return err
	}
	r.left, r.torn, r.oldest = written, false, time.Time{}
	for _, e := range list {
		r.age(e)
	}
	return nil
}

// newest returns the events that happened last, in the order of the list: not
// too old, and together no larger than half of what the file may be.
func newest(list []Event, now time.Time) []Event {
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return list[b].LastTime.Compare(list[a].LastTime) })
	size := 0
	kept := order[:0]
	for _, i := range order {
		line, err := list[i].line()
		if err != nil || now.Sub(list[i].LastTime) > maxAge {
			continue
		}
		if size += len(line); size > maxSize/2 {
			break
		}
		kept = append(kept, i)
	}
	slices.Sort(kept)
	newest := make([]Event, 0, len(kept))
	for _, i := range kept {
		newest = append(newest, list[i])
	}
	return newest
}
