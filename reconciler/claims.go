package reconciler

import (
	"maps"
	"sync"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

// claims keeps two instances of a home from having one database. The one in
// whose last good object it is keeps it, enabled or not; among several that
// ask for one that nobody has, the first by name gets it. Who is refused asks
// again at each pass, and is woken when a database is given up.
//
// Two that want to exchange their databases are both refused, because each
// still has what the other one asks for: one of them has to take another file,
// or memory, first.
type claims struct {
	home Home
	disk *Disk
	// wake is told who may try again; nil for nobody.
	wake func(name string)

	mu sync.Mutex
	// held is the database of each instance that this process reconciles, ""
	// for none. Of the others the status file says it.
	held    map[string]string
	refused map[string]bool
}

func newClaims(home Home, disk *Disk, wake func(name string)) *claims {
	return &claims{home: home, disk: disk, wake: wake, held: map[string]string{}, refused: map[string]bool{}}
}

// hold notes what an instance has in force.
func (c *claims) hold(name string, inForce *v1alpha1.Temporal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held[name] = databaseOf(inForce)
}

// release forgets an instance.
func (c *claims) release(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.held, name)
	delete(c.refused, name)
	c.wakeRefused()
}

// take gives the instance the database of wanted, or returns who has it. The
// disk is looked at before the lock is taken, for it may hang, and the other
// instances need the lock.
func (c *claims) take(name string, wanted *v1alpha1.Temporal) string {
	seen := c.survey(name, databaseOf(wanted))
	for {
		holder, unseen := c.decide(name, seen)
		if unseen == "" {
			return holder
		}
		seen.see(unseen)
	}
}

// decide gives the instance the database, or returns who has it, by what was seen.
// Unseen is a database that somebody has got since: nothing is decided then.
func (c *claims) decide(name string, seen survey) (holder, unseen string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if unseen = seen.lacks(c.held); unseen != "" {
		return "", unseen
	}
	if holder = seen.holder(name, c.held); holder != "" {
		c.refused[name] = true
		return holder, ""
	}
	before := c.held[name]
	c.held[name] = seen.database
	delete(c.refused, name)
	if before != "" && before != seen.database {
		c.wakeRefused()
	}
	return "", ""
}

// holds returns what the instances have.
func (c *claims) holds() map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.held)
}

func (c *claims) wakeRefused() {
	for name := range c.refused {
		if c.wake != nil {
			c.wake(name)
		}
	}
}
