package observer

import (
	"fmt"
	"os"
	"slices"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// look is one observation on behalf of one instance. Each process is read at
// most once in it, so that one State says one thing about each.
type look struct {
	*Observer
	target   Target
	progress *progress
	record   observed.Fact[observed.Record]
	lock     lockView
	// database is the instance's database file when the look began.
	database databaseFile
	// excluded are the observing process and its ancestors.
	excluded map[int]bool
	seen     map[int]sighting
}

// sighting is what reading a process gave.
type sighting struct {
	process observed.Process
	err     error
}

// newLook prepares a look; it reads only who our ancestors are, and which
// file the database is.
func (o *Observer) newLook(t Target) *look {
	return &look{
		Observer: o,
		target:   t,
		database: statDatabase(t.DatabasePath),
		progress: &progress{},
		excluded: o.ancestors(),
		seen:     map[int]sighting{},
	}
}

// ancestors returns the observing process and those it descends from. The
// chain is as long as the kernel's process tree is deep; the limit only
// guards against a tree that changes while it is climbed.
func (o *Observer) ancestors() map[int]bool {
	line := map[int]bool{os.Getpid(): true}
	parent := os.Getppid()
	for range 64 {
		if parent <= 0 || line[parent] {
			break
		}
		line[parent] = true
		if parent == 1 {
			break
		}
		p, err := o.machine.stat(parent)
		if err != nil {
			break
		}
		parent = p.ParentPID
	}
	return line
}

// search finds the processes with any evidence of belonging to the instance.
// Where a process other than ourselves verifiably holds the lock, it looks at
// the hints only, unless a thorough look is asked for.
func (l *look) search() observed.Fact[[]observed.Process] {
	candidates := l.candidates()
	l.lock = l.readLock(l.target.LockPath, candidates)
	if l.target.Thorough || !slices.ContainsFunc(l.lock.holders, l.foreign) {
		found, err := l.walk()
		if err != nil {
			return observed.Unsure[[]observed.Process](fmt.Sprintf("cannot search the processes: %v", err))
		}
		candidates = append(candidates, found...)
	} else {
		candidates = append(candidates, l.descendants(slices.Concat(l.lock.holders, candidates))...)
	}
	ours, err := l.ours(slices.Concat(l.lock.holders, candidates))
	if err != nil {
		return observed.Unsure[[]observed.Process](fmt.Sprintf("cannot read a process of ours: %v", err))
	}
	return observed.Is(ours)
}

// candidates are the processes worth asking before all others.
func (l *look) candidates() []int {
	var pids []int
	for _, hint := range l.target.Hints {
		pids = append(pids, hint.PID)
	}
	if record, ok := l.record.Get(); ok && record.PID > 0 {
		pids = append(pids, record.PID)
	}
	slices.Sort(pids)
	return slices.Compact(pids)
}

// maxDescent is how deep below a process is looked: a script that runs a script
// that runs Temporal.
const maxDescent = 3

// descendants are the children of the processes, and theirs: a script that wraps
// Temporal is seen before Temporal is.
func (l *look) descendants(parents []int) (all []int) {
	for range maxDescent {
		var children []int
		for _, pid := range parents {
			children = append(children, l.machine.children(pid)...)
		}
		all = append(all, children...)
		parents = children
	}
	return all
}

// foreign reports whether the process is neither ourselves nor an ancestor.
func (l *look) foreign(pid int) bool { return !l.excluded[pid] }

// walk looks at every process: it completes the lock's holders, and returns
// the processes whose environment or arguments name the instance, or that
// have its database open.
func (l *look) walk() ([]int, error) {
	pids, err := l.machine.pids()
	if err != nil {
		return nil, err
	}
	l.completeHolders(pids)
	var found []int
	for _, pid := range pids {
		named, err := l.named(pid)
		if err != nil {
			return nil, err
		}
		if named && l.foreign(pid) {
			found = append(found, pid)
		}
	}
	return found, nil
}

// completeHolders asks every process for the lock. A lock that was held a
// moment ago and has no holder now is probed again: it may have been let go.
func (l *look) completeHolders(pids []int) {
	if l.lock.held != observed.Known {
		return
	}
	l.lock.holders = l.carriers(l.lock.file, pids)
	if l.lock.lost() {
		l.lock.held, l.lock.reason = l.lock.file.probe()
	}
}

// named reports whether the process's environment or arguments name the
// instance, or whether it has the database open; it reads nothing else of it.
// The error says that we could not ask.
func (l *look) named(pid int) (bool, error) {
	w := l.machine.words(pid)
	if l.carriesMark(pid, w) == observed.Known || l.namesDatabase(pid, w) == observed.Known {
		return true, w.exhausted
	}
	if args, ok := w.args.Get(); ok && len(args) == 0 {
		// A thread of the kernel, or a process that has ended: no files.
		return false, w.exhausted
	}
	opens, err := l.opens(pid, l.database)
	if exhausted(err) {
		return false, err
	}
	return opens == observed.Known, w.exhausted
}

// ours returns the processes among pids that any evidence ties to the
// instance, holders of the lock first, each one once. One that is gone, or
// whose folder is closed to us, is left out; that we are out of descriptors
// says nothing about any process, so then there is no answer.
func (l *look) ours(pids []int) ([]observed.Process, error) {
	slices.Sort(pids)
	ours := []observed.Process{}
	for _, pid := range slices.Compact(pids) {
		p, err := l.process(pid)
		if exhausted(err) {
			return nil, err
		}
		if err == nil && l.foreign(pid) && p.State != observed.StateDead && anyKnown(p.Evidence) {
			ours = append(ours, p)
		}
	}
	slices.SortStableFunc(ours, byEvidence)
	return ours, nil
}

// lockFact says who holds the lock. Of several holders it names the one with
// the most evidence.
func (l *look) lockFact() observed.Fact[observed.Lock] {
	switch l.lock.held {
	case observed.Absent:
		return observed.None[observed.Lock](l.lock.reason)
	case observed.Unknown:
		return observed.Unsure[observed.Lock](l.lock.reason)
	}
	var holders []observed.Process
	for _, pid := range l.lock.holders {
		if p, err := l.process(pid); err == nil {
			holders = append(holders, p)
		}
	}
	slices.SortStableFunc(holders, byEvidence)
	lock := observed.Lock{Path: l.lock.file.path}
	if len(holders) > 0 {
		lock.Holder = observed.Is(holders[0])
	} else {
		lock.Holder = observed.Unsure[observed.Process](holderUnseen)
	}
	return observed.Is(lock)
}

// holderUnseen is why the holder of a held lock can be Unknown: a process of
// another user or pid namespace, or one that is exiting, whose main thread
// has given up its descriptors while another still has them.
const holderUnseen = "the lock is held, but by no process that can be read: it is exiting, or not ours to see"
