package observer

import (
	"io/fs"
	"net/netip"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// The type machine is what one platform tells; it is chosen when the program
// is compiled, and has the methods of these six interfaces.

// processTable tells which processes there are.
type processTable interface {
	// pids lists every process that the platform shows, the caller's own
	// included. Where that one is missing, processes are being hidden, and
	// the answer is an error.
	pids() ([]int, error)
	// stat returns identity, start, state, parent, group and session; it is
	// cheap. The error wraps ErrNoProcess when there is no such process.
	stat(pid int) (observed.Process, error)
}

// processContents tells what a process was started with.
type processContents interface {
	// words returns the arguments and our variables in the environment.
	words(pid int) words
	// describe fills in executable and user, as far as they can be read.
	describe(p *observed.Process, users *userNames)
}

// fileTrees tells what the paths of a process mean: one in a container or a
// chroot can mean another file than we do by the same path.
type fileTrees interface {
	// sharesTree says whether an absolute path means the same to the process
	// and to us: its root folder is ours, and so are its mounts.
	sharesTree(pid int) observed.Knowledge
	// find looks up a path as the process would, in its root folder or its
	// working folder, links followed. It opens nothing for reading.
	find(pid int, path string) (fs.FileInfo, error)
}

// lockTable tells which process's descriptors carry a flock.
type lockTable interface {
	// carries says whether a descriptor of the process carries an exclusive
	// flock on the file.
	carries(pid int, file lockFile) observed.Knowledge
	// takers lists the processes that are said to have taken it: hints.
	takers(file lockFile) []int
}

// openFiles tells which files a process has open.
type openFiles interface {
	// findFile looks for a descriptor of the process that is the file. The
	// error says that not all of them could be looked at; a process that is
	// gone has none.
	findFile(pid int, file fileKey) (descriptor int, found bool, err error)
	// hasFile reports whether that descriptor is that file.
	hasFile(pid, descriptor int, file fileKey) bool
}

// socketTable tells who listens.
type socketTable interface {
	// listeners lists the listening TCP sockets of both families.
	listeners() ([]socket, error)
	// sockets lists the process's sockets, descriptor by inode.
	sockets(pid int) (map[uint64]int, error)
	// hasSocket reports whether that descriptor is that socket.
	hasSocket(pid, descriptor int, inode uint64) bool
}

var (
	_ processTable    = machine{}
	_ processContents = machine{}
	_ fileTrees       = machine{}
	_ lockTable       = machine{}
	_ openFiles       = machine{}
	_ socketTable     = machine{}
)

// socket is a listening TCP socket. Two looks saw the same listener when
// their sockets are equal.
type socket struct {
	address netip.AddrPort
	// v6only means that a socket on [::] does not take connections to IPv4
	// addresses. Only sock_diag tells; elsewhere it is false, which at worst
	// says that a port is taken which is not.
	v6only bool
	// inode is 0 where the platform does not tell.
	inode uint64
	// uid of the socket's user, -1 when unknown.
	uid int
	// pid of the owner where the platform says so at once, else 0.
	pid int
}
