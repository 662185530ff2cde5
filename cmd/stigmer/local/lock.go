package local

import (
	"context"
	"fmt"
	"time"

	"github.com/gofrs/flock"

	"github.com/stigmer/stigmer-local/reconciler"
)

// writerPatience is how long a command waits for others that edit the same
// file; an edit takes milliseconds.
const (
	writerPatience = 10 * time.Second
	writerRetry    = 5 * time.Millisecond
)

// lockFile takes a lock between commands and returns how to let it go.
func lockFile(ctx context.Context, path string) (func(), error) {
	if err := reconciler.RegularOrAbsent(path); err != nil {
		return nil, &exitError{exitUserAction, err}
	}
	lock := flock.New(path, flock.SetPermissions(0o600))
	patience, cancel := context.WithTimeout(ctx, writerPatience)
	defer cancel()
	if locked, err := lock.TryLockContext(patience, writerRetry); !locked {
		return nil, fmt.Errorf("cannot lock %s: %w", path, err)
	}
	return func() { lock.Unlock() }, nil
}
