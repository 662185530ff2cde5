package local

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler"
	"github.com/stigmer/stigmer-local/reconciler/actuator"
	"github.com/stigmer/stigmer-local/reconciler/database"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

func (a *app) backupCommand() *cobra.Command {
	var timeout time.Duration
	c := &cobra.Command{
		Use:   "backup",
		Short: "Copy the database, while Temporal runs or not",
		Long: "Copy the database to <home>/<name>-data/backups. A running Temporal goes on; its writes\n" +
			"wait for the copy. A database that was deleted under it is saved too.",
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.backup(c.Context(), timeout) },
	}
	c.Flags().DurationVar(&timeout, "timeout", time.Minute, "how long the copy may take")
	return c
}

func (a *app) backup(ctx context.Context, timeout time.Duration) error {
	if err := checkTimeout(timeout); err != nil {
		return err
	}
	s, err := a.open()
	if err != nil {
		return err
	}
	defer s.close()
	look, err := s.look(ctx, s.name)
	if err != nil {
		return err
	}
	if err := s.requireDatabase(look); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	target := observed.BackupPath(s.home.Files(s.name).BackupDir, time.Now(), observed.BackupByHand)
	if look.Plan.Main != nil {
		err = s.copyLive(ctx, look, target)
	} else {
		err = s.copyAtRest(ctx, look, target)
	}
	if err != nil {
		return fmt.Errorf("no backup was made: %w", err)
	}
	return s.printBackup(target)
}

// requireDatabase reports why there is no database that could be copied.
func (s *session) requireDatabase(look reconciler.Look) error {
	if look.Object == nil {
		return fmt.Errorf("there is no instance %q; start it with '%s'", s.name, s.command(""))
	}
	db := look.Input.Observed.Database
	switch {
	case look.Object.Spec.Storage.Type != v1alpha1.StorageFile:
		return &exitError{exitUserAction, fmt.Errorf("%s keeps its workflows in memory, which cannot be copied; spec.storage.type: File keeps them in a file", s.name)}
	case look.Plan.External != nil:
		return &exitError{exitUserAction, fmt.Errorf("cannot copy the data of %s: it is not ours", plan.Describe(look.Plan.External.Process))}
	case db.FirstBoot.IsKnown():
		return errors.New("the first boot on the database has not come to its end; try again when Temporal is ready")
	case db.File.IsAbsent() && look.Plan.Main == nil:
		return fmt.Errorf("there is no database yet: %s does not exist", db.Path)
	}
	return nil
}

// copyLive copies what the running server has open.
func (s *session) copyLive(ctx context.Context, look reconciler.Look, target string) error {
	db := look.Input.Observed.Database
	source := db.Path
	if look.Plan.Situation == plan.DatabaseLost {
		lost, found := s.observer.LostDatabase(look.Plan.Unit, db.Path)
		if !found {
			return fmt.Errorf("%s: the server has no database open that could be read", look.Plan.Message)
		}
		source = lost
	}
	if err := database.Snapshot(ctx, source, target); err != nil {
		return err
	}
	return database.WriteMeta(target, db.Meta.Value)
}

// copyAtRest copies a database that nobody serves, and keeps a start away
// meanwhile.
func (s *session) copyAtRest(ctx context.Context, look reconciler.Look, target string) error {
	hands := actuator.New(actuator.Options{Identifier: s.observer})
	defer hands.Close()
	db := look.Input.Observed.Database
	outcome := hands.Do(ctx, plan.Action{Verb: plan.Backup, Database: plan.DatabaseWork{
		Path: db.Path, LockPath: s.home.Files(s.name).Lock, BackupPath: target, Meta: db.Meta.Value,
	}})
	return outcome.Err
}

func (s *session) printBackup(target string) error {
	backups, err := database.List(s.home.Files(s.name).BackupDir)
	if err != nil {
		return err
	}
	for _, b := range backups {
		if b.Path == target && s.structured() {
			return s.printValue(described(b))
		}
	}
	_, err = fmt.Fprintf(s.stdout, "saved %s\n  put it back with '%s'\n", target, s.command("restore "+nameOf(target)))
	return err
}
