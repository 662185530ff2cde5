package plan

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// Verb names an effect. Package actuator has one function for each.
type Verb string

const (
	// Start runs Launch and hands it the lock.
	Start Verb = "Start"
	// Terminate asks Target to stop: SIGTERM, and SIGCONT so that a stopped
	// process can obey.
	Terminate Verb = "Terminate"
	// Kill ends Target: SIGKILL.
	Kill Verb = "Kill"
	// WriteRecord makes the pid record name Target.
	WriteRecord Verb = "WriteRecord"
	// RemoveRecord removes a pid record that names nothing of ours.
	RemoveRecord Verb = "RemoveRecord"
	// Quarantine renames a database that no server can use aside, its
	// companions first, as Database says.
	Quarantine Verb = "Quarantine"
	// Backup copies a database that no process has open.
	Backup Verb = "Backup"
	// StageBackup copies a backup beside the database, where RestoreBackup takes
	// it from, and checks that it is sound. Whoever serves the database goes on. It
	// is carried out beside the passes.
	StageBackup Verb = "StageBackup"
	// DiscardBackup removes a staged backup.
	DiscardBackup Verb = "DiscardBackup"
	// RestoreBackup puts a staged backup in the place of the database, which is
	// renamed aside.
	RestoreBackup Verb = "RestoreBackup"
	// Seal records what is known of the database beside it and removes the
	// marker of its first boot.
	Seal Verb = "Seal"
	// LearnSchema finds out what a build creates in a new database. It is
	// carried out beside the passes.
	LearnSchema Verb = "LearnSchema"
	// RegisterNamespace makes a namespace on the running server.
	RegisterNamespace Verb = "RegisterNamespace"
	// UpdateNamespace changes one.
	UpdateNamespace Verb = "UpdateNamespace"
	// AddSearchAttributes adds search attributes to one.
	AddSearchAttributes Verb = "AddSearchAttributes"
)

// Action is one effect, with all that is needed to carry it out and to
// explain it. It is data: carrying it out later, or twice, is safe, because
// the actuator looks again before it touches anything.
type Action struct {
	Verb Verb
	// Target of Terminate, Kill and WriteRecord. A target that leads its own
	// session is signalled with its process group.
	Target observed.Process
	// Launch of Start.
	Launch Launch
	// RecordPath is the file of WriteRecord and RemoveRecord.
	RecordPath string
	// Database of Quarantine, Backup, Restore, Seal and LearnSchema.
	Database DatabaseWork
	// Server of RegisterNamespace, UpdateNamespace and AddSearchAttributes.
	Server ServerWork
	// Reason is one CamelCase word, Message one sentence.
	Reason  string
	Message string
}

// String returns the action in one line, as "stigmer local plan" shows it.
func (a Action) String() string {
	object := ""
	switch a.Verb {
	case Start:
		object = a.Launch.Executable
	case Terminate, Kill, WriteRecord:
		object = a.Target.String()
	case RemoveRecord:
		object = a.RecordPath
	case Quarantine, Seal, DiscardBackup:
		object = a.Database.Path
	case Backup:
		object = a.Database.Path + " to " + a.Database.BackupPath
	case StageBackup, RestoreBackup:
		object = a.Database.BackupPath
	case LearnSchema:
		object = a.Database.Build
	case RegisterNamespace, UpdateNamespace:
		object = a.Server.Namespace
	case AddSearchAttributes:
		object = a.Server.attributes()
	}
	return fmt.Sprintf("%s %s (%s: %s)", a.Verb, object, a.Reason, a.Message)
}

// DatabaseWork is what is to be done with a database file.
type DatabaseWork struct {
	// Path of the database, symbolic links followed.
	Path string
	// LockPath is the instance's lock, which Quarantine, Backup and RestoreBackup
	// hold meanwhile, as they do the lock beside the database; both are released
	// afterwards. So does Seal when AtRest is set; else the server has them.
	LockPath string
	// AtRest says that nobody serves the database: Seal takes the locks itself,
	// and only removes the marker, from beside a record that proves it wrong.
	AtRest bool
	// Aside is where Quarantine and RestoreBackup rename the file at Path to. Each
	// companion gets the same name with its own suffix.
	Aside string
	// BackupPath is the copy that Backup makes, and that StageBackup copies in its
	// turn. The record of the database lies beside it, at observed.MetaPath.
	BackupPath string
	// Keep is how many backups of observed.BackupBeforeUpgrade are kept by Backup.
	Keep int
	// Spare are backups that are never removed for that: somebody wants them back.
	Spare []string
	// Meta is the record to write, by Seal beside the database. Of Backup only
	// BackedUpFor counts: the rest is what is recorded when it has the locks. Of
	// StageBackup and RestoreBackup only Restored, the wish, is set: the rest is
	// what is recorded of the backup.
	Meta observed.Meta
	// Build, Executable and SchemaPath are for LearnSchema: what to run, and
	// the file to write what was found to.
	Build, Executable, SchemaPath string
}

// ServerWork is what is to be changed on a running server.
type ServerWork struct {
	// Target is the server's process, checked again before the change.
	Target observed.Process
	// Address of the frontend, and the cluster id that it answered with.
	Address   netip.AddrPort
	ClusterID string
	Namespace string
	// Retention and Description of the namespace; nil leaves them as they are.
	Retention   *time.Duration
	Description *string
	// SearchAttributes to add, name to type.
	SearchAttributes map[string]string
}

// attributes returns the search attributes in one line.
func (w ServerWork) attributes() string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(w.SearchAttributes)) {
		list = append(list, name+"="+w.SearchAttributes[name])
	}
	return w.Namespace + " " + strings.Join(list, ", ")
}

// Launch is everything that a start needs.
type Launch struct {
	// Executable is an absolute path, Args what follows it.
	Executable string
	Args       []string
	// Env is what the spec and the mark add to the environment, KEY=VALUE,
	// sorted by key. It wins over what the daemon's own environment says.
	Env []string
	// LockPath is the lock file to take and hand over.
	LockPath string
	// RecordPath is the pid record to write.
	RecordPath string
	// DatabasePath is the database file, empty for none. A lock file beside
	// it, where it really is, is taken and handed over like LockPath, so that
	// no two servers use one file under two names.
	DatabasePath string
	// FirstBoot says that there is no database file and that this start
	// creates it: a marker beside it is written first, and synced. The start
	// fails when there is a file after all; and without FirstBoot when there
	// is none.
	FirstBoot bool
	// Build of the executable, for the marker.
	Build string
	// LogPath is the file that standard output and error are appended to.
	LogPath string
	// NoEnvFile must not exist: Temporal would take settings from it.
	NoEnvFile string
	// Dirs are folders that must exist before the start, created with mode
	// 0700 when missing. The first one is the working folder.
	Dirs []string
}
