package events

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"time"
)

// ready reads the file unless it is as it was left, and makes it small enough
// to be appended to.
func (r *Recorder) ready(now time.Time) error {
	if err := r.resume(now); err != nil {
		return err
	}
	if r.left != nil && r.left.Size() > 2*maxSize {
		return r.compact(now)
	}
	return nil
}

// resume goes on with what is in the file: what an earlier daemon wrote, or
// what is left of it when somebody changed it.
func (r *Recorder) resume(now time.Time) error {
	info, err := os.Lstat(r.path)
	if err == nil && r.left != nil && os.SameFile(info, r.left) && info.Size() == r.left.Size() {
		return nil
	}
	file, info, err := openRegular(r.path, os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		r.left, r.torn = nil, false
		return r.take(nil, now)
	}
	if err != nil {
		return err
	}
	data, _, err := readFrom(file, 0)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	r.left = info
	r.torn = len(data) > 0 && data[len(data)-1] != '\n'
	return r.take(merge(parseLines(data)), now)
}

// take makes the events of the file those that may repeat themselves, with the
// counts and the events that are not written yet.
func (r *Recorder) take(list []Event, now time.Time) error {
	known := r.recent
	r.recent, r.oldest = nil, time.Time{}
	for _, e := range list {
		r.nextID = max(r.nextID, e.ID+1)
		r.age(e)
		if resumed := (&entry{Event: e, written: e.Count, writtenAt: e.LastTime}); resumed.near(now) {
			r.recent = append(r.recent, resumed.withCountOf(known))
		}
	}
	for _, e := range known {
		if e.written == 0 && (e.ID == 0 || !slices.ContainsFunc(r.recent, e.isSame)) {
			r.recent = append(r.recent, e)
		}
	}
	r.recent = r.recent[max(0, len(r.recent)-maxRecent):]
	if r.nextID > maxID {
		return r.renumber(list)
	}
	return nil
}

// age notes how old the file's oldest event is.
func (r *Recorder) age(e Event) {
	if r.oldest.IsZero() || e.LastTime.Before(r.oldest) {
		r.oldest = e.LastTime
	}
}

// isSame reports whether two entries are about one event of the file.
func (old *entry) isSame(other *entry) bool {
	return old.ID != 0 && old.ID == other.ID && old.Time.Equal(other.Time)
}

// withCountOf returns the entry, with the count of the one that is known when
// that is higher.
func (old *entry) withCountOf(known []*entry) *entry {
	i := slices.IndexFunc(known, old.isSame)
	if i >= 0 && known[i].Count > old.Count {
		old.Event = known[i].Event
	}
	return old
}

// renumber begins again with id 1. Only a file that somebody made up has no
// ids left.
func (r *Recorder) renumber(list []Event) error {
	for i := range list {
		list[i].ID = int64(i) + 1
	}
	r.recent = slices.DeleteFunc(r.recent, func(e *entry) bool { return e.written > 0 })
	r.nextID = int64(len(list)) + 1
	return r.replace(list)
}
