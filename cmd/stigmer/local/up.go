package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/stigmer/stigmer-local/api/encoding"
	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// upFlags are the flags of "stigmer local".
type upFlags struct {
	port, uiPort int
	memory       bool
	database     string
	reuse        bool
	timeout      time.Duration
	noWait, yes  bool
}

func (a *app) localCommand() *cobra.Command {
	var f upFlags
	c := &cobra.Command{
		Use:   "local",
		Short: "Make sure that Temporal runs",
		Long: "Make sure that Temporal runs: write that it should, start the daemon that sees\n" +
			"to it unless one runs, and wait until Temporal is ready.",
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			changes, err := f.changes(c)
			if err != nil {
				return err
			}
			return a.up(c.Context(), f, changes)
		},
	}
	flags := c.Flags()
	flags.IntVar(&f.port, "port", 0, "write spec.port: the port of the frontend (7233 unless the file says otherwise)")
	flags.IntVar(&f.uiPort, "ui-port", 0, "write spec.ui.port: the port of the UI (the frontend's + 1000 unless the file says otherwise)")
	flags.BoolVar(&f.memory, "memory", false, "write spec.storage: keep workflows in memory, where they are lost when Temporal stops; =false for a file")
	flags.StringVar(&f.database, "db-filename", "", "write spec.storage: keep workflows in this file")
	flags.BoolVar(&f.reuse, "reuse", false, "write spec.portConflict: use a Temporal that is not ours and has the port; =false to wait until it has gone")
	flags.DurationVar(&f.timeout, "timeout", time.Minute, "how long to wait until Temporal is ready")
	flags.BoolVar(&f.noWait, "no-wait", false, "do not wait until Temporal is ready")
	yesFlag(c, &f.yes)
	c.AddCommand(a.stopCommand(), a.restartCommand(), a.statusCommand(), a.planCommand(), a.logsCommand(), a.eventsCommand(),
		a.backupCommand(), a.backupsCommand(), a.restoreCommand(), a.daemonCommand())
	return c
}

// changes returns what the flags ask to write.
func (f upFlags) changes(c *cobra.Command) ([]encoding.Change, error) {
	given := c.Flags().Changed
	switch {
	case f.memory && given("db-filename"):
		return nil, usageError("--memory and --db-filename exclude each other: give one")
	case given("db-filename") && f.database == "":
		return nil, usageError("--db-filename is empty: name a file, or leave the flag out")
	}
	if info, err := os.Stat(f.database); err == nil && !info.Mode().IsRegular() {
		return nil, usageError("cannot use --db-filename %q: it is not a regular file", f.database)
	}
	for flag, port := range map[string]int{"port": f.port, "ui-port": f.uiPort} {
		if given(flag) && (port < 1 || port > 65535) {
			return nil, usageError("--%s %d is not a port: give a number from 1 to 65535", flag, port)
		}
	}
	changes := []encoding.Change{{Path: []string{"spec", "enabled"}, Value: true}}
	if given("port") {
		changes = append(changes, encoding.Change{Path: []string{"spec", "port"}, Value: f.port})
	}
	if given("ui-port") {
		changes = append(changes, encoding.Change{Path: []string{"spec", "ui", "port"}, Value: f.uiPort})
	}
	if given("reuse") {
		conflict := v1alpha1.PortConflictWait
		if f.reuse {
			conflict = v1alpha1.PortConflictReuse
		}
		changes = append(changes, encoding.Change{Path: []string{"spec", "portConflict"}, Value: string(conflict)})
	}
	switch {
	case f.memory:
		changes = append(changes,
			encoding.Change{Path: []string{"spec", "storage", "type"}, Value: string(v1alpha1.StorageMemory)},
			encoding.Change{Path: []string{"spec", "storage", "path"}, Delete: true})
	case given("memory"):
		changes = append(changes,
			encoding.Change{Path: []string{"spec", "storage", "type"}, Value: string(v1alpha1.StorageFile)})
	case f.database != "":
		path, err := filepath.Abs(f.database)
		if err != nil {
			return nil, fmt.Errorf("cannot use --db-filename %q: %w", f.database, err)
		}
		changes = append(changes,
			encoding.Change{Path: []string{"spec", "storage", "type"}, Value: string(v1alpha1.StorageFile)},
			encoding.Change{Path: []string{"spec", "storage", "path"}, Value: path})
	}
	return changes, nil
}

// checkTimeout refuses a time in which nothing can be reached.
func checkTimeout(timeout time.Duration) error {
	if timeout <= 0 {
		return usageError("--timeout %s is not a time to wait: give more than 0", timeout)
	}
	return nil
}

// up makes the instance run.
func (a *app) up(ctx context.Context, f upFlags, changes []encoding.Change) error {
	if err := checkTimeout(f.timeout); err != nil {
		return err
	}
	s, err := a.create()
	if err != nil {
		return err
	}
	defer s.close()
	// Before the edit: a quick daemon may have replaced the server right after it.
	before, err := s.look(ctx, s.name)
	if err != nil {
		return err
	}
	changes = append(changes, doneWish(before)...)
	if err := s.confirmEdit(ctx, before, f.yes, changes); err != nil {
		return err
	}
	makes := s.makesDatabase(ctx, changes)
	if err := s.editDesired(ctx, true, changes...); err != nil {
		return err
	}
	if err := s.ensureDaemon(ctx, true); err != nil {
		return err
	}
	if f.noWait {
		return s.printWanted(ctx)
	}
	look, err := s.awaitReady(ctx, f.timeout)
	if err != nil {
		return err
	}
	return s.printStarted(before, look, howReached(before, look), makes)
}

// doneWish takes the wish for a restore out of the file that was carried out,
// and that the command which wrote it did not live to remove.
func doneWish(look reconciler.Look) []encoding.Change {
	kept := look.Input.History.Restore
	if look.Object == nil || !kept.Done || look.Object.Annotations[v1alpha1.RestoreAnnotation] != kept.Value {
		return nil
	}
	return withoutWish()
}

// printWanted prints that the instance is wanted, and for a program what is
// there of it now.
func (s *session) printWanted(ctx context.Context) error {
	var object *v1alpha1.Temporal
	if s.structured() {
		look, err := s.look(ctx, s.name)
		if err != nil {
			return err
		}
		object = look.Object
	}
	return s.printResult(object, fmt.Sprintf("%s is wanted; the daemon sees to it: see '%s'", s.name, s.command("status")))
}

// howReached says whether the server that is ready now was there before.
func howReached(before, now reconciler.Look) string {
	if before.Plan.Main != nil && now.Plan.Main != nil && before.Plan.Main.Identity == now.Plan.Main.Identity &&
		before.Plan.Serving == observed.Is(true) {
		return "reusing"
	}
	return "started"
}

// makesDatabase reports whether a start after the changes finds no database, and
// so makes one: a path may be mistyped, or its file be lost.
func (s *session) makesDatabase(ctx context.Context, changes []encoding.Change) bool {
	wanted, err := s.wanted(ctx, true, changes)
	if err != nil || wanted.Spec.Storage.Type != v1alpha1.StorageFile || wanted.Annotations[v1alpha1.RestoreAnnotation] != "" {
		return false
	}
	// A link that leads to nothing is a place for one, too.
	_, err = os.Stat(wanted.Spec.Storage.Path)
	return errors.Is(err, fs.ErrNotExist)
}

// printStarted is printReady for a start that may have carried out a restore which
// was asked for before.
func (s *session) printStarted(before, look reconciler.Look, how string, isNew bool) error {
	was, now := before.Input.Observed.Database.Meta.Value.Restored, look.Input.Observed.Database.Meta.Value.Restored
	earlier := before.Input.History.Restore
	if now == "" || now == was || earlier.Done && earlier.Value == now {
		return s.printReady(look, how, isNew)
	}
	switch backup := before.Plan.Restore; {
	case backup.Begun && before.Input.Observed.Database.Staged.Value.Restored == now:
		return s.printRestored(look, backup.Backup, before.Input.Now)
	case look.Object.Annotations[v1alpha1.RestoreAnnotation] == now:
		return s.printRestored(look, plan.RestorePath(look.Object), before.Input.Now)
	}
	return s.printReady(look, how, isNew)
}

// printReady prints the server that is ready, and whether its database is new.
func (s *session) printReady(look reconciler.Look, how string, isNew bool) error {
	if look.Plan.External != nil {
		return s.printExternal(look)
	}
	status := look.Object.Status
	line := fmt.Sprintf("Temporal is ready: %s pid %d", how, status.Process.PID)
	if err := s.printResult(look.Object, line); err != nil || s.structured() {
		return err
	}
	fmt.Fprintf(s.stdout, "  address  %s\n", status.Endpoints.Frontend)
	if status.Endpoints.UI != "" {
		fmt.Fprintf(s.stdout, "  UI       %s\n", status.Endpoints.UI)
	}
	data := dataOf(look.Object)
	if isNew {
		data += " (new)"
	}
	_, err := fmt.Fprintf(s.stdout, "  data     %s\n", data)
	return err
}

// printExternal prints a server that is ready and not ours.
func (s *session) printExternal(look reconciler.Look) error {
	line := "Temporal is ready: using " + plan.Describe(look.Plan.External.Process) + ", which is not ours and is left alone"
	if err := s.printResult(look.Object, line); err != nil || s.structured() {
		return err
	}
	_, err := fmt.Fprintf(s.stdout, "  address  %s\n", look.Object.Status.Endpoints.Frontend)
	return err
}
