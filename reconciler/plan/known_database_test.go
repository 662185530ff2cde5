package plan

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// unmount takes the disk of the database away, and what lies beside it.
func (b *base) unmount() {
	b.remembers("/mnt/usb")
	db := &b.Observed.Database
	db.File, db.Meta = observed.None[observed.File](""), observed.None[observed.Meta]("")
}

// annotate adds an annotation whose time is d after that of the one that was there
// when the database was missed.
func (b *base) annotate(name, prefix string, d time.Duration) {
	at := b.Now.Add(-time.Minute + d)
	known := &b.History.Databases[0]
	known.Restart, known.Restore = b.Now.Add(-time.Minute).Format(time.RFC3339Nano), "/b/x.db@"+b.Now.Add(-time.Minute).Format(time.RFC3339)
	metav1.SetMetaDataAnnotation(&b.Desired.Object.ObjectMeta, name, prefix+at.Format(time.RFC3339Nano))
}

// TestDatabaseThatIsNotMounted: what is said, and how a person who has given the
// database up goes on.
func TestDatabaseThatIsNotMounted(t *testing.T) {
	lazily := func(b *base) {
		b.unmount()
		b.edit(func(p *observed.Process) {
			p.Evidence.OpensDatabase, p.Evidence.OpensAnother = observed.Absent, observed.Known
		})
	}
	for name, c := range map[string]struct {
		change  func(*base)
		want    Situation
		actions string
		says    string
	}{
		"its disk is away": {func(b *base) { b.gone(); b.unmount() }, DatabaseUnusable, "",
			"mounted at /mnt/usb, and that is not mounted there now; mount it, and Temporal starts by itself; or if that database is given up, 'stigmer local restart' makes a new one"},
		"another disk is mounted over it": {func(b *base) {
			b.gone()
			b.unmount()
			b.remembers("/")
			b.Observed.Database.Mount = observed.Is(observed.Mount{Point: "/data"})
		}, DatabaseUnusable, "", "another file system is mounted at /data since it served, and it is not on that; unmount that, or mount the right one, and Temporal starts"},
		"the mount cannot be told": {func(b *base) {
			b.gone()
			b.unmount()
			b.Observed.Database.Mount = observed.Unsure[observed.Mount]("cannot look at /mnt: denied")
		}, DatabaseUnusable, "", "cannot be told: cannot look at /mnt: denied; make it accessible"},
		"in the folder below lies another one": {func(b *base) {
			b.gone()
			b.remembers("/mnt/usb")
			b.Observed.Database.Meta.Value.ClusterID = "cluster-2"
		}, DatabaseUnusable, "", "not mounted there now; mount it, and Temporal starts by itself; or if that database is given up, 'stigmer local restart' takes the other one"},
		"it was copied to the disk that is there": {func(b *base) { b.gone(); b.remembers("/mnt/usb") }, NotRunning, "Start", "not running"},
		"another file system is at the same place": {func(b *base) {
			b.gone()
			b.unmount()
			b.remembers("/")
			b.History.Databases[0].Mount.FileSystem, b.Observed.Database.Mount.Value.FileSystem = "1", "2"
		}, DatabaseUnusable, "", "mounted at /, and another one is mounted there now; mount that one, and"},
		"a restore of another database was made": {func(b *base) {
			b.gone()
			b.remembers("/mnt/usb")
			wish := "/b/x.db@2026-01-02T03:04:00Z"
			b.Observed.Database.Meta.Value.ClusterID, b.Observed.Database.Meta.Value.Restored = "cluster-2", wish
			b.History.Restore = RestoreWish{Value: wish, Done: true}
		}, NotRunning, "Start", "not running"},
		"two are known": {func(b *base) {
			b.gone()
			b.unmount()
			b.History.Databases = append(b.History.Databases, KnownDatabase{Path: "/other.db", ClusterID: "cluster-3"})
		}, DatabaseUnusable, "", "mounted at /mnt/usb"},
		"a restart since": {func(b *base) {
			b.gone()
			b.unmount()
			b.annotate(v1alpha1.RestartedAtAnnotation, "", time.Second)
		}, NotRunning, "Start", "not running"},
		"a restart from before": {func(b *base) {
			b.gone()
			b.unmount()
			b.annotate(v1alpha1.RestartedAtAnnotation, "", -time.Second)
		}, DatabaseUnusable, "", "not mounted there now"},
		"a restart to come": {func(b *base) {
			b.gone()
			b.unmount()
			b.annotate(v1alpha1.RestartedAtAnnotation, "", time.Hour)
		}, DatabaseUnusable, "", "not mounted there now"},
		"a restore since": {func(b *base) {
			b.gone()
			b.unmount()
			b.annotate(v1alpha1.RestoreAnnotation, "/b/x.db@", time.Second)
			b.Observed.Restore = observed.Is(observed.File{})
		}, RestorePending, "StageBackup", "restore"},
		"a restore since, of what is not there": {func(b *base) {
			b.gone()
			b.unmount()
			b.annotate(v1alpha1.RestoreAnnotation, "/b/x.db@", time.Second)
			b.Observed.Restore = observed.None[observed.File]("there is no /b/x.db")
		}, RestoreBlocked, "", "cannot restore /b/x.db: there is no /b/x.db"},
		"a restore from before": {func(b *base) {
			b.gone()
			b.unmount()
			b.annotate(v1alpha1.RestoreAnnotation, "/b/x.db@", -5*time.Second)
			b.Observed.Restore = observed.Is(observed.File{})
		}, DatabaseUnusable, "", "not mounted there now"},
		"under a server": {lazily, DatabaseLost, "",
			"temporal.db open, but it was on the file system that was mounted at /mnt/usb, and that is not mounted there now; mount it; or save what it holds with 'stigmer local backup'"},
		"under a server that is given up": {func(b *base) {
			lazily(b)
			b.annotate(v1alpha1.RestartedAtAnnotation, "", time.Second)
			b.edit(func(p *observed.Process) { p.Started = b.Now.Add(-time.Hour) })
		}, RestartRequested, "Terminate 100", "is replaced"},
	} {
		b := healthy()
		c.change(&b)
		b.look()
		p := Compute(b.Input)
		said := p.Message + "; " + p.Remedy
		if p.Situation != c.want || verbs(p) != c.actions || !strings.Contains(said, c.says) {
			t.Errorf("%s: %s %q: %q\nwant %s %q: %q", name, p.Situation, verbs(p), said, c.want, c.actions, c.says)
		}
	}
}

// TestDatabasesAreRemembered from look to look, and from daemon to daemon.
func TestDatabasesAreRemembered(t *testing.T) {
	b := healthy()
	path := b.Observed.Database.Path
	here := KnownDatabase{Path: path, Mount: observed.Mount{Point: "/", FileSystem: "a"}, ClusterID: "cluster-1", Restart: testTime().Format(time.RFC3339Nano)}
	b.Observed.Database.Mount = observed.Is(here.Mount)
	b.Desired.Object.Annotations = map[string]string{v1alpha1.RestartedAtAnnotation: here.Restart}
	remembered := func(when string, want ...KnownDatabase) {
		t.Helper()
		b.look()
		object := b.Desired.Object.DeepCopy()
		object.Status.History = b.History.Keep()
		for who, got := range map[string][]KnownDatabase{"it": b.History.Databases, "the next daemon": Restore(object).Databases} {
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s remembers (-want +got):\n%s", when, who, diff)
			}
		}
	}
	remembered("it serves", here)
	b.gone2()
	remembered("it has ended", here)
	file, meta := b.Observed.Database.File, b.Observed.Database.Meta
	b.unmount()
	b.History.Databases = []KnownDatabase{here}
	b.Observed.Database.Mount = observed.Is(observed.Mount{Point: "/home"})
	remembered("the disk is away", here)
	b.later(time.Minute)
	b.Desired.Object.Annotations[v1alpha1.RestartedAtAnnotation] = b.Now.Format(time.RFC3339Nano)
	remembered("given up", here)
	if p := Compute(b.Input); p.Situation != NotRunning {
		t.Errorf("it is not given up: %s", p)
	}
	b.Observed.Database.Path = path + "2"
	here.Restart = b.Now.Format(time.RFC3339Nano)
	remembered("another path is in force", here)
	b.Observed.Database.Path = path
	remembered("back, with a restart of the other", here)
	if p := Compute(b.Input); p.Situation != DatabaseUnusable {
		t.Errorf("it is given up by a restart of another one: %s", p)
	}
	b.Observed.Database.Mount = observed.Is(here.Mount)
	b.Observed.Database.File, b.Observed.Database.Meta = file, meta
	remembered("it is back", here)
	b.Observed.Database.File = observed.Unsure[observed.File]("it is being replaced")
	remembered("it cannot be told", here)
	for i := range databasesKept + 1 {
		b.Observed.Database.File, b.Observed.Database.Path = file, path+strings.Repeat("x", i)
		b.look()
	}
	if n := len(b.History.Databases); n != databasesKept || b.History.Databases[n-1].Path != b.Observed.Database.Path {
		t.Errorf("after many edits it remembers %+v", b.History.Databases)
	}
	b.Observed.Database.File = observed.None[observed.File]("")
	b.look()
	if _, known := b.History.database(b.Observed.Database.Path); known {
		t.Error("one that was deleted from its disk is waited for")
	}
}
