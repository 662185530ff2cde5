package actuator

import (
	"fmt"
	"strings"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/database"
	"github.com/stigmer/stigmer-local/reconciler/plainfile"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// beginFirstBoot makes sure, under the locks, that the database is as the launch
// says, and marks a first boot. forget takes the marker away again, for a
// child that was never born: whoever puts a database there later did not get it
// from a first boot.
func beginFirstBoot(l plan.Launch) (forget func() error, err error) {
	forget = func() error { return nil }
	if l.DatabasePath == "" {
		return forget, nil
	}
	path := realPath(l.DatabasePath)
	found, err := different(path, l.FirstBoot)
	switch {
	case err != nil:
		return nil, fmt.Errorf("cannot tell how the database is: %w", err)
	case found != "":
		return nil, &DatabaseChangedError{Path: path, Found: found}
	case !l.FirstBoot:
		return forget, nil
	}
	if err := forgetRecord(path); err != nil {
		return nil, err
	}
	if err := database.WriteFirstBoot(path, observed.FirstBoot{Started: time.Now().UTC(), Build: l.Build}); err != nil {
		return nil, err
	}
	return func() error { return database.RemoveFirstBoot(path) }, nil
}

// forgetRecord leaves of the record of an earlier database at the path only
// which backup was restored: a record with a cluster id beside a marker means
// that the first boot came to its end.
func forgetRecord(path string) error {
	meta, known := database.ReadMeta(path).Get()
	if !known {
		return nil
	}
	return database.WriteMeta(path, observed.Meta{Restored: meta.Restored})
}

// different says what keeps a start from being a first boot, or from being
// another one; empty for nothing.
func different(path string, first bool) (string, error) {
	file, err := plainfile.Exists(path)
	if err != nil {
		return "", err
	}
	marked, err := plainfile.Exists(observed.FirstBootPath(path))
	if err != nil {
		return "", err
	}
	beside, err := companions(path)
	aside := database.ReadMeta(observed.StagedPath(path)).Value.Replaces
	switch {
	case err != nil:
		return "", err
	case aside != "":
		return "a restore has begun, and moved it to " + aside, nil
	case first && file:
		return "there is one", nil
	case first && len(beside) > 0:
		return "it is gone and left " + strings.Join(beside, ", ") + " behind", nil
	case !first && !file:
		return "there is none", nil
	case !first && marked:
		return "its first boot did not come to its end", nil
	}
	return "", nil
}
