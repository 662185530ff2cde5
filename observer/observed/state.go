package observed

import (
	"net/netip"
	"time"
)

// State is one look at the machine on behalf of one instance.
type State struct {
	// Time is when the look was finished.
	Time time.Time
	// Lock is the instance's lock file: Known means that some process holds
	// it, Absent that nobody does (whether or not the file exists).
	Lock Fact[Lock]
	// Record is the pid record as it stands on the disk, however wrong.
	Record Fact[Record]
	// Processes are all processes with any evidence of belonging to the
	// instance, the strongest evidence first, so a holder of the lock leads.
	// Zombies, the observing process and its ancestors are left out. Known,
	// even when empty, means that the search was complete as far as the
	// instance's safety needs it; Absent is not used. While some process of
	// the list holds the lock, a look that is not thorough names only that
	// one and those that were hinted at.
	Processes Fact[[]Process]
	// Ports are the ports that the spec asks for, in the order of the target.
	Ports []Port
	// Health is what the frontend answered. It is Unknown when it was not
	// asked, or when the listener changed hands while it was being asked.
	Health Fact[Health]
	// Executable is the Temporal that a start would run now; Absent when no
	// candidate exists, with the places that were looked at as the reason.
	Executable Fact[Executable]
	// EnvFile is what lies at Target.NoEnvFile, where nothing must be: "a file",
	// "a folder". Absent when nothing does.
	EnvFile Fact[string]
	// Server is what our server says of itself, or what a Temporal that is
	// not ours says on the port of the frontend; External tells which.
	Server Server
	// External is the Temporal that is not ours and listens on the port of the
	// frontend; Absent when nobody does, or somebody who does not look like
	// Temporal. Such a listener is never connected to: a connection could end it.
	External Fact[External]
	// Database is the database file and what lies beside it; its facts are
	// Unknown when the target names no database.
	Database Database
	// Restore is the backup that is to be restored; Absent when it is not
	// there. Unknown when none was asked about.
	Restore Fact[File]
	// FreePort is a port for the frontend that nobody listens on, nor on the
	// ports that follow from it. It is looked for when a port is taken.
	FreePort Fact[uint16]
	// Hangs is the path at which the look was given up, since its file system may hang:
	// all facts are Unknown. Empty when the look came to its end.
	Hangs string
	// Slept is how long the machine has slept since it was booted
	// (CLOCK_BOOTTIME less CLOCK_MONOTONIC); 0 where the platform does not tell.
	Slept time.Duration
}

// Lock is a lock that is held.
type Lock struct {
	// Path of the lock file.
	Path string
	// Holder is the process whose descriptor carries the lock; Unknown when
	// the lock is held but no process that we can read holds it.
	Holder Fact[Process]
}

// RecordFormat says how a pid record reads.
type RecordFormat string

const (
	// RecordCurrent is three lines: pid, command name, start time.
	RecordCurrent RecordFormat = "Current"
	// RecordLegacy is the one-line pid file of older versions.
	RecordLegacy RecordFormat = "Legacy"
	// RecordCorrupt is anything else, an empty file included.
	RecordCorrupt RecordFormat = "Corrupt"
)

// Record is what a pid record says: evidence, never truth.
type Record struct {
	Format RecordFormat
	// PID is 0 when the record is corrupt.
	PID int
	// Command is the command name, empty in a legacy record.
	Command string
	// Started is the start time in whole seconds, zero in a legacy record.
	Started time.Time
}

// PortName names what a port is for. The names are those of status.endpoints.
type PortName string

// The four ports of a Temporal dev server.
const (
	Frontend PortName = "frontend"
	UI       PortName = "ui"
	HTTP     PortName = "http"
	Metrics  PortName = "metrics"
)

// Port is one port of the spec and who listens there.
type Port struct {
	Name PortName
	// Address is what the spec asks for.
	Address netip.AddrPort
	// Listener is the socket that serves connections to Address, or that
	// would stop a server from binding it.
	Listener Fact[Listener]
	// Shadow is another socket on the same port, on the other family's
	// localhost, that clients of "localhost" may reach instead.
	Shadow Fact[Listener]
}

// Listener is a listening TCP socket.
type Listener struct {
	// Address that the socket is bound to; it may be a wildcard.
	Address netip.AddrPort
	// Inode of the socket, 0 where the platform does not tell.
	Inode uint64
	// User who owns the socket, a name or "uid N"; empty when it cannot be read.
	User string
	// Owner is the process that has the socket open.
	Owner Fact[Process]
}

// HealthStatus is the outcome of one health check.
type HealthStatus string

const (
	// HealthServing means that the WorkflowService answered SERVING.
	HealthServing HealthStatus = "Serving"
	// HealthNotServing means that it answered something else.
	HealthNotServing HealthStatus = "NotServing"
	// HealthUnreachable means that no connection was made.
	HealthUnreachable HealthStatus = "Unreachable"
	// HealthTimeout means that no answer came within the check's timeout.
	HealthTimeout HealthStatus = "Timeout"
	// HealthError means that the answer was an error of another kind, such
	// as that of a server that is not Temporal.
	HealthError HealthStatus = "Error"
)

// Health is what the WorkflowService's health check said.
type Health struct {
	Status HealthStatus
	// Message explains a status other than Serving.
	Message string
}

// Executable is a file found where Temporal is looked for.
type Executable struct {
	Path string
	// Source says which of the places it was, such as "spec.binary.path".
	Source string
	// Problem is why it cannot be run; empty when it can.
	Problem string
	// Build names the program behind the file: "temporal-server 1.29.1" from
	// what the Go linker recorded in it, else "file <size>-<mtime>" in bytes
	// and Unix nanoseconds.
	Build string
}
