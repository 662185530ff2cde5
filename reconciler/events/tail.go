package events

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// maxRead is how much of a file is read at once, from its end. A file that a
// Recorder writes is smaller.
const maxRead = 4 * maxSize

// Read returns the events of the file in the order in which they happened last,
// none when there is no file.
func Read(path string) ([]Event, error) {
	t := NewTail(path)
	list, err := t.Next()
	return list, errors.Join(err, t.Close())
}

// Tail reads a file of events as it grows, also when it is replaced.
type Tail struct {
	path string
	// file is open, so that no other file gets its number; offset is where the
	// first line begins that was not read.
	file   *os.File
	offset int64
	seen   map[int64]told
}

// told is what was returned of an event.
type told struct {
	began time.Time
	count int64
}

// NewTail returns a Tail that has not read anything yet.
func NewTail(path string) *Tail {
	return &Tail{path: path, seen: map[int64]told{}}
}

// Next returns the events that are new since the last call, and those that
// were repeated since, in the order in which they happened last. No file is no
// events.
func (t *Tail) Next() ([]Event, error) {
	now, info, err := openRegular(t.path, os.O_RDONLY)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var lines []Event
	if t.file != nil {
		// First what came before the file was replaced.
		if lines, err = t.rest(); err != nil {
			return nil, errors.Join(err, closeAny(now))
		}
	}
	if now == nil || t.holds(info) {
		return t.news(lines), closeAny(now)
	}
	if err := closeAny(t.file); err != nil {
		return nil, errors.Join(err, closeAny(now))
	}
	t.file, t.offset = now, 0
	fresh, err := t.rest()
	if err != nil {
		return nil, err
	}
	list := t.news(append(lines, fresh...))
	t.forget(fresh)
	return list, nil
}

// Close closes the file.
func (t *Tail) Close() error {
	err := closeAny(t.file)
	t.file = nil
	return err
}

func closeAny(file *os.File) error {
	if file == nil {
		return nil
	}
	return file.Close()
}

// holds reports whether the file is the one that is open.
func (t *Tail) holds(info os.FileInfo) bool {
	if t.file == nil {
		return false
	}
	open, err := t.file.Stat()
	return err == nil && os.SameFile(open, info)
}

// rest returns the events from the offset on. A last line without its newline
// is read, and read again when it is whole.
func (t *Tail) rest() ([]Event, error) {
	data, start, err := readFrom(t.file, t.offset)
	if err != nil {
		return nil, err
	}
	t.offset = start + int64(bytes.LastIndexByte(data, '\n')+1)
	return parseLines(data), nil
}

// parseLines returns what can be read of the lines.
func parseLines(data []byte) []Event {
	var list []Event
	for line := range bytes.SplitSeq(data, []byte{'\n'}) {
		if e, ok := parse(line); ok {
			list = append(list, e)
		}
	}
	return list
}

// readFrom returns what the file has from the offset on, and where that begins:
// at the start when the file was cut, and later when it is too much.
func readFrom(file *os.File, offset int64) (data []byte, start int64, err error) {
	info, err := file.Stat()
	if err != nil {
		return nil, 0, fmt.Errorf("cannot read the events: %w", err)
	}
	if info.Size() < offset {
		offset = 0
	}
	start = max(offset, info.Size()-maxRead)
	data, err = io.ReadAll(io.NewSectionReader(file, start, info.Size()-start))
	if err != nil {
		return nil, 0, fmt.Errorf("cannot read the events: %w", err)
	}
	return data, start, nil
}

// news returns what was not returned before.
func (t *Tail) news(lines []Event) []Event {
	var list []Event
	for _, e := range merge(lines) {
		if before, found := t.seen[e.ID]; found && before.began.Equal(e.Time) && before.count >= e.Count {
			continue
		}
		t.seen[e.ID] = told{e.Time, e.Count}
		list = append(list, e)
	}
	return list
}

// forget drops what was seen and is not in the file any more.
func (t *Tail) forget(kept []Event) {
	seen := map[int64]told{}
	for _, e := range kept {
		seen[e.ID] = t.seen[e.ID]
	}
	t.seen = seen
}
