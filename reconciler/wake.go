package reconciler

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// fileSettle is how long a desired file must be quiet before a change of it
// is looked at, so that a file is rarely read while it is being written.
const fileSettle = 5 * time.Millisecond

// watchFiles watches the folder of the desired files. It watches the folder,
// not the files, because editors replace files.
func watchFiles(home Home) (*fsnotify.Watcher, error) {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("cannot create a watch: %w", err)
	}
	if err := watcher.Add(home.DesiredDir()); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot watch %s: %w", home.DesiredDir(), err), watcher.Close())
	}
	return watcher, nil
}

// wakeOnFiles queues an instance when its desired file changes, and every
// listEvery all instances that the folders know, so that a lost event and a
// folder that was replaced cost no more than that. Without a watcher that is
// all it does.
func (r *Reconciler) wakeOnFiles(ctx context.Context, watcher *fsnotify.Watcher) {
	var events chan fsnotify.Event
	var failed chan error
	if watcher != nil {
		defer watcher.Close()
		events, failed = watcher.Events, watcher.Errors
	}
	tick := time.NewTicker(listEvery)
	defer tick.Stop()
	folder := r.rewatch(watcher, nil)
	r.discover()
	for {
		select {
		case <-ctx.Done():
			return
		case event := <-events:
			if name, ok := instanceName(filepath.Base(event.Name)); ok {
				r.queue.AddAfter(name, fileSettle)
			}
		case err := <-failed:
			r.options.Log.V(1).Info("lost file events; looking at all", "cause", fmt.Sprint(err))
			r.wakeAll()
		case <-tick.C:
			if err := r.lock.check(); err != nil {
				r.end(err)
				return
			}
			if folder = r.rewatch(watcher, folder); folder == nil {
				r.wakeAll()
			}
			r.discover()
		}
	}
}

// rewatch watches the folder of the desired files again when it is not the
// one that was watched. It returns the folder that is watched now; nil means
// that events may have been lost.
func (r *Reconciler) rewatch(watcher *fsnotify.Watcher, before os.FileInfo) os.FileInfo {
	now, err := os.Stat(r.options.Home.DesiredDir())
	if err != nil || watcher == nil {
		return nil
	}
	if before != nil && os.SameFile(before, now) {
		return now
	}
	if err := watcher.Add(r.options.Home.DesiredDir()); err != nil {
		return nil
	}
	r.wakeAll()
	return now
}

// wakeAll queues every instance that this daemon has seen.
func (r *Reconciler) wakeAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name := range r.instances {
		r.queue.Add(name)
	}
}

// discover queues every instance that this daemon has not seen yet. Those
// that it has seen requeue themselves.
func (r *Reconciler) discover() {
	names, err := r.options.Home.names()
	if err != nil {
		r.options.Log.Error(err, "cannot list the instances")
	}
	for _, name := range names {
		r.mu.Lock()
		known := r.instances[name] != nil
		r.mu.Unlock()
		if !known {
			r.queue.Add(name)
		}
	}
}
