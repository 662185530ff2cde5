package local

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/stigmer/stigmer-local/api/encoding"
	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// TestOtherWay: an edit that failed for a reason that the user can go round.
func TestOtherWay(t *testing.T) {
	path := homeWith(t, "temporal").Desired("temporal")
	absent := filepath.Join(t.TempDir(), "absent.yaml")
	remove := "remove the file " + path + ": a file that stays removed for two seconds means stop"
	other := errors.New("other")
	for _, c := range []struct {
		err  error
		path string
		code int
		want string
	}{
		{fmt.Errorf("cannot write: %w", unix.ENOSPC), path, exitUserAction, "cannot write: no space left on device\nfree some space, or " + remove},
		{unix.EDQUOT, path, exitUserAction, "disk quota exceeded\nfree some space, or " + remove},
		{unix.ENOSPC, absent, exitUserAction, "no space left on device\nfree some space, then run the command again"},
		{fmt.Errorf("bad: %w", &encoding.InvalidError{}), path, exitUsage, "\nor stop without mending it: move the file away"},
		{other, path, exitFailed, "other"},
	} {
		err := otherWay(c.err, c.path)
		if !errors.Is(err, c.err) || exitCode(err) != c.code || !strings.HasSuffix(err.Error(), c.want) {
			t.Errorf("%v: exit %d, %q; want exit %d and %q", c.err, exitCode(err), err, c.code, c.want)
		}
	}
}

// TestRestoreWaits: a stop says what of a restore is still to come, and nothing else.
func TestRestoreWaits(t *testing.T) {
	home := homeWith(t, "temporal")
	s, _, _ := sessionIn(t, home, "text")
	giveUp := "; to give that up, remove the annotation local.stigmer.ai/restore from " + home.Desired("temporal")
	for name, c := range map[string]struct {
		restore plan.PendingRestore
		missing bool
		want    string
	}{
		"none":                    {},
		"asked for":               {plan.PendingRestore{Backup: "/b.db"}, false, "\n  /b.db is still to be restored, at the next start" + giveUp},
		"cannot be done":          {plan.PendingRestore{Backup: "/b.db", Problem: "it is gone"}, false, "\n  /b.db was to be restored and cannot be now: it is gone" + giveUp},
		"the file is gone":        {plan.PendingRestore{Backup: "/b.db"}, true, ""},
		"begun":                   {plan.PendingRestore{Backup: "/b.db", Begun: true}, false, "\n  the restore of /b.db has begun, and the next start finishes it"},
		"begun, the file is gone": {plan.PendingRestore{Backup: "/b.db", Begun: true}, true, "\n  the restore of /b.db has begun, and the next start finishes it"},
	} {
		look := reconciler.Look{Missing: c.missing}
		look.Plan.Restore = c.restore
		if got := s.restoreWaits(look); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestWhereItsDataIs: what is said of a server that alone has its data, before it
// is ended and after.
func TestWhereItsDataIs(t *testing.T) {
	folder := t.TempDir()
	named, moved := filepath.Join(folder, "db"), filepath.Join(folder, "moved")
	write := func(path string) {
		t.Helper()
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(named + "-wal")
	s, _, _ := sessionIn(t, homeWith(t, "temporal"), "text")
	backup := "'stigmer local backup'"
	for _, c := range []struct {
		another       observed.AnotherFile
		lost          observed.Knowledge
		before, after string
	}{
		{observed.AnotherFile{}, observed.Known, "which alone has what was in " + named + "; " + backup + " saves it", "what was in " + named + " is gone with it"},
		{observed.AnotherFile{}, observed.Unknown, "which may be the only one that has what was in " + named + "; " + backup + " saves what of it can be read",
			"it may have been the only one that had what was in " + named},
		{observed.AnotherFile{Path: moved, Links: 1}, observed.Known, "whose database is no longer " + named + " but " + moved + "; " + backup + " saves it",
			"what was in " + named + " is in " + moved + " and " + named + "-wal"},
		{observed.AnotherFile{Path: moved, Links: 1}, observed.Unknown, "whose database may be no longer " + named + " but " + moved + "; " + backup + " saves it",
			"what was in " + named + " may be in " + moved + " and " + named + "-wal"},
		{observed.AnotherFile{Inode: 7, Links: 1}, observed.Known, "whose database is no longer " + named + " but another name of it (inode 7); " + backup + " saves it",
			"what was in " + named + " is in another name of it (inode 7) and " + named + "-wal"},
	} {
		look := reconciler.Look{Object: v1alpha1.New("temporal")}
		look.Plan.Main, look.Plan.LostFile = &observed.Process{}, c.lost
		look.Plan.Origin = plan.Origin{Named: named, Path: named, Another: c.another}
		if got := dataAlone(look); got != c.before {
			t.Errorf("before: %q, want %q", got, c.before)
		}
		if got := s.whatBecameOf(look); got != c.after {
			t.Errorf("after: %q, want %q", got, c.after)
		}
	}
	write(moved + "-wal")
	if left := leftBehind(plan.Origin{Named: named, Path: named, Another: observed.AnotherFile{Path: moved}}); left != nil {
		t.Errorf("its journal is beside it, and %q is named too", left)
	}
}

// TestLossThatIsNotKnown: a look that could not see the processes has not seen that
// there is nothing to lose.
func TestLossThatIsNotKnown(t *testing.T) {
	look := reconciler.Look{Object: v1alpha1.New("temporal")}
	look.Input.Observed.Processes = observed.Unsure[[]observed.Process]("the look hangs")
	if loss := lossOf(look); !strings.Contains(loss, "which processes run is not known (the look hangs)") {
		t.Errorf("it would cost %q", loss)
	}
	look.Input.Observed.Processes = observed.Is([]observed.Process{})
	if loss := lossOf(look); loss != "" {
		t.Errorf("with no server it would cost %q", loss)
	}
}
