// Package actuator is the hands of the reconciler: it carries out one
// plan.Action at a time and says what came of it. It never decides, never
// retries beyond a few milliseconds, never logs and never waits for a process
// to do something; a grace period is a matter of plans, not of this package.
//
// # The lock hand-over
//
// A start takes the instance's lock and gives the locked descriptor to the
// child as its descriptor 3. A flock belongs to the open file description, so
// from then on the lock lives exactly as long as the child and whoever
// inherited it, whatever becomes of the process that started it. Our own copy
// is closed, never unlocked: LOCK_UN would release the child's lock as well.
//
// # Signals
//
// A pid is not a process. Before a signal the actuator takes a handle on the
// process (a pidfd on Linux), then asks the Identifier who the pid is now,
// then signals through the handle. The target of an action is signalled with
// its group when it leads one. Some targets are refused whatever the plan
// says: see ForbiddenTargetError. A target that is gone, or a zombie, is a
// success: what was asked for is already true.
//
// Two gaps remain, both without a remedy in the kernel. On Linux before 6.9 a
// group cannot be signalled through a pidfd; it is then signalled by number
// right after the handle proved that its leader lives. macOS has no handle for
// signals at all; there the identity is checked immediately before kill(2).
//
// # Records
//
// The pid record is evidence for people and for older versions, never truth.
// It is replaced by rename, so nobody reads half of one. RemoveRecord runs some
// time after the look that asked for it, and in between the record may have
// been rewritten. Inside one daemon that cannot happen (one worker per
// instance, one daemon per home), but actions are data that may be carried out
// late, so a record that names a process which this actuator watches, and which
// is alive with the same identity, is kept and RecordInUseError returned. A
// rewrite by a program that ignores the daemon's lock can still be lost; the
// record is then missing until the next pass writes it again, which harms
// nobody because no decision rests on the record alone. Symbolic links, folders
// and other things that are not plain files are refused and left as they are.
//
// # Servers
//
// A running server is changed over one connection that is made for the one
// change. Nothing is changed before it is certain whose server is at its other
// end: see changeServer. Every change may come late or twice: what exists
// already is left as it is.
//
// # Databases
//
// Quarantine, Backup and RestoreBackup work under both locks, so that no server of
// ours is on the file meanwhile, and give them back. So does a Seal at rest; any
// other Seal is for a server that serves and so has both, and takes neither. A start
// looks at the database under the locks, and marks a first boot before the child is
// born. What is done with the files themselves, and what a crash leaves of it, is in
// package database.
//
// LearnSchema runs a server that belongs to nobody: in a scratch folder, on free
// ports of loopback, without our mark, and on Linux tied to the life of this
// process. Its outcome is told by OnDone. After a failure it is not tried again
// for some minutes, however often a plan asks.
//
// # Who owns what
//
// The actuator owns its goroutines: one for each process that it started or was
// asked to watch, and one for each LearnSchema. The former wait, on Linux, in the
// runtime's poller and cost no thread. Close ends all of them, and with a
// LearnSchema its server; the other processes are left running. Children that have ended by
// then are reaped; one that ends later is nobody's to reap, so Close belongs at
// the end of the program, or of an instance of which nothing runs any more.
// Processes that the actuator did not start are watched, never reaped.
//
// It needs Linux 5.10 (pidfd_open with PIDFD_NONBLOCK) or macOS. How a process
// ended that is not our child is known on Linux 6.15 and later, and on any Linux
// until its parent reaps it.
package actuator
