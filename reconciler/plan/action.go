package plan

import (
	"fmt"

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
	}
	return fmt.Sprintf("%s %s (%s: %s)", a.Verb, object, a.Reason, a.Message)
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
	// LogPath is the file that standard output and error are appended to.
	LogPath string
	// Dirs are folders that must exist before the start, created with mode
	// 0700 when missing. The first one is the working folder.
	Dirs []string
}
