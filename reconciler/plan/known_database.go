package plan

import (
	"slices"
	"strings"
	"time"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// What is remembered of databases, for the time when the disk of one is not there: a
// new database in the folder that it is mounted on would be Ready, and hidden once
// the disk is back.

// KnownDatabase is a database that has served.
type KnownDatabase struct {
	// Path has no symbolic links.
	Path string
	// Mount is where the file system was mounted that it was on.
	Mount string
	// ClusterID is Temporal's own id of it.
	ClusterID string
	// Missed is when it was first seen that another file system is there; zero while
	// that is not so.
	Missed time.Time
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
// since when that is not there. One that is deleted there is forgotten.
func (h History) noteDatabase(v view) History {
	db := v.in.Observed.Database
	mount, told := db.Mount.Get()
	now := KnownDatabase{Path: db.Path, Mount: mount, ClusterID: db.Meta.Value.ClusterID}
	was, known := h.database(db.Path)
	_, away := v.notMounted()
	switch {
	case away && was.Missed.IsZero():
		now = was
		now.Missed = v.in.Now
	case away || !told || db.File.IsUnknown():
		return h
	case db.File.IsAbsent():
		if known && mount == was.Mount {
			h.Databases = h.without(db.Path)
		}
		return h
	case now.ClusterID == "" || known && now == was:
		return h
	}
	kept := append(h.without(db.Path), now)
	h.Databases = kept[max(0, len(kept)-databasesKept):]
	return h
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
	cluster := db.Meta.Value.ClusterID
	there := db.File.IsKnown() && (cluster == "" || cluster == was.ClusterID || v.opensDatabase() == observed.Known)
	return was, known && !db.File.IsUnknown() && !there && !(told && mount == was.Mount) && !v.givenUp(was)
}

// givenUp reports whether the user has asked for another database in the place of
// this one since it was missed: by a restart, or a restore.
func (v view) givenUp(was KnownDatabase) bool {
	if was.Missed.IsZero() {
		return false
	}
	restarted, err := time.Parse(time.RFC3339Nano, v.in.Desired.Object.Annotations[v1alpha1.RestartedAtAnnotation])
	asked := err == nil && restarted.After(was.Missed) && !restarted.After(v.in.Now)
	// The time of a wish is to the second. One that cannot be carried out is no
	// wish for a new database.
	return asked || v.isReplaced() && WishedAt(v.restoreWish()).Add(time.Second).After(was.Missed)
}

// unmounted says which file system is not there, and what to do.
func (v view) unmounted(was KnownDatabase) (problem, remedy string) {
	mount, told := v.in.Observed.Database.Mount.Get()
	problem = "it was on the file system that was mounted at " + was.Mount + ", and that is not mounted there now"
	remedy = "mount it"
	switch {
	case !told:
		problem = "it was on the file system that was mounted at " + was.Mount + ", and whether that is mounted cannot be told: " + v.in.Observed.Database.Mount.Reason
		remedy = "make it accessible"
	case mount != was.Mount && strings.HasPrefix(mount, strings.TrimSuffix(was.Mount, "/")+"/"):
		problem = "another file system is mounted at " + mount + " since it served, and it is not on that"
		remedy = "unmount that, or mount the right one"
	}
	if v.main == nil {
		remedy += ", and Temporal starts by itself"
	}
	return problem, remedy
}
