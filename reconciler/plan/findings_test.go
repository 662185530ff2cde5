package plan

import (
	"slices"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// TestPendingRestore: a wish is pending until it is done, and a swap that has begun
// is, whatever is wished by then.
func TestPendingRestore(t *testing.T) {
	const wish = "/b/x@2.db@2026-01-02T03:04:04Z"
	there := observed.Is(observed.File{})
	for name, c := range map[string]struct {
		change func(*base)
		want   PendingRestore
	}{
		"asked for": {func(b *base) { b.Observed.Restore = there }, PendingRestore{Backup: "/b/x@2.db"}},
		"its file is gone": {func(b *base) { b.Observed.Restore = observed.None[observed.File]("there is no such file") },
			PendingRestore{Backup: "/b/x@2.db", Problem: "there is no such file"}},
		"done": {func(b *base) { b.Observed.Database.Meta.Value.Restored = wish }, PendingRestore{}},
		"done, and the record is gone": {func(b *base) {
			b.History.Restore = RestoreWish{Value: wish, Done: true}
		}, PendingRestore{}},
		"in memory": {func(b *base) { b.spec().Storage = v1alpha1.StorageSpec{Type: v1alpha1.StorageMemory} }, PendingRestore{}},
		"begun": {func(b *base) {
			b.Desired.Object.Annotations = nil
			b.Observed.Database.Staged = observed.Is(observed.Meta{Restored: wish, Replaces: "/db.replaced-1"})
		}, PendingRestore{Backup: "/b/x@2.db", Begun: true}},
	} {
		b := healthy()
		b.Desired.Object.Annotations = map[string]string{v1alpha1.RestoreAnnotation: wish}
		c.change(&b)
		b.look()
		if got := Compute(b.Input).Restore; got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// TestOriginOfAUnit: a wrapper may have a database open too, and less may be told of
// it than of the server's.
func TestOriginOfAUnit(t *testing.T) {
	b := healthy()
	child := b.server(200, time.Minute)
	child.Session = 100
	child.Another = observed.AnotherFile{Path: "/tmp/x.db", Links: 1}
	b.edit(func(p *observed.Process) { p.Another = observed.AnotherFile{Inode: 7} })
	b.Observed.Processes.Value = append(b.Observed.Processes.Value, child)
	b.look()
	if got := Compute(b.Input).Origin.Another; got != child.Another {
		t.Errorf("%+v", got)
	}
}

// TestWishThatComesBack: a copy of the file from before, which an editor or a
// synchroniser puts back, asks for what is over.
func TestWishThatComesBack(t *testing.T) {
	const first, second = "/b/1.db@2026-01-02T03:04:04Z", "/b/2.db@2026-01-02T03:04:05Z"
	for name, c := range map[string]struct {
		wishes []string
		done   string
		want   Situation
	}{
		"the first":                     {[]string{first}, "", RestoreRequested},
		"a later one":                   {[]string{first, second}, first, RestoreRequested},
		"one that was done":             {[]string{first, second}, second, Converged},
		"one from before the last":      {[]string{second, first}, second, RestoreBlocked},
		"one that was taken back":       {[]string{first, "", first}, "", Converged},
		"from before one taken back":    {[]string{second, "", first}, "", RestoreBlocked},
		"a later one, after taken back": {[]string{first, "", second}, "", RestoreRequested},
	} {
		b := healthy()
		b.Observed.Restore = observed.Is(observed.File{})
		b.Observed.Database.Meta.Value.Restored = c.done
		for _, wish := range c.wishes {
			b.Desired.Object.Annotations = map[string]string{v1alpha1.RestoreAnnotation: wish}
			if wish == "" {
				b.Desired.Object.Annotations = nil
			}
			b.History = kept(t, b)
			b.look()
		}
		if p := Compute(b.Input); p.Situation != c.want {
			t.Errorf("%s: %s, want %s", name, p, c.want)
		}
	}
}

// TestFailureOfAnotherRestore: what came of a wish says nothing of the next.
func TestFailureOfAnotherRestore(t *testing.T) {
	b := healthy()
	b.History.Restore = RestoreWish{Value: "/b/2.db@2026-01-02T03:04:05Z", Begun: b.Now}
	stage := Action{Verb: StageBackup, Database: DatabaseWork{Meta: observed.Meta{Restored: "/b/1.db@2026-01-02T03:04:04Z"}}}
	h := b.History.Did(b.Desired, stage, "no room", observed.Identity{}, b.Now)
	if h.Restore.Problem != "" || !h.Restore.Begun.IsZero() {
		t.Errorf("it is blamed, or never begun: %+v", h.Restore)
	}
	stage.Database.Meta.Restored = b.History.Restore.Value
	if h := b.History.Did(b.Desired, stage, "no room", observed.Identity{}, b.Now); h.Restore.Problem != "no room" {
		t.Errorf("its own failure: %+v", h.Restore)
	}
}

// TestBackupThatIsWantedBack: another build makes a copy, and removes old ones, but
// none that a restore names.
func TestBackupThatIsWantedBack(t *testing.T) {
	b := healthy()
	b.gone()
	b.Observed.Executable.Value.Build = newer
	b.History.Restore = RestoreWish{Value: "/b/1.db@2026-01-02T03:04:04Z", Problem: "no room", FailedAt: b.Now}
	b.Desired.Object.Annotations = map[string]string{v1alpha1.RestoreAnnotation: b.History.Restore.Value}
	b.look()
	p := Compute(b.Input)
	if p.Situation != BuildChanged || p.Actions[0].Verb != Backup || !slices.Contains(p.Actions[0].Database.Spare, "/b/1.db") {
		t.Errorf("%s", p)
	}
}
