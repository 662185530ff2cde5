package events

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/stigmer/stigmer-local/api/redact"
)

const (
	// maxKey is how many bytes of a key are written as they are.
	maxKey = 120
	// maxRecent bounds how many events are remembered. It is more than a loop has
	// in the rounds that are told apart, and what is kept while the file cannot
	// be written.
	maxRecent = 512
)

// Recorder writes the events of one instance. It is not for concurrent use.
// Its methods never wait; what could not be written is tried again with the
// next call, and their errors are for telling only.
type Recorder struct {
	path string
	// recent are the events that may repeat themselves, and those that could
	// not be written; what happened last is last.
	recent []*entry
	// nextID is for the next event that is written.
	nextID int64
	// left is the file as it was left or read last, nil when that is not known;
	// torn says that its last line has no newline.
	left os.FileInfo
	torn bool
	// oldest is when the file's oldest event happened last, compacted when the
	// file was last written anew for its age.
	oldest, compacted time.Time
}

// entry is an event that may repeat itself, or that has yet to be written.
type entry struct {
	Event
	// written is the count in the file, 0 for none, writtenAt when it got there.
	written   int64
	writtenAt time.Time
}

// NewRecorder returns a Recorder for the file at path, which it makes when
// there is something to write.
func NewRecorder(path string) *Recorder {
	return &Recorder{path: path, nextID: 1}
}

// Record adds the event, or counts it when it goes on repeating recent ones. Its
// id, times and count are filled in; now is when it happened.
func (r *Recorder) Record(e Event, now time.Time) error {
	now = now.UTC().Truncate(time.Millisecond)
	for _, text := range []*string{&e.Message, &e.Error, &e.Remedy, &e.Key} {
		*text = shorten(redact.Text(*text))
	}
	e.Key = shortKey(e.Key)
	// What keeps it from being read keeps it from being written, too.
	_ = r.resume(now)
	e.ID, e.Count, e.Time, e.LastTime = 0, 1, now, now
	r.count(e, now)
	return r.Flush(now)
}

// shortKey returns the key itself, or what stands for a long one.
func shortKey(key string) string {
	if len(key) <= maxKey {
		return key
	}
	return fmt.Sprintf("%x", sha256.Sum256([]byte(key)))
}

// shorten keeps a text below its bound, and whole characters.
func shorten(text string) string {
	if len(text) <= maxText {
		return text
	}
	cut := maxText
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return strings.ToValidUTF8(text[:cut], "") + "…"
}

// Flush writes what is due. It touches nothing when nothing is.
func (r *Recorder) Flush(now time.Time) error {
	return r.write(now, func(old *entry) bool { return old.due(now) })
}

// Close writes all that is not written. The Recorder can still be used.
func (r *Recorder) Close(now time.Time) error {
	return r.write(now, func(old *entry) bool { return old.Count > old.written })
}

// write appends the chosen entries to the file, each with one write(2).
func (r *Recorder) write(now time.Time, chosen func(*entry) bool) error {
	if !slices.ContainsFunc(r.recent, chosen) {
		return nil
	}
	if err := r.ready(now); err != nil {
		return err
	}
	file, _, err := openRegular(r.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE)
	if err != nil {
		return err
	}
	for _, e := range r.recent {
		if !chosen(e) {
			continue
		}
		if err := r.append(file, e, now); err != nil {
			// What got there is found out before the next write.
			r.left = nil
			return errors.Join(fmt.Errorf("cannot write the events: %w", err), file.Close())
		}
	}
	if r.left, err = file.Stat(); err != nil {
		r.left = nil
	}
	return errors.Join(err, file.Close(), r.compactIfDue(now))
}

// append writes one entry as one line.
func (r *Recorder) append(file *os.File, e *entry, now time.Time) error {
	if e.ID == 0 {
		e.ID = r.nextID
		r.nextID++
	}
	line, err := e.line()
	if err != nil {
		return err
	}
	if r.torn {
		line = append([]byte{'\n'}, line...)
	}
	if _, err := file.Write(line); err != nil {
		return err
	}
	r.torn = false
	e.written, e.writtenAt = e.Count, now
	if r.oldest.IsZero() {
		r.oldest = e.LastTime
	}
	return nil
}
