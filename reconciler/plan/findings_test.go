package plan

import (
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
