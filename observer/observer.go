package observer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stigmer/stigmer-local/observer/bounded"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// ErrNoProcess is wrapped by the errors of Identify when there is no process
// with that pid, or no longer the one that was being read.
var ErrNoProcess = errors.New("no such process")

// Options are what an Observer can be told. The zero value is right for
// almost everybody.
type Options struct {
	// ProcRoot is the folder where the process file system is mounted, /proc
	// when empty. It is for machines where /proc hides processes (hidepid)
	// and a complete one, of the same pid namespace, is mounted beside it.
	// Linux only.
	ProcRoot string
}

// Observer reads the machine. It is safe for use by several goroutines, and
// is meant to be kept: it holds one gRPC connection per instance and
// remembers which descriptor belonged to which socket or file, and what it
// read in executables.
type Observer struct {
	machine  machine
	users    *userNames
	owners   *ownerMemory
	files    *fileMemory
	builds   *builds
	sessions *sessions
	// looks, finds and parts may hang: whole looks, what other processes name, and what
	// of a look says nothing of the server.
	looks bounded.Calls[observed.State]
	finds bounded.Calls[found]
	parts bounded.Calls[any]
}

// New returns an Observer. Close releases its connections.
func New(opts Options) *Observer {
	return &Observer{
		machine:  newMachine(opts.ProcRoot),
		users:    newUserNames(),
		owners:   newOwnerMemory(),
		files:    newFileMemory(),
		builds:   newBuilds(),
		sessions: newSessions(),
	}
}

// Close ends the connections. The Observer can be used again; it then
// connects anew.
func (o *Observer) Close() error { return o.sessions.close() }

// Observe looks at the machine on behalf of one instance. It always returns:
// what could not be read is Unknown with the reason. It takes no longer than
// twice the health timeout beyond the reading itself, once for the health and
// once for all other checks; a ctx that ends makes those Unknown that had no
// answer yet.
//
// The reading takes milliseconds, or hangs with a file system. A look that takes
// longer than 10 s and twice the health timeout, or than 1 s after the end of ctx, is
// given up: everything is Unknown, at once for the same target, until it returns.
func (o *Observer) Observe(ctx context.Context, t Target) observed.State {
	bound := readPatience + 2*t.HealthTimeout
	patience, end := context.WithTimeout(context.WithoutCancel(ctx), bound)
	defer end()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(endPatience, end) })()
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	p, began := &progress{}, time.Now()
	state, err := o.looks.Do(patience, t.places(),
		func() observed.State { return o.observe(ctx, t, p) },
		func() error { return lateLook{began, p.at()} })
	if err != nil {
		p.givenUp.Store(true)
		var late lateLook
		errors.As(err, &late)
		return unknownState(t, err.Error(), late.path)
	}
	return state
}

// observe is one look, which may hang.
func (o *Observer) observe(ctx context.Context, t Target, p *progress) observed.State {
	p.reads(t.DatabasePath)
	l := o.newLook(t)
	l.progress, l.record = p, readRecord(t.RecordPath)
	processes := l.search()
	ports := l.ports(processes.Value)
	if p.givenUp.Load() {
		// Nobody waits for the answers, and their connections might outlive Close.
		return observed.State{}
	}
	answers := l.ask(ctx, ports, processes)
	executable := patiently(l, partPatience, t.executable(), func() observed.Fact[observed.Executable] {
		return o.builds.withBuild(findExecutable(t.Executables))
	})
	return observed.State{
		Lock:       l.lockFact(),
		Record:     l.record,
		Processes:  processes,
		Ports:      ports.ports,
		Health:     answers.health,
		Server:     answers.server,
		External:   answers.external,
		FreePort:   l.freePort(ports, processes.Value),
		Executable: executable,
		EnvFile:    statEnvFile(t.NoEnvFile),
		Database:   l.databaseFacts(executable.Value.Build),
		Restore:    l.backup(),
		Slept:      slept(),
		Time:       time.Now(),
	}
}

// Identify returns the identity of the process that has this pid now: what
// must still be true at the moment of a signal. A zombie still has one. The
// error wraps ErrNoProcess when there is no such process.
func (o *Observer) Identify(pid int) (observed.Identity, error) {
	p, err := o.machine.stat(pid)
	if err != nil {
		return observed.Identity{}, fmt.Errorf("cannot identify pid %d: %w", pid, err)
	}
	return p.Identity, nil
}

// LockHolder returns who holds the lock file at path, and Absent when nobody
// does or there is no file. The holder may be the calling process itself.
func (o *Observer) LockHolder(path string) observed.Fact[observed.Lock] {
	l := o.newLook(Target{LockPath: path})
	l.lock = l.readLock(path, nil)
	if l.lock.lost() {
		// Where the processes cannot be listed, the holder stays Unknown.
		pids, _ := l.machine.pids()
		l.completeHolders(pids)
	}
	return l.lockFact()
}
