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
	// Path has no symbolic links; Named is as the spec had it. Links may lie on the
	// file system that is not there.
	Path, Named string
	// Mount is the file system that it was on.
	Mount observed.Mount
	// ClusterID is Temporal's own id of it.
	ClusterID string
	// Served is when a write to it last succeeded; zero when none is known.
	Served time.Time
	// GivenUp is the value of v1alpha1.GiveUpAnnotation when it was last seen: only
	// another one gives it up.
	GivenUp string
}

// databasesKept is how many are remembered: an instance has one, and one that an
// edit has named before.
const databasesKept = 4

// database returns what is known of the one that was at the path of the spec.
func (h History) database(v view) (KnownDatabase, bool) {
	i := slices.IndexFunc(h.Databases, func(d KnownDatabase) bool { return d.Path == v.in.Observed.Database.Path })
	if i < 0 {
		i = slices.IndexFunc(h.Databases, v.isHere)
	}
	if i < 0 {
		return KnownDatabase{}, false
	}
	return h.Databases[i], true
}

// isHere reports whether the spec names the path of the database.
func (v view) isHere(d KnownDatabase) bool {
	return v.onFile() && (d.Path == v.in.Observed.Database.Path || d.Named == v.in.Desired.Object.Spec.Storage.Path)
}

// noteDatabase keeps which database lies at the path, and on which file system. One
// that is deleted there is forgotten.
func (h History) noteDatabase(v view) History {
	db := v.in.Observed.Database
	was, known := h.database(v)
	mount, told := db.Mount.Get()
	_, away := v.notMounted()
	switch {
	case away || !told || db.File.IsUnknown():
	case db.File.IsAbsent() && known && mount == was.Mount:
		h.Databases = h.elsewhere(v)
	case db.File.IsKnown() && db.Meta.Value.ClusterID != "":
		seen := KnownDatabase{
			Path: db.Path, Named: v.in.Desired.Object.Spec.Storage.Path, Mount: mount, ClusterID: db.Meta.Value.ClusterID,
			GivenUp: v.in.Desired.Object.Annotations[v1alpha1.GiveUpAnnotation],
		}
		if seen.ClusterID == was.ClusterID {
			seen.Served = was.Served
		}
		if v.opensDatabase() == observed.Known && h.Write.Problem == "" && !h.Write.Time.IsZero() {
			seen.Served = h.Write.Time
		}
		if seen != was {
			others := h.elsewhere(v)
			h.Databases = append(others[max(0, len(others)+1-databasesKept):], seen)
		}
	}
	return h
}

// elsewhere returns a copy of what is known but of the database at the path of the spec.
func (h History) elsewhere(v view) []KnownDatabase {
	return slices.DeleteFunc(slices.Clone(h.Databases), v.isHere)
}

// notMounted reports whether another file system is at the path than the one on which
// a database has served there, and that database is not on it.
func (v view) notMounted() (was KnownDatabase, away bool) {
	db := v.in.Observed.Database
	was, known := v.in.History.database(v)
	mount, told := db.Mount.Get()
	switch {
	case !known, db.File.IsUnknown(), told && mount.Same(was.Mount), v.givenUp(was):
		return was, false
	case was.Path == db.Path && db.File.IsAbsent():
		return was, true
	case db.File.IsAbsent():
		// Another path is no surprise when a link on it was turned, but it is where the
		// links were on the file system.
		return was, below(db.Path, was.Mount.Point) && !below(mount.Point, was.Mount.Point)
	case was.Path != db.Path && db.Meta.Value.ClusterID != was.ClusterID:
		return was, false // turned to another database
	}
	return was, !v.isCopy(was)
}

// below reports whether the path is in the folder, or is it.
func below(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, strings.TrimSuffix(folder, "/")+"/")
}

// servedSlack is by how much the file may look older than the last write to it.
const servedSlack = time.Minute

// isCopy reports whether the file at the path is the database that is known, on
// whatever file system, and no older: a copy from before it was moved may have been
// left in the folder that its disk is mounted on.
func (v view) isCopy(was KnownDatabase) bool {
	db := v.in.Observed.Database
	return v.opensDatabase() == observed.Known ||
		db.Meta.Value.ClusterID == was.ClusterID && !db.Written.Add(servedSlack).Before(was.Served)
}

// givenUp reports whether the user has asked for another database in the place of
// this one since it was last seen. With a restore that is to take its place, it is
// for that alone, and only if that can be carried out.
func (v view) givenUp(was KnownDatabase) bool {
	value := v.in.Desired.Object.Annotations[v1alpha1.GiveUpAnnotation]
	cluster, _, _ := strings.Cut(value, "@")
	restores := v.restoreWish() != "" || v.unfinished()
	return value != "" && value != was.GivenUp && cluster == was.ClusterID &&
		(!restores || v.isReplaced() && (v.unfinished() || v.staged() || v.in.Observed.Restore.IsKnown()))
}

// MissingDatabase is one whose file system is not mounted; zero for none.
type MissingDatabase struct {
	// ClusterID is Temporal's own id of it.
	ClusterID string
	// Problem says where it was, Remedy how it comes back, Instead what is used when it
	// is given up.
	Problem, Remedy, Instead string
}

func (v view) missingDatabase() MissingDatabase {
	was, away := v.notMounted()
	if !away || !v.onFile() {
		return MissingDatabase{}
	}
	m := MissingDatabase{ClusterID: was.ClusterID, Instead: "makes a new one"}
	if v.in.Observed.Database.File.IsKnown() {
		m.Instead = "takes the other one that is at " + v.in.Observed.Database.Path
	}
	m.Problem, m.Remedy = v.describeNotMounted(was)
	return m
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
	case !below(mount.Point, point):
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
