package database

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// Copy makes target a copy of the database at source, which nobody may have
// open. What its companions tell of is settled in the copy, so that it is one
// file; source is only read. The copy is checked and synced. The folder of target
// is made when it is missing; the error is fs.ErrExist when there is something at
// target, and a *ChangedError when somebody has the source open after all.
func Copy(ctx context.Context, source, target string) error {
	return stage(ctx, target, func(copied string) error { return copyAll(ctx, source, copied) })
}

// copyAll copies the file with its companions. The shared memory is left out: it
// says nothing that is not in the log, and SQLite makes it anew.
func copyAll(ctx context.Context, source, copied string) error {
	source, err := filepath.EvalSymlinks(source)
	if err != nil {
		return err
	}
	before, err := traces(source)
	if err != nil {
		return err
	}
	from, to := []string{source}, []string{copied}
	from = append(from, observed.CompanionPaths(source)[:2]...)
	to = append(to, observed.CompanionPaths(copied)[:2]...)
	for i := range from {
		if err := copyNamed(ctx, from[i], to[i]); err != nil && (i == 0 || !errors.Is(err, os.ErrNotExist)) {
			return err
		}
	}
	after, err := traces(source)
	if err == nil && after != before {
		err = &ChangedError{Path: source}
	}
	return err
}

func copyNamed(ctx context.Context, source, target string) error {
	f, err := openRegular(source, os.O_RDONLY)
	if err != nil {
		return err
	}
	defer f.Close()
	return copyFile(ctx, f, target)
}

// trace is what a change leaves on a file.
type trace struct {
	size    int64
	written time.Time
}

// traces looks at a database, its journal and its log; a companion that is not
// there leaves a zero trace.
func traces(path string) (found [3]trace, err error) {
	for i, name := range append([]string{path}, observed.CompanionPaths(path)[:2]...) {
		info, err := os.Lstat(name)
		if err != nil && (i == 0 || !errors.Is(err, os.ErrNotExist)) {
			return found, err
		}
		if err == nil {
			found[i] = trace{size: info.Size(), written: info.ModTime()}
		}
	}
	return found, nil
}
