// Package plan is the judgement of the reconciler: from what should be, what
// is, and what happened lately, it computes what to do now and when to look
// again.
//
// It is pure. It has no clock, no I/O, no log, no goroutine and no error: the
// time is a value in the Input, a fact that could not be read is a value of
// that fact, and every Input has a Plan.
//
// # A server that lives and is not well
//
// A restart costs running workers their connection, and a server that keeps
// its workflows in memory all of them. It is done where it heals, and nowhere
// else. "Failed" is failureThreshold checks in a row, twice as many for a
// server in memory; while the machine sleeps no check fails.
//
//	condition            is False because                              what is done
//	-------------------  --------------------------------------------  ----------------------------
//	Serving              the frontend hangs, the process is stopped    replaced when it has failed
//	StoreReadable        it was read by this process, and is not now   replaced when it has failed
//	StoreReadable        this process has never read it                told, and left (Degraded)
//	StoreReadable        it has another cluster id than recorded       told, and left (OtherCluster)
//	StoreWritable        this process has written, two checks failed   replaced when it has failed
//	StoreWritable        a write failed otherwise                      told, and left (Degraded)
//	VisibilityReadable   workflows cannot be listed                    told, and left (Degraded)
//	UIServing            the UI does not answer 200                    told, and left (Degraded)
//	DatabaseFile         deleted or replaced under the server          told, and left (DatabaseLost)
//	DatabaseFile         its file system is not mounted any more       told, and left (DatabaseLost)
//	DatabaseFile         read-only, or less than 16 MiB are free       told, and left (Degraded)
//	DatabaseFile         open in a Temporal that is not ours           told, and left (Degraded)
//	DatabaseFile         written over by something that is no database told, and left (Degraded)
//	DatabaseFile         the first boot is not known to be complete    sealed when the store works
//
// A commit of Temporal's that meets somebody who reads the file can leave it
// unable to write for good, which a restart heals; see busyTimeout. While the
// file is lost or written over, or its disk full or read-only, neither a store that is not read
// nor one that is not written is a reason for a restart; and while it is lost nothing is, neither a
// hang nor an edit: the process has the only copy of the data. One that may have
// it, because its files cannot be told, stays too (DatabaseUnknown). What the user
// asks for by name, a restart, a stop or a restore, is always done; a restore only
// if the loss was known when it was asked for.
//
// # Is it really ours?
//
// A server is Ready, and gives up or keeps its place, on the word of its own
// listener only: the socket on the port belongs to a process of the unit, and
// for a file database the cluster id that it answers with is the one that is
// recorded beside the file. Where either is known to differ, it is not Ready,
// and no signal is sent for reasons of health or of an edit.
//
// # The first boot
//
// A start on an absent file first writes a marker beside it. The marker goes
// when the store has been read, listed and written (Seal), and until then no SIGKILL of
// ours reaches a server that may still be starting. A marker beside a database
// that nobody serves means that the database never served anyone: it is
// renamed aside, and a new one is made. A database without a marker is never
// moved, nor is one that holds workflows or whose record has a cluster id: the
// daemon was not there to take the marker away.
package plan
