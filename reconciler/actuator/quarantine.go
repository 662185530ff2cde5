package actuator

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/database"
	"github.com/stigmer/stigmer-local/reconciler/failpoint"
	"github.com/stigmer/stigmer-local/reconciler/plainfile"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// quarantine renames a database aside whose first boot did not come to its end,
// or the companions that a database left behind. A database without the marker
// served somebody and is never moved, nor is a damaged one: nobody can tell
// whether it did, and a new one in its place would pass for the old one emptied.
// The marker stays: until the next first boot writes its own, it says the truth
// about whatever a crash leaves here.
func quarantine(ctx context.Context, w plan.DatabaseWork) error {
	file, err := plainfile.Exists(w.Path)
	if err != nil {
		return err
	}
	marked, err := plainfile.Exists(observed.FirstBootPath(w.Path))
	if err != nil {
		return err
	}
	if file && !marked {
		return &DatabaseChangedError{Path: w.Path, Found: "its first boot came to its end"}
	}
	if aside := interruptedMove(w.Path); file && aside != "" {
		return database.MoveAside(w.Path, aside)
	}
	if file {
		if err := keepWhatServed(ctx, w.Path); err != nil {
			return err
		}
	}
	failpoint.Reached("quarantine/checked")
	return database.MoveAside(w.Path, w.Aside)
}

// interruptedMove returns where a database was being renamed to when a crash
// came between its journal and itself, which without the journal reads as a
// damaged one; empty for none.
func interruptedMove(path string) string {
	suffix := strings.TrimPrefix(observed.CompanionPaths(path)[0], path)
	journals, _ := filepath.Glob(path + observed.QuarantineInfix + "*" + suffix)
	for _, journal := range journals {
		aside := strings.TrimSuffix(journal, suffix)
		if there, err := plainfile.Exists(aside); err == nil && !there {
			return aside
		}
	}
	return ""
}

// keepWhatServed returns why the database must stay, if it must. From one that
// holds somebody's workflows it takes the marker: no daemon was there to do it
// when the first boot came to its end, and the server went on without one.
func keepWhatServed(ctx context.Context, path string) error {
	served, err := database.HasWorkflows(ctx, path)
	if err != nil || !served {
		return err
	}
	if err := database.RemoveFirstBoot(path); err != nil {
		return err
	}
	return &DatabaseChangedError{Path: path, Found: "it holds workflows, so it has served: it is kept"}
}
