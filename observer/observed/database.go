package observed

import (
	"path/filepath"
	"time"
)

// Database is a database file with what lies beside it.
type Database struct {
	// Path is where the file is or would be, symbolic links followed. What
	// lies beside the file lies beside this path.
	Path string
	// DeadLink is the symbolic link on the way to Path that leads nowhere; empty for
	// none. Path then is as if it were none.
	DeadLink string
	// File is the file; Absent when there is none.
	File Fact[File]
	// Mount is the file system that the folder of Path is on, or would be made on.
	Mount Fact[Mount]
	// SQLite says whether the file begins as every database of SQLite does,
	// which an empty one does not; when it is false, the Reason says what it is.
	SQLite Fact[bool]
	// SecondName says how the file may be reached by another path as well, such as
	// "it has 2 hard links": SQLite keeps the journal of one path only. Absent when
	// it has one name, as far as the platform tells.
	SecondName Fact[string]
	// Written is when the file, or a companion of it, was last written; zero for neither.
	Written time.Time
	// Companions are the files of SQLite that belong to the database and are
	// there: journal, write-ahead log, shared memory. Paths.
	Companions []string
	// Free is how many bytes of its file system may still be used by us.
	Free Fact[uint64]
	// Writable says whether files can be made in its folder and the file be
	// written; when it is false, the Reason says why not.
	Writable Fact[bool]
	// FirstBoot is the marker of a first boot that is not known to have come
	// to its end: the file beside it may lack tables.
	FirstBoot Fact[FirstBoot]
	// Meta is what is recorded of the database; Unknown when the record
	// cannot be read or understood.
	Meta Fact[Meta]
	// Staged is the record of a backup that was copied and checked, and lies at
	// StagedPath to take the place of the database; Absent for none. Where it
	// Replaces something, it has begun to.
	Staged Fact[Meta]
	// Expected are the objects that the executable's build creates in a new
	// database, see Meta.Objects; Absent when that was not found out yet.
	Expected Fact[[]string]
}

// Mount is a file system that is mounted. It is the same after a reboot, which a device
// number is not.
type Mount struct {
	// Point is the folder that it is mounted at.
	Point string
	// FileSystem is its id (statfs, f_fsid); empty where there is none that lasts.
	FileSystem string
}

// Same reports whether it is the same file system, as far as that is told.
func (m Mount) Same(other Mount) bool {
	return m.Point == other.Point && (m.FileSystem == other.FileSystem || m.FileSystem == "" || other.FileSystem == "")
}

// File is a regular file.
type File struct {
	// Device and Inode tell files apart, whatever their paths.
	Device, Inode uint64
	// Links is how many names the file has; 0 where the platform does not tell.
	Links uint64
	// Size in bytes.
	Size int64
	// ModTime is when it was last written.
	ModTime time.Time
}

// FirstBoot is what a first-boot marker says.
type FirstBoot struct {
	// Started is when the first boot began.
	Started time.Time `json:"started"`
	// Build of the Temporal that creates the database.
	Build string `json:"build"`
}

// Meta is what is recorded beside a database.
type Meta struct {
	// ClusterID is the random id that Temporal gave the database.
	ClusterID string `json:"clusterID,omitempty"`
	// CreatedBy is the build that created the database, empty when a person
	// made it; LastServedBy is the build that last served it.
	CreatedBy    string `json:"createdBy,omitempty"`
	LastServedBy string `json:"lastServedBy,omitempty"`
	// Objects are the tables with their columns, the indexes and the triggers
	// of the file, as they were when a start with another build copied it:
	// "table x", "column x.y", "index z", "trigger t". Sorted.
	Objects []string `json:"objects,omitempty"`
	// BackedUpFor is the build for whose first start on it the database was
	// copied; empty once that build has served.
	BackedUpFor string `json:"backedUpFor,omitempty"`
	// Rescued says of a backup that it is of a file that was deleted or replaced
	// under its server, and so has what that server alone had.
	Rescued bool `json:"rescued,omitempty"`
	// Restored is the value of the restore annotation that was last carried out.
	Restored string `json:"restored,omitempty"`
	// Replaces is where the database was renamed to whose place this one took.
	// In the record of a staged backup it says that the swap has begun: whoever
	// finds it finishes it.
	Replaces string `json:"replaces,omitempty"`
}

// FirstBootPath is the marker of the database at path. Path has no symbolic
// links.
func FirstBootPath(path string) string { return path + ".first-boot" }

// MetaPath is the record of the database at path.
func MetaPath(path string) string { return path + ".stigmer.json" }

// DatabaseLockPath is the file that whoever works on the database at path locks. Path
// has no symbolic links, so that all ways to one database meet at one lock.
func DatabaseLockPath(path string) string { return path + ".stigmer-lock" }

// CompanionPaths are the files in which SQLite keeps parts of the database at
// path: none may be lost, and the database not be copied without them.
func CompanionPaths(path string) []string {
	return []string{path + "-journal", path + "-wal", path + "-shm"}
}

// BackupKind says why a backup was made.
type BackupKind string

const (
	// BackupByHand was asked for by a person; it is never removed by us.
	BackupByHand BackupKind = "manual"
	// BackupBeforeUpgrade was made before a start with another build. The
	// newest few are kept.
	BackupBeforeUpgrade BackupKind = "upgrade"
)

// stampLayout is how Stamp writes a time.
const stampLayout = "20060102T150405.000Z"

// Stamp is a time as it stands in file names: sortable, in UTC, to the
// millisecond, such as 20260131T120000.123Z.
func Stamp(t time.Time) string { return t.UTC().Format(stampLayout) }

// ParseStamp reads what Stamp writes.
func ParseStamp(text string) (time.Time, error) { return time.Parse(stampLayout, text) }

// BackupPath is the path of a backup in the folder.
func BackupPath(folder string, made time.Time, kind BackupKind) string {
	return folder + "/" + Stamp(made) + "-" + string(kind) + ".db"
}

// QuarantineInfix stands between the path of a database that never served and
// the time when it was renamed.
const QuarantineInfix = ".incomplete-"

// QuarantinePath is where a database that never served is renamed to.
func QuarantinePath(path string, at time.Time) string { return path + QuarantineInfix + Stamp(at) }

// ReplacedPath is where a database that a backup replaces is renamed to.
func ReplacedPath(path string, at time.Time) string { return path + ".replaced-" + Stamp(at) }

// OwnPrefix begins the names of folders of ours beside a database, in which
// nobody else keeps anything.
const OwnPrefix = ".stigmer-"

// StagedPath is where a backup is copied to and checked before it takes the
// place of the database at path. Its record says for which wish it was copied.
func StagedPath(path string) string {
	return filepath.Join(filepath.Dir(path), OwnPrefix+"restore", filepath.Base(path))
}

// SchemaPath is the file in which it is kept what the build creates in a new
// database: a JSON list of the objects, see Meta.Objects.
func SchemaPath(folder, build string) string {
	name := []byte(build)
	for i, c := range name {
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.') {
			name[i] = '-'
		}
	}
	return folder + "/" + string(name) + ".json"
}
