package plan

import (
	"slices"
	"strings"
	"time"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// KnownDatabase is a database that has served, remembered for the time when its file
// system is not mounted: a new one in the folder below would be Ready, and hidden
// once that is.
type KnownDatabase struct {
	// Path has no symbolic links.
	Path string
	// Mount is the file system that it was on.
	Mount observed.Mount
	// ClusterID is Temporal's own id of it.
	ClusterID string
	// Away says that it was seen that another file system is there; Restart and
	// Restore are the wishes that were in the desired file by then.
	Away             bool
	Restart, Restore string
}

// databasesKept is how many are remembered: an instance has one, and one that an
// edit has named before.
const databasesKept = 4

// database returns what is known of the one at the path.
func (h History) database(path string) (KnownDatabase, bool) {
	i := slices.IndexFunc(h.Databases, func(d KnownDatabase) bool { return d.Path == path })
	if i < 0 {
		return KnownDatabase{}, false
	}
	return h.Databases[i], true
}

// noteDatabase keeps which database lies at the path, and on which file system, or
// that that is not there. One that is deleted there is forgotten.
func (h History) noteDatabase(v view) History {
	db := v.in.Observed.Database
	h.Databases = h.elsewhere(db.Path)
	mount, told := db.Mount.Get()
	seen := KnownDatabase{Path: db.Path, Mount: mount, ClusterID: db.Meta.Value.ClusterID}
	was, known := h.database(db.Path)
	_, away := v.notMounted()
	switch {
	case away && !was.Away:
		seen = was
		seen.Away, seen.Restart, seen.Restore = true, v.annotation(v1alpha1.RestartedAtAnnotation), v.annotation(v1alpha1.RestoreAnnotation)
	case away || !told || db.File.IsUnknown():
		return h
	case db.File.IsAbsent():
		if known && mount == was.Mount {
			h.Databases = h.without(db.Path)
		}
		return h
	case seen.ClusterID == "" || known && seen == was:
		return h
	}
	kept := append(h.without(db.Path), seen)
	h.Databases = kept[max(0, len(kept)-databasesKept):]
	return h
}

// elsewhere returns what is known while another path is in force: what is asked for
// then says nothing of a database that is away.
func (h History) elsewhere(path string) []KnownDatabase {
	databases := slices.Clone(h.Databases)
	for i, d := range databases {
		if d.Path != path {
			databases[i] = KnownDatabase{Path: d.Path, Mount: d.Mount, ClusterID: d.ClusterID}
		}
	}
	return databases
}

// without returns a copy of what is known but of the database at the path.
func (h History) without(path string) []KnownDatabase {
	return slices.DeleteFunc(slices.Clone(h.Databases), func(d KnownDatabase) bool { return d.Path == path })
}

// notMounted reports whether another file system is at the path than the one on which
// a database has served there, and that database is not on it.
func (v view) notMounted() (was KnownDatabase, away bool) {
	db := v.in.Observed.Database
	was, known := v.in.History.database(db.Path)
	mount, told := db.Mount.Get()
	switch {
	case !known, db.File.IsUnknown(), told && mount.Same(was.Mount), v.givenUp(was):
		return was, false
	case db.File.IsAbsent():
		return was, true
	}
	return was, !v.isKnownHere(was)
}

// isKnownHere reports whether the file at the path, on whatever file system, may be
// the one that is known: it was copied, or restored, or put there by hand.
func (v view) isKnownHere(was KnownDatabase) bool {
	meta, restored := v.in.Observed.Database.Meta.Value, v.in.History.Restore
	return meta.ClusterID == "" || meta.ClusterID == was.ClusterID || v.opensDatabase() == observed.Known ||
		restored.Done && meta.Restored == restored.Value
}

// givenUp reports whether the user has asked for another database in the place of
// this one since it was seen to be away: by a restart, or a restore. One that cannot
// be carried out is no wish for a new database.
func (v view) givenUp(was KnownDatabase) bool {
	restart, restore := v.annotation(v1alpha1.RestartedAtAnnotation), v.restoreWish()
	return was.Away && (restartTime(restart).After(restartTime(was.Restart)) && !restartTime(restart).After(v.in.Now) ||
		v.isReplaced() && restore != was.Restore && !outdated(restore, was.Restore))
}

func (v view) annotation(name string) string { return v.in.Desired.Object.Annotations[name] }

// restartTime is when a restart was asked for; zero for none.
func restartTime(annotation string) time.Time {
	at, _ := time.Parse(time.RFC3339Nano, annotation)
	return at
}

// describeNotMounted says which file system is not there, and what to do.
func (v view) describeNotMounted(was KnownDatabase) (problem, remedy string) {
	mount, told := v.in.Observed.Database.Mount.Get()
	point := was.Mount.Point
	problem, remedy = "it was on the file system that was mounted at "+point, "mount it"
	switch {
	case !told:
		problem += ", and whether that is mounted cannot be told: " + v.in.Observed.Database.Mount.Reason
		remedy = "make it accessible"
	case mount.Point == point:
		problem += ", and another one is mounted there now"
		remedy = "mount that one"
	case !strings.HasPrefix(mount.Point, strings.TrimSuffix(point, "/")+"/"):
		problem += ", and that is not mounted there now"
	default:
		problem = "another file system is mounted at " + mount.Point + " since it served, and it is not on that"
		remedy = "unmount that, or mount the right one"
	}
	if v.main == nil {
		remedy += ", and Temporal starts by itself"
	}
	return problem, remedy
}
