package observed

import (
	"fmt"
	"time"
)

// The environment variables that a start gives to Temporal. The kernel keeps
// a process's first environment, so they say afterwards, to any daemon, who
// started the process and with what.
const (
	// MarkVariable holds <home>/<name>: the process belongs to that instance.
	MarkVariable = "STIGMER_INSTANCE"
	// LaunchVariable holds a digest of what of the spec the process was
	// started with: its arguments, environment and choice of executable.
	LaunchVariable = "STIGMER_LAUNCH"
	// SpecVariable holds a digest of the completed fields of the spec that a start
	// depends on. Unlike LaunchVariable it stays the same under a version of stigmer
	// that derives other arguments from them.
	SpecVariable = "STIGMER_SPEC"
	// RestartedAtVariable holds the restarted-at annotation that was in force.
	RestartedAtVariable = "STIGMER_RESTARTED_AT"
	// BuildVariable holds the Executable.Build that was started.
	BuildVariable = "STIGMER_BUILD"
)

// Variables returns the names of those variables.
func Variables() []string {
	return []string{MarkVariable, LaunchVariable, SpecVariable, RestartedAtVariable, BuildVariable}
}

// Identity names one process of one boot; a pid alone does not, because the
// kernel reuses it. Identities are comparable with ==.
type Identity struct {
	// BootID is the kernel's random id of this boot.
	BootID string
	// PID is the process id.
	PID int
	// StartTicks is the kernel's start time of the process, in the
	// platform's own unit: clock ticks since boot on Linux (field 22 of
	// /proc/<pid>/stat), microseconds since the epoch on macOS.
	StartTicks uint64
}

// String returns "pid 1234".
func (i Identity) String() string { return fmt.Sprintf("pid %d", i.PID) }

// IsZero reports whether the identity names no process.
func (i Identity) IsZero() bool { return i == Identity{} }

// ProcessState is the scheduler's view of a process.
type ProcessState string

const (
	// StateRunning covers every state in which the process can make progress.
	StateRunning ProcessState = "Running"
	// StateStopped means stopped by a signal or by a debugger.
	StateStopped ProcessState = "Stopped"
	// StateDead means a zombie: it has exited and waits for its parent. It
	// holds no lock, no port and no file.
	StateDead ProcessState = "Dead"
)

// Process is one process as it was seen.
type Process struct {
	Identity
	// Started is the start time by the wall clock of this look, so
	// State.Time.Sub(Started) is the age whatever the wall clock did since.
	Started time.Time
	// Executable is the file the process runs; empty when it cannot be read.
	Executable string
	// ExecutableReplaced means that the file at that path is no longer the
	// one that runs.
	ExecutableReplaced bool
	// Args is the command line, nil when it cannot be read.
	Args         []string
	State        ProcessState
	ParentPID    int
	ProcessGroup int
	Session      int
	// User is a name or "uid N"; empty when it cannot be read.
	User string
	// WorkingDir is the working folder and Parent the parent, as
	// "pid 12 (bash)". They are read only for processes that are not ours and
	// in the way: listeners on our ports, holders of the lock or the database.
	// Empty when not read.
	WorkingDir, Parent string
	// MaxFileSize is how large a file of the process may become, in bytes
	// (RLIMIT_FSIZE). It is read for processes of ours; 0 for no limit, or where the
	// platform does not tell.
	MaxFileSize uint64
	// Launch is what the start recorded in the environment; Absent for a
	// process without our mark.
	Launch Fact[Launch]
	// Evidence is what ties the process to the instance.
	Evidence Evidence
	// StartedOn is the database file that the process was started on, for a dev
	// server of ours that names another one than the instance's: the storage
	// was edited since. Absent for every other process.
	StartedOn Fact[StartedOn]
	// Another is the database that OpensAnother is about; zero when that is not
	// Known, or the platform does not tell.
	Another AnotherFile
}

// AnotherFile is a file that a process has open and that is not at the path any more
// that the process was started on.
type AnotherFile struct {
	// Link leads to it while the process lives: its descriptor below /proc.
	Link string
	// Path is where it lies now; empty when it was deleted, or that is not told.
	Path string
	// Inode is its number, Links how many names it has; 0 when it was deleted and
	// has no other.
	Inode, Links uint64
}

// StartedOn is a database file that the command line of a server names.
type StartedOn struct {
	// Named is its path as the command line has it, Path where that leads now,
	// without symbolic links.
	Named, Path string
	// DeadLink is the symbolic link on the way that leads nowhere; empty for none.
	DeadLink string
	// Exists says whether there is a file, Opens whether the server has that
	// very file open, and FirstBoot whether the marker of a first boot lies
	// beside it.
	Exists, Opens, FirstBoot Knowledge
}

// Launch is what the environment of a marked process says of its start.
type Launch struct {
	// Digest is the value of LaunchVariable.
	Digest string
	// Spec is the value of SpecVariable, empty when unset.
	Spec string
	// RestartedAt is the value of RestartedAtVariable, empty when unset.
	RestartedAt string
	// Build is the value of BuildVariable, empty when unset.
	Build string
}

// Evidence ties a process to an instance, strongest first. Known means yes,
// Absent means no, Unknown means that it could not be read.
type Evidence struct {
	// HoldsLock: a descriptor of the process carries the instance's lock.
	HoldsLock Knowledge
	// CarriesMark: its environment has MarkVariable with the instance's value,
	// and the folder in it is ours: not that of another root or mount.
	CarriesMark Knowledge
	// MatchesRecord: the pid record has its pid and its start time.
	MatchesRecord Knowledge
	// NamesDatabase: it is a dev server whose arguments name the instance's
	// database file, by that path or through links.
	NamesDatabase Knowledge
	// OpensDatabase: a descriptor of the process is the file that is at the
	// instance's database path now. Of a server of ours, Absent means that it
	// has another file open, or none yet.
	OpensDatabase Knowledge
	// OpensAnother: it was started on the instance's database, or on that of
	// StartedOn, and has one open that is not the file at that path any more:
	// it was deleted, moved or replaced under it, or a link leads elsewhere. Absent
	// while it has that file open, or none yet.
	OpensAnother Knowledge
}
