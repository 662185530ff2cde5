package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// freeFloor is how many bytes have to be free on the disk of the database:
// room for SQLite's journal of a large transaction and some minutes of
// somebody noticing.
const freeFloor = 16 << 20

// The reasons of a database that somebody else uses, and of one that is none any
// more.
const (
	DatabaseShared      = "Shared"
	DatabaseOverwritten = "Overwritten"
)

// firstBootUnfinished is the reason of a database that may lack tables.
const firstBootUnfinished = "FirstBootUnfinished"

// onFile reports whether the spec asks for a database file.
func (v view) onFile() bool {
	return v.in.Desired.Object.Spec.Storage.Type == v1alpha1.StorageFile
}

func (v view) metaPath() string { return observed.MetaPath(v.in.Observed.Database.Path) }

// databaseFile says whether the server has the file at the path, and whether
// that file can be written and is whole.
func (v view) databaseFile() Verdict {
	name, db := v1alpha1.ConditionDatabaseFile, v.in.Observed.Database
	on, elsewhere := v.startedElsewhere()
	switch lost := v.lostFile(); {
	case lost == observed.Known:
		return v.lost()
	case lost == observed.Unknown:
		return unsure(name, v.whyUntold())
	case elsewhere:
		return fails(name, "OtherStorage", "the server was started on "+on.Path+", which the spec does not name any more", "")
	case !v.onFile():
		return holds(name, "InMemory", "workflows are kept in memory")
	case v.main == nil:
		return v.noServer(name)
	case !v.startedOnIt():
		return fails(name, "OtherStorage", "the server was started on another storage than "+db.Path, "")
	case v.opensDatabase() == observed.Absent:
		return fails(name, "NotOpen", "the server has not opened "+db.Path+" yet", "")
	case !db.File.IsKnown():
		return unsure(name, cmp.Or(db.File.Reason, db.Path+" went during the look"))
	case v.opensDatabase() == observed.Unknown:
		return unsure(name, filesUnread)
	}
	if unfit := v.unfit(); unfit.Type != "" {
		return unfit
	}
	other := v.sharedWith()
	limit, from := v.fileLimit()
	switch {
	case limit > 0 && limit < uint64(db.File.Value.Size)+freeFloor:
		return fails(name, "FileSizeLimit", fmt.Sprintf("the server may write no database of more than %d MiB, and %s has %d", limit>>20, db.Path, db.File.Value.Size>>20), from)
	case other != nil:
		return fails(name, DatabaseShared, Describe(*other)+", which is not ours, is a Temporal on the same file: two servers corrupt it",
			"end one of the two: "+v.quoted("stop")+", or "+other.String())
	case v.notDatabase():
		return fails(name, DatabaseOverwritten, db.Path+" was written over by another program: "+db.SQLite.Reason,
			"restore a backup: see "+v.quoted("backups"))
	case db.FirstBoot.IsUnknown():
		return unsure(name, db.FirstBoot.Reason)
	case db.FirstBoot.IsKnown():
		return fails(name, firstBootUnfinished, "the database is new and not known to be complete",
			v.quoted("restart")+" makes a new one and keeps this one aside")
	}
	return holds(name, "Open", "the server has "+db.Path+" open")
}

// sharedWith returns a Temporal that is not ours and has the server's database
// open: it was started by hand, or in the same instant by another name of the file
// that was made since the look.
func (v view) sharedWith() *observed.Process {
	for i, p := range v.strangers {
		if p.Evidence.OpensDatabase == observed.Known && isServer(p) && !inUnit(v.unit, p) {
			return &v.strangers[i]
		}
	}
	return nil
}

// fileLimit returns how large the database may become, in bytes, 0 for no limit, and
// how that is mended. A server whose database cannot grow answers every check.
func (v view) fileLimit() (limit uint64, remedy string) {
	for _, p := range v.unit {
		if p.MaxFileSize > 0 && (limit == 0 || p.MaxFileSize < limit) {
			limit = p.MaxFileSize
			remedy = "it has that limit (ulimit -f) from its daemon: stop each instance, and start in a shell, or by a unit, without it"
		}
	}
	pages, size := v.pragma("max_page_count"), v.pragma("page_size")
	if size == 0 {
		size = 4096 // SQLite's own
	}
	if most := pages * size; pages > 0 && (limit == 0 || most < limit) {
		return most, "remove max_page_count from spec.sqlitePragmas"
	}
	return limit, remedy
}

// pragma returns a number among the pragmas of the spec, whose names have no case; 0
// for none. Of several the last counts that a start gives, see arguments.
func (v view) pragma(name string) (number uint64) {
	pragmas := v.in.Desired.Object.Spec.SQLitePragmas
	for _, key := range slices.Sorted(maps.Keys(pragmas)) {
		if value, err := strconv.ParseUint(pragmas[key], 10, 32); err == nil && strings.EqualFold(key, name) {
			number = value
		}
	}
	return number
}

// unfit says why the disk or the folder does not let a server write; an empty
// verdict when it does.
func (v view) unfit() Verdict {
	name, db := v1alpha1.ConditionDatabaseFile, v.in.Observed.Database
	writable, writableKnown := db.Writable.Get()
	free, freeKnown := db.Free.Get()
	switch {
	case db.DeadLink != "":
		return fails(name, "ReadOnly", "the symbolic link "+db.DeadLink+" leads nowhere",
			"set it right, or choose another file: "+v.quoted("--db-filename FILE"))
	case !writableKnown:
		return unsure(name, db.Writable.Reason)
	case !writable:
		return fails(name, "ReadOnly", db.Writable.Reason, "make it writable")
	case freeKnown && free < freeFloor:
		// A file system that does not tell, such as one in memory without a
		// limit, is not a fault; that writes succeed is checked anyway.
		return fails(name, "LowSpace", fmt.Sprintf("%d MiB are free on the disk of %s, which is less than %d", free>>20, db.Path, freeFloor>>20),
			"free some space on it")
	}
	return Verdict{}
}

// versionSkew has negative polarity.
func (v view) versionSkew() Verdict {
	name, db := v1alpha1.ConditionVersionSkew, v.in.Observed.Database
	meta, recorded := db.Meta.Get()
	build := v.build()
	switch {
	case !v.onFile():
		return fails(name, "InMemory", "workflows are kept in memory", "")
	case v.main == nil:
		return unsure(name, "no server of this instance runs")
	case recorded && meta.CreatedBy == build && build != "":
		return fails(name, "SameBuild", "the database was made by "+build, "")
	case build == "" || build != v.in.Observed.Executable.Value.Build:
		return unsure(name, "the server is not the Temporal that a start would run now")
	case !recorded || len(meta.Objects) == 0:
		return unsure(name, "the database was not compared with what "+build+" would create")
	case !db.Expected.IsKnown():
		return unsure(name, "what "+build+" would create is being found out")
	}
	missing := slices.DeleteFunc(slices.Clone(db.Expected.Value), func(object string) bool { return slices.Contains(meta.Objects, object) })
	if len(missing) == 0 {
		return fails(name, "Complete", "the database has all that "+build+" would create", "")
	}
	shown := strings.Join(missing[:min(len(missing), 3)], ", ")
	return holds(name, "Lacking", fmt.Sprintf("the database lacks %d things that %s would create (%s): newer features may hang", len(missing), build, shown))
}

// build of the server that runs; empty when it is not recorded.
func (v view) build() string {
	if v.main == nil {
		return ""
	}
	return v.main.Launch.Value.Build
}
