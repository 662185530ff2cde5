// Package database is what is done with a SQLite database file of Temporal:
// copies, checks, moves, and the records that lie beside it. It knows files
// only: no instance, no process, no plan.
//
// # A database that is in use
//
// Temporal 1.5.1 sets no busy timeout. When somebody else reads the file at the
// moment of a commit, the commit fails, the transaction stays open on the one
// connection that Temporal has, and from then on every write fails ("cannot
// start a transaction within a transaction") until the server is restarted.
// Measured: one shared lock of 20 ms is enough. So SQLite itself is never let
// near a file that is in use: Check, Objects, Copy, MoveAside and Restore are
// for files that nobody has open, and Snapshot is the only one for others.
//
// Snapshot takes one lock of SQLite's protocol directly, the one that a writer
// takes before its first change (RESERVED), and no other. Nobody else can then
// be in the middle of a change, readers go on, and a writer who comes meanwhile
// fails at its first statement, which Temporal rolls back and tries again. The
// copy under the lock is a reflink where the file system can, and at memory
// speed where it cannot (400 MiB in 0.13 s on ext4); it is synced and checked
// after the lock was given back.
//
// Measured on two cores with five clients that start workflows as fast as they can:
// a lock of up to 20 ms, that is some 60 MB, no client notices. 100 ms cost 8 calls
// of 122 an Unavailable, which every SDK repeats by itself, 2 s cost 25 of 73, and
// within 0.9 s of the release all is as before. A server that was started with the pragma
// busy_timeout=10000, as ours are, waits instead, and no client sees an error at
// all. Ten snapshots of a young database took 13 to 46 ms each, all in all, and no
// client saw an error either way.
//
// A database in WAL mode has readers that never disturb the writer; there
// Snapshot uses SQLite's online backup.
//
// # Crashes
//
// A file gets its final name when it is complete and synced, by a rename that
// never replaces a database. What is half-made lies in a scratch folder, see
// Scratch, which the next one to work in that folder removes. Nothing that is
// not a regular file is written to, moved or replaced.
package database
