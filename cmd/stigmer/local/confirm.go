package local

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/stigmer/stigmer-local/api/encoding"
	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler"
	"github.com/stigmer/stigmer-local/reconciler/database"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// yesFlag adds --yes.
func yesFlag(c *cobra.Command, yes *bool) {
	c.Flags().BoolVarP(yes, "yes", "y", false, "do not ask before running workflows are lost, or a database that is not mounted is given up")
}

// confirmLoss asks before a server is ended whose running workflows die with
// it. Off a terminal only --yes says so.
func (s *session) confirmLoss(ctx context.Context, look reconciler.Look, what string, yes bool) error {
	loss := lossOf(look)
	if loss == "" || yes {
		return nil
	}
	if !s.interactive() {
		return &exitError{exitUserAction, fmt.Errorf("%s would end %s; add --yes if that is all right", what, loss)}
	}
	return s.ask(ctx, fmt.Sprintf("%s ends %s.", what, loss))
}

// ask asks a person, and reports an error unless the answer is yes.
func (s *session) ask(ctx context.Context, what string) error {
	fmt.Fprintf(s.stderr, "%s Go on? [y/N] ", what)
	answer, err := readLine(ctx, s.stdin)
	if err != nil {
		return err
	}
	if answer = strings.ToLower(answer); answer != "y" && answer != "yes" {
		return errors.New("nothing was changed")
	}
	return nil
}

// confirmEdit asks before an edit replaces a server whose running workflows
// die with it, and otherwise says what becomes of them.
func (s *session) confirmEdit(ctx context.Context, before reconciler.Look, yes bool, changes []encoding.Change) error {
	switch {
	case before.Object == nil:
		return nil
	case !before.Input.Observed.Processes.IsKnown():
		return s.confirmLoss(ctx, before, "this change", yes)
	case before.Plan.Main == nil:
		return nil
	}
	wanted, err := s.wanted(ctx, true, changes)
	if err != nil {
		return err
	}
	then := before.Input
	then.Desired.Object, then.Desired.Missing, then.Desired.Removed = wanted, false, false
	if !plan.Replaces(then) {
		return nil
	}
	counted, err := s.lookCounting(ctx, s.name)
	if err != nil {
		return err
	}
	if counted.Plan.LostFile != observed.Absent {
		return nil // the edit does not end it
	}
	if err := s.confirmLoss(ctx, counted, "this change", yes); err != nil {
		return err
	}
	running := counted.Input.Observed.Server.Running.Value
	switch next := plan.Compute(then); {
	case running == 0 || counted.Plan.Volatile || next.Remedy != "":
	case next.Restore.Backup != "" && next.Restore.Problem == "":
		fmt.Fprintf(s.stderr, "%s is restored with this change: the database in which %s is kept beside it\n", next.Restore.Backup, areRunning(running))
	default:
		fmt.Fprintln(s.stderr, whatBecomes(running, before.Object.Spec.Storage.Path, wanted.Spec.Storage.Path))
	}
	return nil
}

// whatBecomes says where workflows are after a server was replaced.
func whatBecomes(running int64, before, after string) string {
	stay, goOn := "stay", "go on"
	if running == 1 {
		stay, goOn = "stays", "goes on"
	}
	if before != after {
		return fmt.Sprintf("%s %s in %s", workflows(running), stay, before)
	}
	return fmt.Sprintf("%s %s after the restart", workflows(running), goOn)
}

// lossOf says what the end of the server costs; empty when nothing is lost.
// Where the workflows could not be counted there may be some.
func lossOf(look reconciler.Look) string {
	running, counted := look.Input.Observed.Server.Running.Get()
	processes := look.Input.Observed.Processes
	switch {
	case look.Object != nil && !processes.IsKnown():
		return "a server that may have workflows in memory, since which processes run is not known (" + processes.Reason + ")"
	case look.Plan.Main == nil:
		return ""
	case look.Plan.LostFile != observed.Absent:
		return fmt.Sprintf("%s, %s", look.Plan.Main, dataAlone(look))
	case counted && running == 0:
		return ""
	case look.Plan.Volatile && counted:
		return fmt.Sprintf("%s, and with it %s that it keeps in memory", look.Plan.Main, workflows(running))
	case look.Plan.Volatile:
		return fmt.Sprintf("%s, and with it the workflows that it keeps in memory", look.Plan.Main)
	}
	return ""
}

// dataAlone says of a server that alone has its data, or may have, where that is and
// how it is saved.
func dataAlone(look reconciler.Look) string {
	from, backup := look.Plan.Origin, plan.Command(look.Object.Name, "backup")
	is, alone, saved := "is", "alone has", "it"
	if look.Plan.LostFile == observed.Unknown {
		is, alone, saved = "may be", "may be the only one that has", "what of it can be read"
	}
	if problem := look.Plan.Missing.Problem; problem != "" && from.Path == look.Input.Observed.Database.Path {
		return fmt.Sprintf("which still has %s open, but %s; '%s' saves it", from.Named, problem, backup)
	}
	if now := whereNow(from); now != "" {
		return fmt.Sprintf("whose database %s no longer %s but %s; '%s' saves it", is, from.Named, now, backup)
	}
	return fmt.Sprintf("which %s what was in %s; '%s' saves %s", alone, from.Named, backup, saved)
}

// whereNow says where a database is that is not where its server was started on
// it; empty when nothing leads there.
func whereNow(from plan.Origin) string {
	switch another := from.Another; {
	case another.Path != "":
		return another.Path
	case another.Links > 0:
		return fmt.Sprintf("another name of it (inode %d)", another.Inode)
	}
	return ""
}

// confirmRestore asks before a backup takes the place of a database in which
// workflows run. Nothing is asked of a database that was lost and saved since.
func (s *session) confirmRestore(ctx context.Context, look reconciler.Look, yes bool) error {
	running := look.Input.Observed.Server.Running.Value
	switch {
	case yes:
		return nil
	case !look.Input.Observed.Processes.IsKnown():
		return s.confirmLoss(ctx, look, "restore", yes)
	case look.Plan.Main == nil:
		return nil
	case look.Plan.LostFile != observed.Absent && s.savedSince(look.Plan.Main.Started):
		return nil
	case look.Plan.LostFile != observed.Absent:
		return s.confirmLoss(ctx, look, "restore", yes)
	case running == 0:
		return nil
	}
	what := fmt.Sprintf("restore puts the backup in the place of a database in which %s; it is kept beside it", areRunning(running))
	if !s.interactive() {
		return &exitError{exitUserAction, fmt.Errorf("%s. Add --yes if that is all right", what)}
	}
	return s.ask(ctx, what+".")
}

// confirmGivingUp asks before a database is given up whose file system is not mounted.
// It returns the change that says so, which is none where there is no such database.
func (s *session) confirmGivingUp(ctx context.Context, look reconciler.Look, what, instead string, yes bool) ([]encoding.Change, error) {
	missing := look.Plan.Missing
	if missing.ClusterID == "" {
		return nil, nil
	}
	given := fmt.Sprintf("%s gives up the database %s, and %s: %s", what, look.Input.Desired.Object.Spec.Storage.Path, instead, missing.Problem)
	switch {
	case yes:
	case s.interactive():
		if err := s.ask(ctx, given+"."); err != nil {
			return nil, err
		}
	default:
		return nil, &exitError{exitUserAction, fmt.Errorf("%s; %s; or add --yes if that is all right", given, missing.Remedy)}
	}
	value := missing.ClusterID + "@" + time.Now().UTC().Format(time.RFC3339Nano)
	return []encoding.Change{{Path: []string{"metadata", "annotations", v1alpha1.GiveUpAnnotation}, Value: value}}, nil
}

// areRunning returns "1 workflow runs" or "12 workflows run".
func areRunning(n int64) string {
	if n == 1 {
		return "1 workflow runs"
	}
	return fmt.Sprintf("%d workflows run", n)
}

// savedSince reports whether what the server alone had was saved after it began.
func (s *session) savedSince(began time.Time) bool {
	backups, err := database.List(s.home.Files(s.name).BackupDir)
	return err == nil && slices.ContainsFunc(backups, func(b database.Backup) bool {
		return b.Meta.Value.Rescued && b.Made.After(began)
	})
}

// workflows returns "1 running workflow" or "12 running workflows".
func workflows(n int64) string {
	if n == 1 {
		return "1 running workflow"
	}
	return fmt.Sprintf("%d running workflows", n)
}

// interactive reports whether a person can be asked.
func (a *app) interactive() bool {
	in, isFile := a.stdin.(*os.File)
	out, outIsFile := a.stderr.(*os.File)
	return isFile && outIsFile && term.IsTerminal(int(in.Fd())) && term.IsTerminal(int(out.Fd()))
}

// readLine reads one line, or until ctx ends.
func readLine(ctx context.Context, from io.Reader) (string, error) {
	type line struct {
		text string
		err  error
	}
	read := make(chan line, 1)
	// Nothing ends a read of a terminal; the program ends with it.
	go func() {
		text, err := bufio.NewReader(from).ReadString('\n')
		read <- line{strings.TrimSpace(text), err}
	}()
	select {
	case got := <-read:
		if errors.Is(got.err, io.EOF) {
			return got.text, nil
		}
		return got.text, got.err
	case <-ctx.Done():
		return "", errors.New("interrupted; nothing was changed")
	}
}
