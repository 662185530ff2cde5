package observer

import (
	"net/netip"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// Target is what to look at, on behalf of one instance.
type Target struct {
	// LockPath is the lock file, <home>/<name>.lock. It also names the
	// instance among the connections that the Observer keeps.
	LockPath string
	// RecordPath is the pid record, <home>/<name>.pid.
	RecordPath string
	// DatabasePath is the absolute path of the database file; empty when the
	// database is in memory, and then no process can name it.
	DatabasePath string
	// Mark is the value of observed.MarkVariable that a process of the
	// instance carries; empty means that no process is ours by its mark.
	Mark string
	// IP is the address of the spec that every port belongs to.
	IP netip.Addr
	// Ports are the ports to look at, in the order of State.Ports.
	Ports []PortTarget
	// HealthTimeout bounds the health check, connecting included.
	HealthTimeout time.Duration
	// Executables are the places where Temporal may be, in order; the first
	// that exists wins, even when it cannot be run.
	Executables []Candidate
	// Hints are processes seen before: where to look for the lock first.
	// They are never believed without looking.
	Hints []observed.Identity
	// Thorough asks for every process to be looked at although a hint holds
	// the lock, so that a leftover beside a healthy server is found. The
	// caller decides how often that is worth the milliseconds it takes.
	Thorough bool
	// Namespaces are the names to describe, with their search attributes when
	// SearchAttributes is set.
	Namespaces       []string
	SearchAttributes bool
	// CheckWrite asks for one small write to the store of our server: the
	// one thing that an observer changes, and only in a namespace of
	// Temporal's own. The caller decides how often.
	CheckWrite bool
	// CountRunning asks how many workflows run.
	CountRunning bool
	// NoEnvFile is where no file must be: a Temporal that is started would take
	// settings from it.
	NoEnvFile string
	// RestorePath is a backup to look for, absolute; empty for none.
	RestorePath string
	// SchemaDir is the folder of what is known of builds' schemas, see
	// SchemaPath; empty for none.
	SchemaDir string
}

// Candidate is one place where Temporal may be.
type Candidate struct {
	// Path is an absolute path, or a name without a slash, which is looked
	// up in PATH but never in the current folder.
	Path string
	// Source says where the path comes from, such as "spec.binary.path".
	Source string
}

// PortTarget is one port of the spec.
type PortTarget struct {
	Name observed.PortName
	Port uint16
}
