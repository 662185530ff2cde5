package observer

import (
	"fmt"
	"sync"
)

// userNames remembers the names of users; the zero uid is root's.
type userNames struct {
	mu    sync.Mutex
	known map[int]string
}

func newUserNames() *userNames { return &userNames{known: map[int]string{}} }

// name returns the user's name, or "uid N" when it has none that we can read.
func (u *userNames) name(uid int) string {
	if uid < 0 {
		return ""
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	name, ok := u.known[uid]
	if !ok {
		if name = lookUpUser(uid); name == "" {
			name = fmt.Sprintf("uid %d", uid)
		}
		u.known[uid] = name
	}
	return name
}
