package local

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	copyDatabase := s.copyAtRest
	if look.Plan.Main != nil {
		copyDatabase = s.copyLive
	}
	unrecorded, err := copyDatabase(ctx, look, target)
	var held *actuator.LockHeldError
	if errors.As(err, &held) {
		return &exitError{exitUserAction, fmt.Errorf("no backup was made: %w; find who has it with 'fuser %s', and try again when it has let go", err, held.Path)}
	}
	if err != nil {
		return fmt.Errorf("no backup was made: %w", err)
	}
	s.warnUnrecorded(target, unrecorded)
	return s.printBackup(target)
}

// requireDatabase reports why there is no database that could be copied.
func (s *session) requireDatabase(look reconciler.Look) error {
	switch {
	case look.Object == nil && look.Problem != "":
		return &exitError{exitUsage, errors.New(look.Problem)}
	case look.Object == nil:
		return s.unknownInstance()
	}
	db := look.Input.Observed.Database
	switch {
	case look.Object.Spec.Storage.Type != v1alpha1.StorageFile && (look.Plan.Main == nil || look.Plan.LostFile == observed.Absent):
		return &exitError{exitUserAction, fmt.Errorf("%s keeps its workflows in memory, which cannot be copied; spec.storage.type: File keeps them in a file", s.name)}
	case look.Plan.External != nil:
		return &exitError{exitUserAction, fmt.Errorf("cannot copy the data of %s: it is not ours", plan.Describe(look.Plan.External.Process))}
	case look.Plan.Missing.Problem != "" && look.Plan.Main == nil:
		return &exitError{exitUserAction, fmt.Errorf("the database %s is not there to be copied: %s", look.Object.Spec.Storage.Path, look.Plan.Missing.Problem)}
	case db.FirstBoot.IsKnown():
		return errors.New("the first boot on the database has not come to its end; try again when Temporal is ready")
	case db.File.IsAbsent() && look.Plan.Main == nil:
		return fmt.Errorf("there is no database yet: %s does not exist", db.Path)
	}
	return nil
}

// copyLive copies what the running server has open. A copy that could not be
// recorded can be restored all the same.
func (s *session) copyLive(ctx context.Context, look reconciler.Look, target string) (unrecorded, err error) {
	source, found := s.served(look)
	known := knownOfServed(look)
	if !found {
		why := look.Plan.Verdict(v1alpha1.ConditionDatabaseFile).Message
		from := look.Plan.Origin
		if look.Plan.LostFile == observed.Known || from.Exists != observed.Known {
			return nil, fmt.Errorf("%s: the server has no database open that could be read", why)
		}
		fmt.Fprintf(s.stderr, "what is saved is the file at %s now, and the server may have another one: %s\n", from.Path, why)
		source, known = from.Path, database.ReadMeta(from.Path).Value
	}
	if err := database.Snapshot(ctx, source, target); err != nil {
		return nil, err
	}
	return database.WriteMeta(target, known), nil
}

// served returns where the file can be read that the server has open, or will
// open: the one at the path, unless it has another one. It is not found when the
// server may have another one, and none can be read.
func (s *session) served(look reconciler.Look) (source string, found bool) {
	path, lost := look.Input.Observed.Database.Path, look.Plan.LostFile
	if lost == observed.Absent && mayOpen(look.Plan.Unit) {
		return path, true
	}
	if other, found := s.observer.LostDatabase(look.Plan.Unit, path); found {
		return other, true
	}
	return path, lost == observed.Absent
}

// mayOpen reports whether one of the processes has the file at the path open, as
// far as can be told.
func mayOpen(unit []observed.Process) bool {
	return slices.ContainsFunc(unit, func(p observed.Process) bool { return p.Evidence.OpensDatabase != observed.Absent })
}

// knownOfServed is what is known of the database that the server has open. A
// record with another cluster id than the server's is about a file that was put at
// the path since, or was there before.
func knownOfServed(look reconciler.Look) observed.Meta {
	meta := look.Input.Observed.Database.Meta.Value
	if cluster, known := look.Input.Observed.Server.Cluster.Get(); known && cluster.ID != meta.ClusterID {
		meta = observed.Meta{ClusterID: cluster.ID, LastServedBy: look.Plan.Main.Launch.Value.Build}
	}
	meta.Rescued = look.Plan.LostFile == observed.Known
	return meta
}

// copyAtRest copies a database that nobody serves, and keeps a start away
// meanwhile.
func (s *session) copyAtRest(ctx context.Context, look reconciler.Look, target string) (unrecorded, err error) {
	hands := actuator.New(actuator.Options{Identifier: s.observer})
	defer hands.Close()
	outcome := hands.Do(ctx, plan.Action{Verb: plan.Backup, Database: plan.DatabaseWork{
		Path: look.Input.Observed.Database.Path, LockPath: s.home.Files(s.name).Lock, BackupPath: target,
	}})
	return outcome.Warning, outcome.Err
}

// warnUnrecorded says of a copy what it lacks, if anything.
func (s *session) warnUnrecorded(target string, unrecorded error) {
	if unrecorded != nil {
		fmt.Fprintf(s.stderr, "saved %s, but what is known of it could not be recorded: %v\n", target, unrecorded)
	}
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
