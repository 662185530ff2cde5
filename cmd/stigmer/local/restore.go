package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stigmer/stigmer-local/api/encoding"
	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer"
	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler"
	"github.com/stigmer/stigmer-local/reconciler/database"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

func (a *app) restoreCommand() *cobra.Command {
	var timeout time.Duration
	var yes bool
	c := &cobra.Command{
		Use:   "restore BACKUP",
		Short: "Put a backup in the place of the database",
		Long: "Stop Temporal, put a backup (its name from 'stigmer local backups', or the path of a\n" +
			"file) in the place of the database, and start again. The database that was there is\n" +
			"kept beside it, as <file>.replaced-<time>.",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError("name one backup; see 'stigmer local backups'")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return a.restore(c.Context(), args[0], timeout, yes) },
	}
	c.Flags().DurationVar(&timeout, "timeout", time.Minute, "how long to wait until Temporal is ready")
	yesFlag(c, &yes)
	return c
}

func (a *app) restore(ctx context.Context, backup string, timeout time.Duration, yes bool) error {
	if err := checkTimeout(timeout); err != nil {
		return err
	}
	s, err := a.open()
	if err != nil {
		return err
	}
	defer s.close()
	path, err := s.findBackup(ctx, backup)
	if err != nil {
		return err
	}
	before, err := s.lookCounting(ctx, s.name)
	if err != nil {
		return err
	}
	if before.Object != nil && before.Object.Spec.Storage.Type != v1alpha1.StorageFile {
		return &exitError{exitUserAction, fmt.Errorf("%s keeps its workflows in memory; set spec.storage.type: File first, with '%s'", s.name, s.command("--memory=false"))}
	}
	if external := before.Plan.External; external != nil {
		return &exitError{exitUserAction, fmt.Errorf("cannot restore while %s is used, which is not ours: '%s' first", plan.Describe(external.Process), s.command("--reuse=false"))}
	}
	if err := s.confirmRestore(ctx, before, yes); err != nil {
		return err
	}
	gives, err := s.confirmGivingUp(ctx, before, "restore", "puts the backup there", yes)
	if err != nil {
		return err
	}
	at := time.Now()
	if last := plan.WishedAt(before.Input.History.Restore.Value); !at.After(last) {
		at = last.Add(time.Millisecond) // the clock was set back
	}
	wish := path + "@" + at.UTC().Format(time.RFC3339Nano)
	look, err := s.wishRestored(ctx, wish, gives, before, timeout)
	if err != nil {
		return err
	}
	return s.printRestored(look, path, before.Input.Now)
}

// wishRestored writes the wish, waits until it is carried out and removes it
// again, so that the file says what should be and not what was done. A wish that is
// taken back leaves the file as it was. Gives is what gives up a database that is not
// mounted.
func (s *session) wishRestored(ctx context.Context, wish string, gives []encoding.Change, before reconciler.Look, timeout time.Duration) (reconciler.Look, error) {
	changes, err := s.askingFor(ctx, wish)
	if err == nil {
		err = s.editDesired(ctx, true, append(changes, gives...)...)
	}
	if err != nil {
		return reconciler.Look{}, fmt.Errorf("cannot ask for the restore: %w", err)
	}
	if err := s.ensureDaemon(ctx, true); err != nil {
		return reconciler.Look{}, err
	}
	disables := !before.Input.Desired.Wanted()
	w := waiter{
		session: s, timeout: timeout, goal: "restored and ready", done: restored(wish), lost: refused(wish),
		then: func(o *obstacle, look reconciler.Look) string {
			switch {
			case o.code != exitUserAction || isRestored(look, wish):
				return goesOn(look)
			case disables:
				return "the restore was taken back, and " + s.name + " is disabled again: run it again then"
			}
			return "the restore was taken back: run it again then"
		},
	}
	look, err := w.wait(ctx)
	if err != nil && !takesBack(err) {
		return reconciler.Look{}, err
	}
	undone := err != nil && !isRestored(look, wish)
	if fault := s.dropWish(ctx, wish, undone, disables); fault != nil {
		return reconciler.Look{}, errors.Join(err, fmt.Errorf("the restore is over, but its annotation stays in the file: %w", fault))
	}
	if err != nil {
		return reconciler.Look{}, err
	}
	return s.awaitReady(ctx, timeout)
}

// askingFor returns the changes that ask for the restore: to the database that the
// file names with them, and no other.
func (s *session) askingFor(ctx context.Context, wish string) ([]encoding.Change, error) {
	changes := []encoding.Change{
		{Path: []string{"spec", "enabled"}, Value: true},
		{Path: []string{"metadata", "annotations", v1alpha1.RestoreAnnotation}, Value: wish},
	}
	wanted, err := s.wanted(ctx, true, changes)
	if err != nil {
		return nil, err
	}
	return append(changes, encoding.Change{
		Path: []string{"metadata", "annotations", v1alpha1.RestoreDatabaseAnnotation}, Value: wanted.Spec.Storage.Path,
	}), nil
}

// dropWish removes the wish from the file, unless another one took its place. One that
// is undone gives nothing up, and disables an instance that was only wanted for it.
func (s *session) dropWish(ctx context.Context, wish string, undone, disables bool) error {
	now, err := s.wanted(ctx, false, nil)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil || now.Annotations[v1alpha1.RestoreAnnotation] != wish:
		return err
	}
	changes := withoutWish()
	if undone {
		changes = append(changes, encoding.Change{Path: []string{"metadata", "annotations", v1alpha1.GiveUpAnnotation}, Delete: true})
	}
	if undone && disables {
		changes = append(changes, encoding.Change{Path: []string{"spec", "enabled"}, Value: false})
	}
	return s.editDesired(ctx, false, changes...)
}

// withoutWish removes what asks for a restore.
func withoutWish() []encoding.Change {
	return []encoding.Change{
		{Path: []string{"metadata", "annotations", v1alpha1.RestoreAnnotation}, Delete: true},
		{Path: []string{"metadata", "annotations", v1alpha1.RestoreDatabaseAnnotation}, Delete: true},
	}
}

// isRestored reports whether the look shows that the wish was carried out.
func isRestored(look reconciler.Look, wish string) bool {
	return look.Input.Observed.Database.Meta.Value.Restored == wish
}

// takesBack reports whether the command ends with the wish undone: it was refused,
// or the user has to act first, and may by then not want it any more.
func takesBack(err error) bool {
	var refusal *refusedError
	var blocked *exitError
	return errors.As(err, &refusal) || errors.As(err, &blocked) && blocked.code == exitUserAction
}

// refusedError means that a backup could not be put in place of the database,
// which is as it was.
type refusedError struct{ problem string }

// Error says why not, and what that means.
func (e *refusedError) Error() string {
	return "not restored: " + e.problem + "; the database is as it was"
}

// restored returns what tells that the wish was carried out, and that the
// server on what was restored is Ready.
func restored(wish string) func(reconciler.Look) bool {
	ready := readiness()
	return func(look reconciler.Look) bool {
		return ready(look) && isRestored(look, wish)
	}
}

// refused returns what tells that the wish will not be carried out, or what came
// after it was.
func refused(wish string) func(reconciler.Look) error {
	return func(look reconciler.Look) error {
		if look.Object == nil {
			return nil
		}
		kept, done := look.Input.History.Restore, isRestored(look, wish)
		disabled := look.Problem == "" && !look.Object.Spec.IsEnabled()
		now := look.Object.Annotations[v1alpha1.RestoreAnnotation]
		switch {
		case done && disabled:
			return fmt.Errorf("%s was restored, and stopped meanwhile: spec.enabled is false", look.Object.Name)
		case done && now != "" && now != wish:
			return fmt.Errorf("%s was restored, and another restore was asked for since", look.Object.Name)
		case done:
			return nil // Temporal is about to be ready
		case disabled && !look.Plan.Restore.Begun:
			return &refusedError{look.Object.Name + " was stopped meanwhile: spec.enabled is false"}
		case now != wish:
			return errors.New("not restored: the wish was taken out of the file, or another one took its place")
		case look.Plan.Situation == plan.RestoreBlocked:
			return &refusedError{look.Plan.Message}
		case kept.Value == wish && !kept.Done && kept.Problem != "":
			return &refusedError{kept.Problem}
		}
		return nil
	}
}

// findBackup returns the absolute path of a backup.
func (s *session) findBackup(ctx context.Context, name string) (string, error) {
	path, err := filepath.Abs(name)
	if err != nil {
		return "", fmt.Errorf("cannot use %q as a backup: %w", name, err)
	}
	if !strings.Contains(name, "/") {
		if known := filepath.Join(s.home.Files(s.name).BackupDir, strings.TrimSuffix(name, ".db")+".db"); exists(known) {
			path = known
		}
	}
	if !exists(path) {
		return "", usageError("there is no backup %q; see '%s'", name, s.command("backups"))
	}
	if err := s.requireUnused(ctx, path); err != nil {
		return "", err
	}
	// Only its first bytes are looked at: to look further is to finish what its
	// journal tells of. The daemon checks a copy.
	if err := database.RequireSQLite(path); err != nil {
		return "", fmt.Errorf("cannot restore: %w", err)
	}
	return path, nil
}

// requireUnused refuses a database that a process has open: to read it can do
// that process harm, and what is read may be half of a change.
func (s *session) requireUnused(ctx context.Context, path string) error {
	seen := s.observer.Observe(ctx, observer.Target{DatabasePath: path, Thorough: true}).Processes
	for _, p := range seen.Value {
		if p.Evidence.OpensDatabase == observed.Known {
			return &exitError{exitUserAction, fmt.Errorf("cannot restore %s: %s has it open; '%s' makes a copy that can be restored", path, plan.Describe(p), s.command("backup"))}
		}
	}
	if !seen.IsKnown() {
		return fmt.Errorf("cannot tell whether %s is in use: %s", path, seen.Reason)
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
