package reconciler

import (
	"maps"
	"slices"
)

// survey is what the disk says when an instance asks for a database.
type survey struct {
	disk *Disk
	// database is what is asked for, "" for none, and wanted its place.
	database string
	wanted   place
	// places are those of the databases that others have in force, by their paths.
	places map[string]place
	// last are the databases of the others as their status files say: of those that
	// this process does not reconcile.
	last map[string]string
	// mine says that the instance has the database in force already.
	mine bool
	// asks is the first by name, before this one, whose desired file names the
	// database; "" for none. It is not looked up of one that is mine.
	asks string
}

// survey looks at the disk for an instance that asks for a database.
func (c *claims) survey(name, database string) survey {
	s := survey{disk: c.disk, database: database, places: map[string]place{}, last: map[string]string{}}
	if database == "" {
		return s
	}
	s.wanted = s.see(database)
	held, others := c.holds(), c.home.others(name)
	mine, known := held[name]
	if !known {
		mine = c.home.lastDatabase(name)
	}
	s.mine = s.wanted.is(s.see(mine))
	for _, other := range others {
		if _, known := held[other]; !known {
			s.last[other] = c.home.lastDatabase(other)
			s.see(s.last[other])
		}
	}
	for _, database := range held {
		s.see(database)
	}
	if !s.mine {
		s.asks = s.firstToAsk(c.home, name, others)
	}
	return s
}

// firstToAsk returns which of the others, sorted, comes first before the instance
// and asks for the database; "" for none.
func (s survey) firstToAsk(home Home, name string, others []string) string {
	for _, other := range others {
		if other > name {
			break
		}
		if asked, _ := home.asksFor(s.disk, other); s.wanted.is(s.see(asked)) {
			return other
		}
	}
	return ""
}

// see returns the place of a database, looked up once.
func (s survey) see(database string) place {
	if database == "" {
		return place{}
	}
	seen, known := s.places[database]
	if !known {
		seen = s.disk.place(database)
		s.places[database] = seen
	}
	return seen
}

// lacks returns a database of those held that was not seen; "" for none.
func (s survey) lacks(held map[string]string) string {
	if s.database == "" {
		return ""
	}
	for _, database := range held {
		if _, seen := s.places[database]; !seen && database != "" {
			return database
		}
	}
	return ""
}

// holder returns the other instance that has the database, given what this
// process reconciles, or comes before this one among those that ask for it; ""
// for none.
func (s survey) holder(name string, held map[string]string) string {
	inForce := maps.Clone(s.last)
	maps.Copy(inForce, held)
	delete(inForce, name)
	for _, other := range slices.Sorted(maps.Keys(inForce)) {
		if !(s.mine && name < other) && s.wanted.is(s.places[inForce[other]]) {
			return other
		}
	}
	return s.asks
}
