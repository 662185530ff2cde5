// Package observer is the eyes: one call of Observe reads everything that the
// judgement needs to know about one instance of Temporal and fills an
// observed.State.
//
// # What it never does
//
// It changes nothing: it creates no file and no folder, writes nothing, sends
// no signal, and remembers only where it found things last time, which it
// verifies before use. Two things can be noticed. The probe of a lock file is
// a shared flock that is released within microseconds; whoever takes the lock
// tries again. And Target.CheckWrite makes our own server write one entry into
// the data of the namespace temporal-system, which the server merges under a
// check of the version, so nobody's change is undone. It never imports the
// packages that decide.
//
// # What is asked of whom
//
//   - Who holds the lock: the `lock:` line of /proc/<pid>/fdinfo/<fd>, which
//     belongs to the open file description and so names the process that holds
//     the lock now. /proc/locks names the process that took it, which may be
//     dead, and in a pid namespace shows nothing of it; it is a hint where to
//     look. Only an exclusive flock counts as held.
//   - Which processes belong to the instance: the lock, the mark in the
//     environment, the pid record, the database in the arguments, a descriptor
//     that is the database. A path means
//     something in a root folder and its mounts: where those of the process
//     are not ours, the files are compared and not their names.
//   - Who has the database open: the descriptors of a process, each compared
//     with the file at the path by device and inode, so that a hard link is
//     found and a deleted file is not. It is statx(2) through the links of
//     /proc, which opens nothing and, told not to synchronise, does not wait
//     for a file server. macOS has no cheap way to ask: there a
//     server is taken at the word of its arguments.
//   - What the database is: stat, statfs and access of the path without
//     symbolic links, and three small JSON files of ours beside it. The path
//     is looked at when the look begins and when it ends; a file that changed
//     places in between is Unknown. The database itself is never opened: closing
//     it would drop the locks that SQLite may hold on it elsewhere in this process.
//   - Which build an executable is: what Go's linker recorded in it, read once
//     for each file, by device, inode, size and time.
//   - Who listens: sock_diag over netlink, then a descriptor of the process.
//     gopsutil answers where netlink does not.
//   - Who takes connections that are meant for ours: the same list, for the
//     localhost of the other family. Only sock_diag tells which listeners on
//     [::] leave IPv4 alone; elsewhere a listener that could be the port's own
//     is not reported.
//   - Does it answer: the gRPC health service of the WorkflowService, and when
//     that is SERVING, at the same time over the same connection: the store by
//     GetClusterInfo and DescribeNamespace, which both read their tables each
//     time, visibility by a list of one workflow, and what else the target
//     says. The UI is asked for its first page, of which a few KB are read.
//   - Who is a stranger on a port, or holds the lock or the database without
//     our mark: its working folder and its parent's name, for people.
//
// # Who is asked
//
// Connected to is only a listener that a process of ours owns, and on the
// frontend's port one whose command line or executable says that it is a
// Temporal, State.External: that one is asked for reads only. Nobody else is
// ever connected to, for a connection ends an `nc -l`. Connections must lead to
// the very socket that was looked at, and an answer counts only when that socket
// is still there afterwards. No name is looked up, no proxy is used, and no
// redirect is followed to another host.
//
// An answer, and that none came in time, says something about the server and
// is a Check with its Problem. Unknown is what was not asked or cut short, or
// when the listener changed; and a call that the server turned away for the
// number of calls (ResourceExhausted: one UpdateNamespace a second in the long
// run), which it did not try.
//
// # Unknown
//
// A fact that could not be read is Unknown, with the reason. Processes of
// other users are the one exception, and a deliberate one: their environment
// cannot be read (with hidepid=2 not even their existence), yet they do not
// make the list of processes Unknown, for then no machine with a second user
// could run anything. The home folder has mode 0700, so such a process cannot
// have been started by us or hold the lock of this home; the one that could,
// a server that root started on our database, still shows its arguments, and
// the lock file's own probe does not depend on seeing the holder at all. A
// /proc in which the observer does not find itself makes the list Unknown.
//
// A zombie is not in the list: it holds no lock, no port and no file. The
// observing process and its ancestors are not in the list either: nobody may
// conclude that they are to be signalled. Lock.Holder names them nevertheless.
//
// # What hangs
//
// A file system whose server is dead lets every call wait that touches it, without
// end. The paths that a user chose may lie on one: the database, the backup to be
// restored, the executable. So the reading is done beside the caller, who leaves
// it to itself when it is late; all is Unknown then, and the reason names the path
// that was being read. Until that look has come to its end no other one of the same
// paths is begun, so it costs one goroutine and one thread. A path that a process
// of somebody else names is waited for a second, and is Unknown after that.
//
// # Cost
//
// A look whose hints hold the lock reads a handful of small files and asks
// the kernel twice for its listeners, 0.3 ms together; everything else is
// waiting for the server. With the real one on two cores a health check takes
// 0.35 ms, and the reads of store, visibility and UI 1.3 ms together; see
// BenchmarkReal. Each check but a write ends by its timeout and before the look
// does, so a server that hangs costs one timeout, or two when it stops between
// health check and the rest. A write takes 3 ms, and 0.3 s when it fails. It is
// the one call that may go on when the look is over, for it has 12 s: it is made
// so seldom that one that is late would count as lost for long.
// The database adds some twenty stats and small reads. Only when no hint
// holds the lock, or when Target.Thorough asks for it, is every process looked
// at: its arguments and environment, and where the database is there, its
// descriptors, which makes that look a third longer (80 processes with 430
// descriptors: 4 ms instead of 3). Every read has a size limit, and no file is
// opened in a way that can wait for somebody else.
package observer
