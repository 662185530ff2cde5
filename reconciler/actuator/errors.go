package actuator

import (
	"fmt"
	"net/netip"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// LockHeldError means that somebody holds the instance's lock, so nothing was
// started. Looking again will tell who.
type LockHeldError struct {
	// Path of the lock file.
	Path string
}

// Error names the lock file.
func (e *LockHeldError) Error() string { return fmt.Sprintf("lock %s is held", e.Path) }

// SpawnError means that the kernel refused to run the executable. Unwrap gives
// the errno: fs.ErrNotExist, fs.ErrPermission, ENOEXEC, EMFILE and so on.
type SpawnError struct {
	// Executable that was to run, and the working folder.
	Executable, Dir string
	// Detail explains Err where the errno alone would mislead; may be empty.
	Detail string
	// Err is what the kernel said.
	Err error
}

// Error says what could not be run and why.
func (e *SpawnError) Error() string {
	if e.Detail != "" {
		return fmt.Sprintf("cannot run %s in %s: %s: %v", e.Executable, e.Dir, e.Detail, e.Err)
	}
	return fmt.Sprintf("cannot run %s in %s: %v", e.Executable, e.Dir, e.Err)
}

// Unwrap returns what the kernel said.
func (e *SpawnError) Unwrap() error { return e.Err }

// IdentityChangedError means that the pid belongs to another process than the
// one that was meant. It was not touched.
type IdentityChangedError struct {
	// Want was meant, Got is there.
	Want, Got observed.Identity
}

// Error gives both start times, which are what tells the two apart.
func (e *IdentityChangedError) Error() string {
	return fmt.Sprintf("%s is another process: it started at %d, the one meant at %d",
		e.Want, e.Got.StartTicks, e.Want.StartTicks)
}

// ForbiddenTargetError means that a signal was refused whatever the plan says:
// an incomplete identity, pid 1, this process, its group, its session leader or
// one of its ancestors.
type ForbiddenTargetError struct {
	// Target that was refused.
	Target observed.Identity
	// Because completes the sentence "it is".
	Because string
}

// Error says which process and why.
func (e *ForbiddenTargetError) Error() string {
	return fmt.Sprintf("refused to signal %s: it is %s", e.Target, e.Because)
}

// GoneError means that the process has ended; a zombie counts as gone.
type GoneError struct {
	// Identity of the process.
	Identity observed.Identity
}

// Error names the process.
func (e *GoneError) Error() string { return fmt.Sprintf("%s is gone", e.Identity) }

// RecordInUseError means that a record was kept because it names a live
// process that this actuator watches.
type RecordInUseError struct {
	// Path of the record, Identity of the process that it names.
	Path     string
	Identity observed.Identity
}

// Error names the record and the process.
func (e *RecordInUseError) Error() string {
	return fmt.Sprintf("record %s names %s, which runs", e.Path, e.Identity)
}

// ClusterChangedError means that the server at the address is not the one that
// was meant: it has another database. Nothing on it was changed.
type ClusterChangedError struct {
	// Address of the frontend.
	Address netip.AddrPort
	// Want is the cluster id that was meant, Got the one that the server has.
	Want, Got string
}

// Error gives both cluster ids.
func (e *ClusterChangedError) Error() string {
	return fmt.Sprintf("the server at %s has cluster id %s, the one meant has %s", e.Address, e.Got, e.Want)
}

// SearchAttributeTypeError means that a search attribute exists with another
// type, which Temporal cannot change. None was added.
type SearchAttributeTypeError struct {
	// Namespace and Name of the search attribute.
	Namespace, Name string
	// Want is the type that was asked for, Got the one that it has.
	Want, Got string
}

// Error names both types.
func (e *SearchAttributeTypeError) Error() string {
	return fmt.Sprintf("search attribute %s of namespace %s is %s, not %s", e.Name, e.Namespace, e.Got, e.Want)
}

// DatabaseChangedError means that the database is not as the plan found it, so
// nothing was done. Looking again will tell how it is.
type DatabaseChangedError struct {
	// Path of the database.
	Path string
	// Found completes the sentence "the database is not as it was:".
	Found string
}

// Error says what was found instead.
func (e *DatabaseChangedError) Error() string {
	return fmt.Sprintf("the database %s is not as it was: %s", e.Path, e.Found)
}

// ClosedError means that the actuator was closed before.
type ClosedError struct{}

// Error says so.
func (*ClosedError) Error() string { return "actuator is closed" }
