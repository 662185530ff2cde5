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
	// Restart and Restore are the wishes that were in the desired file when it was last
	// seen, or was not the one of the spec: a newer one gives it up.
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

// noteDatabase keeps which database lies at the path, and on which file system. One
// that is deleted there is forgotten.
func (h History) noteDatabase(v view) History {
	db := v.in.Observed.Database
	h.Databases = h.others(v)
	was, known := h.database(db.Path)
	mount, told := db.Mount.Get()
	_, away := v.notMounted()
	switch {
	case away || !told || db.File.IsUnknown():
	case db.File.IsKnown() && db.Meta.Value.ClusterID != "":
		seen := v.wishes(KnownDatabase{Path: db.Path, Mount: mount, ClusterID: db.Meta.Value.ClusterID})
		if seen != was {
			kept := append(h.without(db.Path), seen)
			h.Databases = kept[max(0, len(kept)-databasesKept):]
		}
	case db.File.IsAbsent() && known && mount == was.Mount:
		h.Databases = h.without(db.Path)
	}
	return h
}

// wishes returns the database with the wishes of now, which are not for another one.
func (v view) wishes(d KnownDatabase) KnownDatabase {
	d.Restart, d.Restore = v.annotation(v1alpha1.RestartedAtAnnotation), v.annotation(v1alpha1.RestoreAnnotation)
	return d
}

// others returns what is known, those with the wishes of now that are not at the path
// of the spec.
func (h History) others(v view) []KnownDatabase {
	databases := slices.Clone(h.Databases)
	for i, d := range databases {
		if d.Path != v.in.Observed.Database.Path {
			databases[i] = v.wishes(d)
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
// this one since it was last seen: by a restart, or a restore. One that cannot be
// carried out is no wish for a new database.
func (v view) givenUp(was KnownDatabase) bool {
	restart, restore := v.annotation(v1alpha1.RestartedAtAnnotation), v.restoreWish()
	return v.newer(restartTime(restart), restartTime(was.Restart)) ||
		v.isReplaced() && restore != was.Restore && (!outdated(restore, was.Restore) || WishedAt(was.Restore).After(v.in.Now))
}

// newer reports whether a wish of that time was made after another, whose time a
// clock that was wrong may have given.
func (v view) newer(at, than time.Time) bool {
	return !at.IsZero() && !at.After(v.in.Now) && (at.After(than) || than.After(v.in.Now))
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
