package actuator

// flockIsApart: macOS has one kind of lock for both, so that SQLite could not
// lock a file that is locked by flock.
func flockIsApart(string) bool { return false }
