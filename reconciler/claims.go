package reconciler

import (
	"maps"
	"slices"
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
	// wake is told who may try again; nil for nobody.
	wake func(name string)

	mu sync.Mutex
	// held is the database of each instance that this process reconciles, ""
	// for none. Of the others the status file says it.
	held    map[string]string
	refused map[string]bool
}

func newClaims(home Home, wake func(name string)) *claims {
	return &claims{home: home, wake: wake, held: map[string]string{}, refused: map[string]bool{}}
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
// disk is looked at under the lock: what is seen must hold until it is noted,
// and it is seldom, when a file has changed or was refused.
func (c *claims) take(name string, wanted *v1alpha1.Temporal) (holder string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	database := databaseOf(wanted)
	if holder = c.holder(name, database); holder != "" {
		c.refused[name] = true
		return holder
	}
	before := c.held[name]
	c.held[name] = database
	delete(c.refused, name)
	if before != "" && before != database {
		c.wakeRefused()
	}
	return ""
}

func (c *claims) wakeRefused() {
	for name := range c.refused {
		if c.wake != nil {
			c.wake(name)
		}
	}
}

// holder returns the other instance that has the database, or comes before
// this one among those that ask for it; "" for none.
func (c *claims) holder(name, database string) string {
	if database == "" {
		return ""
	}
	others := c.others(name)
	wanted := placeOf(database)
	mine := wanted.is(placeOf(c.inForce(name)))
	for _, other := range others {
		if !(mine && name < other) && wanted.is(placeOf(c.inForce(other))) {
			return other
		}
	}
	if mine {
		return ""
	}
	for _, other := range others {
		asked, _ := c.home.asksFor(other)
		if other < name && wanted.is(placeOf(asked)) {
			return other
		}
	}
	return ""
}

// others returns the instances but one, sorted: those with a file, and those
// that are still reconciled without one.
func (c *claims) others(name string) []string {
	names := slices.AppendSeq(c.home.others(name), maps.Keys(c.held))
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(other string) bool { return other == name })
}

// inForce returns the database of an instance's last good object.
func (c *claims) inForce(name string) string {
	if database, known := c.held[name]; known {
		return database
	}
	return c.home.lastDatabase(name)
}
