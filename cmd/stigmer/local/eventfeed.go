package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/stigmer/stigmer-local/reconciler/events"
)

// watchLook is how often new events are looked for when nothing tells of them.
const watchLook = time.Second

// feed reads the events of the instances that a command is about, those that
// are no more included.
type feed struct {
	*session
	tails map[string]*events.Tail
	// after is when the oldest event that is wanted happened last.
	after time.Time
	// complained is what was last said of files that cannot be read.
	complained string
}

// happened is an event of an instance, as JSON shows it.
type happened struct {
	Name string `json:"name"`
	events.Event
}

func (f *feed) close() {
	for _, tail := range f.tails {
		tail.Close()
	}
}

// next returns what is new since the last call, in the order in which it
// happened last. The error is about those files that cannot be read.
func (f *feed) next() ([]happened, error) {
	names, err := f.home.Recorded()
	errs := []error{err}
	var list []happened
	for _, name := range names {
		if f.named && name != f.name {
			continue
		}
		if f.tails[name] == nil {
			f.tails[name] = events.NewTail(f.home.Events(name))
		}
		fresh, err := f.tails[name].Next()
		errs = append(errs, err)
		for _, e := range fresh {
			if !e.LastTime.Before(f.after) {
				list = append(list, happened{name, e})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b happened) int { return a.LastTime.Compare(b.LastTime) })
	return list, errors.Join(errs...)
}

// follow prints events as they come, until ctx is done.
func (f *feed) follow(ctx context.Context) error {
	// Without a watch, which is a limited resource, the clock has to do.
	var told chan fsnotify.Event
	var failed chan error
	watcher, err := fsnotify.NewWatcher()
	if err == nil {
		defer watcher.Close()
		told, failed = watcher.Events, watcher.Errors
	}
	tick := time.NewTicker(watchLook)
	defer tick.Stop()
	for {
		if watcher != nil {
			// Each time: the folder may have been made, or made anew, since.
			_ = watcher.Add(f.home.StatusDir())
		}
		list, err := f.next()
		f.complain(err)
		if err := f.print(list); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-told:
		case err := <-failed:
			f.complain(err)
		case <-tick.C:
		}
	}
}

// complain says once what cannot be read.
func (f *feed) complain(err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	if text != "" && text != f.complained {
		fmt.Fprintln(f.stderr, text)
	}
	f.complained = text
}

// print prints events, one a line. With several instances it says of which.
func (f *feed) print(list []happened) error {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if f.output == "text" {
		list = fold(notable(list))
	}
	for _, h := range list {
		if f.output == "json" {
			if err := encoder.Encode(h); err != nil {
				return fmt.Errorf("cannot print as json: %w", err)
			}
			continue
		}
		name := ""
		if len(f.tails) > 1 {
			name = h.Name + "  "
		}
		b.WriteString(eventLine(h.Event, name, time.Local) + "\n")
	}
	_, err := fmt.Fprint(f.stdout, b.String())
	return err
}
