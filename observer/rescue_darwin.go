package observer

// lostDatabase: a descriptor of another process cannot be opened there.
func (m machine) lostDatabase(int, string) (string, bool) { return "", false }
