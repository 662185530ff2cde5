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

// givesUp has the desired file give the database of that cluster up.
func (b *base) givesUp(cluster string) {
	metav1.SetMetaDataAnnotation(&b.Desired.Object.ObjectMeta, v1alpha1.GiveUpAnnotation, cluster+"@"+b.Now.Format(time.RFC3339))
}

// wishes has it ask for a restore too.
func (b *base) wishes(found observed.Fact[observed.File]) {
	metav1.SetMetaDataAnnotation(&b.Desired.Object.ObjectMeta, v1alpha1.RestoreAnnotation, "/b/x.db@"+b.Now.Format(time.RFC3339))
	b.Observed.Restore = found
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
		"an old copy was left in the folder below": {func(b *base) {
			b.gone()
			b.remembers("/mnt/usb")
			b.History.Databases[0].Served = b.Now
			b.Observed.Database.Written = b.Now.Add(-2 * servedSlack)
		}, DatabaseUnusable, "", "not mounted there now"},
		"a file of which nothing is recorded lies below": {func(b *base) {
			b.gone()
			b.remembers("/mnt/usb")
			b.Observed.Database.Meta = observed.None[observed.Meta]("")
		}, DatabaseUnusable, "", "takes the other one"},
		"a link on the disk was followed before": {func(b *base) {
			b.gone()
			b.unmount()
			b.spec().Storage.Path, b.Observed.Database.Path = "/mnt/usb/current/x.db", "/mnt/usb/current/x.db"
			b.History.Databases[0].Path, b.History.Databases[0].Named = "/mnt/usb/v1/x.db", b.spec().Storage.Path
		}, DatabaseUnusable, "", "not mounted there now"},
		"an old copy lies where a link on the disk was": {func(b *base) {
			b.gone()
			b.remembers("/mnt/usb")
			b.History.Databases[0].Path, b.History.Databases[0].Named = "/mnt/usb/v1/x.db", b.spec().Storage.Path
			b.History.Databases[0].Served = b.Now
		}, DatabaseUnusable, "", "not mounted there now"},
		"a link was turned to where nothing is": {func(b *base) {
			b.gone()
			b.unmount()
			b.History.Databases[0].Path, b.History.Databases[0].Named = "/mnt/usb/v1/x.db", b.spec().Storage.Path
		}, NotRunning, "Start", "not running"},
		"a link was turned to another disk where nothing is": {func(b *base) {
			b.gone()
			b.unmount()
			b.remembers("/")
			b.Observed.Database.Mount = observed.Is(observed.Mount{Point: "/home"})
			b.History.Databases[0].Path, b.History.Databases[0].Named = "/data/x.db", b.spec().Storage.Path
		}, NotRunning, "Start", "not running"},
		"a link was turned to another database": {func(b *base) {
			b.gone()
			b.remembers("/mnt/usb")
			b.History.Databases[0].Path, b.History.Databases[0].Named = "/mnt/usb/v1/x.db", b.spec().Storage.Path
			b.Observed.Database.Meta.Value.ClusterID = "cluster-2"
		}, NotRunning, "Start", "not running"},
		"two are known": {func(b *base) {
			b.gone()
			b.unmount()
			b.History.Databases = append(b.History.Databases, KnownDatabase{Path: "/other.db", ClusterID: "cluster-3"})
		}, DatabaseUnusable, "", "mounted at /mnt/usb"},
		"a restart alone": {func(b *base) {
			b.gone()
			b.unmount()
			b.Desired.Object.Annotations = map[string]string{v1alpha1.RestartedAtAnnotation: b.Now.Format(time.RFC3339Nano)}
		}, DatabaseUnusable, "", "not mounted there now"},
		"given up": {func(b *base) { b.gone(); b.unmount(); b.givesUp("cluster-1") }, NotRunning, "Start", "not running"},
		"given up before": {func(b *base) {
			b.gone()
			b.unmount()
			b.givesUp("cluster-1")
			b.History.Databases[0].GivenUp = b.Desired.Object.Annotations[v1alpha1.GiveUpAnnotation]
		}, DatabaseUnusable, "", "not mounted there now"},
		"another one is given up": {func(b *base) { b.gone(); b.unmount(); b.givesUp("cluster-2") }, DatabaseUnusable, "", "not mounted there now"},
		"given up for a restore": {func(b *base) {
			b.gone()
			b.unmount()
			b.givesUp("cluster-1")
			b.wishes(observed.Is(observed.File{}))
		}, RestorePending, "StageBackup", "restore"},
		"given up for a restore of what is not there": {func(b *base) {
			b.gone()
			b.unmount()
			b.givesUp("cluster-1")
			b.wishes(observed.None[observed.File]("there is no /b/x.db"))
		}, RestoreBlocked, "", "cannot restore /b/x.db: there is no /b/x.db"},
		"a restore alone": {func(b *base) {
			b.gone()
			b.unmount()
			b.wishes(observed.Is(observed.File{}))
		}, DatabaseUnusable, "", "not mounted there now"},
		"given up for a restore that is made": {func(b *base) {
			b.gone()
			b.remembers("/mnt/usb")
			b.givesUp("cluster-1")
			b.wishes(observed.Is(observed.File{}))
			wish := b.Desired.Object.Annotations[v1alpha1.RestoreAnnotation]
			b.Observed.Database.Meta.Value.ClusterID, b.Observed.Database.Meta.Value.Restored = "cluster-2", wish
		}, NotRunning, "Start", "not running"},
		"under a server": {lazily, DatabaseLost, "",
			"temporal.db open, but it was on the file system that was mounted at /mnt/usb, and that is not mounted there now; mount it; or save what it holds with 'stigmer local backup'"},
		"under a server that is given up": {func(b *base) {
			lazily(b)
			b.givesUp("cluster-1")
			b.Desired.Object.Annotations[v1alpha1.RestartedAtAnnotation] = b.Now.Format(time.RFC3339Nano)
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
	here := KnownDatabase{
		Path: path, Named: path, Mount: observed.Mount{Point: "/", FileSystem: "a"}, ClusterID: "cluster-1", Served: b.History.Write.Time,
	}
	b.Observed.Database.Mount = observed.Is(here.Mount)
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
	b.givesUp("cluster-1")
	here.GivenUp = b.Desired.Object.Annotations[v1alpha1.GiveUpAnnotation]
	remembered("of old it was given up", here)
	b.gone2()
	remembered("it has ended", here)
	file, meta := b.Observed.Database.File, b.Observed.Database.Meta
	b.Observed.Database.File, b.Observed.Database.Meta = observed.None[observed.File](""), observed.None[observed.Meta]("")
	b.Observed.Database.Mount = observed.Is(observed.Mount{Point: "/home"})
	remembered("the disk is away", here)
	if p := Compute(b.Input); p.Situation != DatabaseUnusable {
		t.Errorf("it was given up of old: %s", p)
	}
	b.later(time.Minute)
	b.givesUp("cluster-1")
	remembered("given up", here)
	if p := Compute(b.Input); p.Situation != NotRunning {
		t.Errorf("it is not given up: %s", p)
	}
	b.Observed.Database.Mount = observed.Is(here.Mount)
	b.Observed.Database.File, b.Observed.Database.Meta = file, meta
	here.GivenUp = b.Desired.Object.Annotations[v1alpha1.GiveUpAnnotation]
	remembered("it is back", here)
	b.Observed.Database.File = observed.Unsure[observed.File]("it is being replaced")
	remembered("it cannot be told", here)
	for i := range databasesKept + 1 {
		b.spec().Storage.Path = path + strings.Repeat("x", i)
		b.Observed.Database.File, b.Observed.Database.Path = file, b.spec().Storage.Path
		b.look()
	}
	if n := len(b.History.Databases); n != databasesKept || b.History.Databases[n-1].Path != b.Observed.Database.Path {
		t.Errorf("after many edits it remembers %+v", b.History.Databases)
	}
	b.Observed.Database.File = observed.None[observed.File]("")
	b.look()
	if _, known := b.History.database(newView(b.Input)); known {
		t.Error("one that was deleted from its disk is waited for")
	}
}
