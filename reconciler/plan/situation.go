package plan

// Situation names a state of the world that asks for one kind of answer. The
// names appear in status.situation, in events and in the log.
type Situation string

// The situations, in the order in which they are tried.
const (
	// ObservationFailed: which processes exist could not be told. Nothing is done.
	ObservationFailed Situation = "ObservationFailed"
	// TerminationOverdue: a process of ours was asked to stop and is still
	// there after the grace period. It is killed.
	TerminationOverdue Situation = "TerminationOverdue"
	// Terminating: a process of ours was asked to stop and may still take
	// its time.
	Terminating Situation = "Terminating"
	// Stopping: the instance is not wanted and something of ours lives.
	Stopping Situation = "Stopping"
	// StopUncertain: the instance is not wanted, nothing that is proven ours
	// lives, and somebody who cannot be told holds the lock.
	StopUncertain Situation = "StopUncertain"
	// Stopped: the instance is not wanted and nothing of ours lives.
	Stopped Situation = "Stopped"
	// LockHeldByLeftover: a process of ours that is not the server keeps the lock.
	LockHeldByLeftover Situation = "LockHeldByLeftover"
	// LeftoverProcess: a process of ours lives outside the server's session,
	// and is in the way of the server.
	LeftoverProcess Situation = "LeftoverProcess"
	// DatabaseBusy: the daemon itself holds the lock, for as long as it copies or
	// replaces the database, which only who looks from outside sees; or the command
	// does that makes a backup of a stopped instance.
	DatabaseBusy Situation = "DatabaseBusy"
	// LockHeldByStranger: a process that is not ours holds the lock.
	LockHeldByStranger Situation = "LockHeldByStranger"
	// LockHolderUnknown: the lock is held and it cannot be told by whom.
	LockHolderUnknown Situation = "LockHolderUnknown"
	// LockUnknown: it cannot be told whether the lock is held.
	LockUnknown Situation = "LockUnknown"
	// OtherCluster: the server has another database than the one that is
	// recorded beside the file. Nothing is done, not even a restart.
	OtherCluster Situation = "OtherCluster"
	// DatabaseLost: the file was deleted or replaced under the server, which
	// is now the only one that has the data. It is not restarted for any
	// reason but that the user says so.
	DatabaseLost Situation = "DatabaseLost"
	// DatabaseUnknown: the server would be replaced, and whether it is the only
	// one that has the data cannot be told. It stays until that is known, or
	// the user says so.
	DatabaseUnknown Situation = "DatabaseUnknown"
	// RestoreRequested: a backup is to be restored. It is copied and checked
	// while the server goes on, which is stopped then.
	RestoreRequested Situation = "RestoreRequested"
	// ReplacementBlocked: the server is not the one that the spec asks for,
	// but the one that it asks for could not start. The old one stays.
	ReplacementBlocked Situation = "ReplacementBlocked"
	// Drifted: the server was started with other arguments, environment or
	// executable than the spec asks for. It is replaced.
	Drifted Situation = "Drifted"
	// RestartRequested: the restarted-at annotation is newer than the server.
	RestartRequested Situation = "RestartRequested"
	// Frozen: the server's process is stopped (SIGSTOP, a debugger) and
	// failed too many checks in a row. It is replaced.
	Frozen Situation = "Frozen"
	// Unresponsive: a server that has served failed too many checks in a
	// row. It is replaced.
	Unresponsive Situation = "Unresponsive"
	// StartTimedOut: a server did not begin to serve in time. It is replaced.
	StartTimedOut Situation = "StartTimedOut"
	// Starting: a server is there and may still take its time to serve.
	Starting Situation = "Starting"
	// Failing: a server that has served fails its checks, not yet often enough.
	Failing Situation = "Failing"
	// HealthUnknown: a server is there, and whether it serves could not be told.
	HealthUnknown Situation = "HealthUnknown"
	// PortsIncomplete: the frontend serves, and not every other port is known
	// to be the server's. The HTTP API opens after the frontend.
	PortsIncomplete Situation = "PortsIncomplete"
	// Completing: the frontend serves, and a deep check of a young server
	// does not hold yet.
	Completing Situation = "Completing"
	// Degraded: the frontend serves, and a deep check fails in a way that a
	// restart does not heal. The server stays.
	Degraded Situation = "Degraded"
	// ChecksUnknown: the frontend serves, and a deep check has no answer.
	ChecksUnknown Situation = "ChecksUnknown"
	// DatabaseUnsealed: the store works, and what is recorded beside the
	// database is not up to date. It is written, and the marker of the first
	// boot is removed.
	DatabaseUnsealed Situation = "DatabaseUnsealed"
	// ServerOutdated: namespaces or search attributes are not as the spec
	// says. They are changed on the running server.
	ServerOutdated Situation = "ServerOutdated"
	// AttributeConflict: a search attribute exists with another type, which
	// Temporal cannot change.
	AttributeConflict Situation = "AttributeConflict"
	// RestoreBlocked: a backup is to be restored and cannot be: it is not there,
	// or not sound, or there is no room for it. What runs stays.
	RestoreBlocked Situation = "RestoreBlocked"
	// RecordOutdated: the server serves and the pid record names something else.
	RecordOutdated Situation = "RecordOutdated"
	// LockLost: the server serves, but the lock file at the path is not the
	// one that it holds: somebody deleted it. The server stays.
	LockLost Situation = "LockLost"
	// BackupUnwanted: all is as it should be, and the copy of a backup lies ready
	// that nobody waits for any more. It is removed.
	BackupUnwanted Situation = "BackupUnwanted"
	// SchemaUnknown: all is as it should be, and it is not known whether the
	// database has all that this build of Temporal would create. It is found out.
	SchemaUnknown Situation = "SchemaUnknown"
	// Converged: all is as it should be. Nothing is done.
	Converged Situation = "Converged"
	// External: a healthy Temporal that is not ours has the port, and the spec
	// says to use it. It is watched and never touched.
	External Situation = "External"
	// DatabaseInUse: a program that is not ours uses the database file.
	DatabaseInUse Situation = "DatabaseInUse"
	// DatabaseUnusable: the database file or what lies beside it cannot be
	// read, or its folder not be written.
	DatabaseUnusable Situation = "DatabaseUnusable"
	// ExecutableMissing: no Temporal was found.
	ExecutableMissing Situation = "ExecutableMissing"
	// ExecutableUnusable: a Temporal was found and cannot be run.
	ExecutableUnusable Situation = "ExecutableUnusable"
	// EnvFilePresent: something lies where Temporal would take settings from
	// that nobody sees.
	EnvFilePresent Situation = "EnvFilePresent"
	// PortHeldByStranger: a process that is not ours listens on a port of
	// the spec. It is left alone.
	PortHeldByStranger Situation = "PortHeldByStranger"
	// FileMissing: nothing runs, and the desired file has just gone missing.
	// Nothing is started until it is back.
	FileMissing Situation = "FileMissing"
	// BackingOff: the server failed lately and the next start has to wait.
	BackingOff Situation = "BackingOff"
	// RestorePending: nothing runs, and a backup is to be put in place. It is.
	RestorePending Situation = "RestorePending"
	// DatabaseIncomplete: nothing runs, and the first boot on the database did
	// not come to its end. It is renamed aside, and a new one is made.
	DatabaseIncomplete Situation = "DatabaseIncomplete"
	// BuildChanged: nothing runs, and another build of Temporal than the next
	// one last served the database. It is copied before the start.
	BuildChanged Situation = "BuildChanged"
	// RecordStale: nothing of ours runs, and a pid record is left behind. It
	// is removed, whatever process has that pid now, and a server is started.
	RecordStale Situation = "RecordStale"
	// NotRunning: nothing of ours runs. A server is started.
	NotRunning Situation = "NotRunning"
)
