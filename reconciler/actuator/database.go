package actuator

import (
	"context"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/plainfile"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// workOn carries out one action on a database. The warning is what went wrong
// beside it.
func (a *Actuator) workOn(ctx context.Context, action plan.Action) (warning, err error) {
	w := action.Database
	switch action.Verb {
	case plan.Quarantine:
		err = underLocks(ctx, w, func() error { return quarantine(ctx, w) })
	case plan.Backup:
		err = underLocks(ctx, w, func() error {
			var failed error
			warning, failed = backUp(ctx, w)
			return failed
		})
	case plan.StageBackup:
		err = a.stage(action)
	case plan.DiscardBackup:
		err = discardBackup(w)
	case plan.RestoreBackup:
		err = underLocks(ctx, w, func() error { return restoreBackup(ctx, w) })
	case plan.Seal:
		if w.AtRest {
			err = underLocks(ctx, w, func() error { return sealAtRest(w) })
		} else {
			err = sealDatabase(w)
		}
	case plan.LearnSchema:
		err = a.learnSchema(action)
	}
	return warning, err
}

// companions returns the files of SQLite that lie beside the database.
func companions(path string) (found []string, err error) {
	for _, name := range observed.CompanionPaths(path) {
		is, err := plainfile.Exists(name)
		if err != nil {
			return nil, err
		}
		if is {
			found = append(found, name)
		}
	}
	return found, nil
}
