package observer

import (
	"cmp"
	"fmt"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
)

const (
	// readPatience is how long the reading in a look may take. It takes
	// milliseconds; a machine that is out of memory, or a file server that is being
	// restarted, may need seconds.
	readPatience = 10 * time.Second
	// endPatience is how long a look may go on when its ctx has ended: for what is
	// being read, not for what hangs.
	endPatience = time.Second
)

// errand is what a look and whoever waits for it tell each other.
type errand struct {
	// path is what the look reads, left that nobody waits for it any more.
	path atomic.Value
	left atomic.Bool
}

func (e *errand) reads(path string) { e.path.Store(path) }

// reason is why nothing is known of a look that began then and has not come to its
// end.
func (e *errand) reason(began time.Time) error {
	path, _ := e.path.Load().(string)
	return fmt.Errorf("the look at the machine has not come to its end after %s: the file system of %s may hang",
		time.Since(began).Round(time.Second), cmp.Or(path, "something that it reads"))
}

// places are what a look reads where a user chose it: two looks of the same
// places hang together.
func (t Target) places() string {
	return fmt.Sprint(t.LockPath, "\n", t.DatabasePath, "\n", t.RestorePath, "\n", t.Executables)
}

// executable is where Temporal is looked for first, which is what the user chose.
func (t Target) executable() string {
	if len(t.Executables) == 0 {
		return ""
	}
	return t.Executables[0].Path
}

// unlooked is a State of which nothing is known, for one reason.
func unlooked(t Target, reason string) observed.State {
	s := observed.State{
		Lock:       observed.Unsure[observed.Lock](reason),
		Record:     observed.Unsure[observed.Record](reason),
		Processes:  observed.Unsure[[]observed.Process](reason),
		Health:     observed.Unsure[observed.Health](reason),
		Server:     questions{namespaces: t.Namespaces}.unasked(reason),
		External:   observed.Unsure[observed.External](reason),
		FreePort:   observed.Unsure[uint16](reason),
		Executable: observed.Unsure[observed.Executable](reason),
		EnvFile:    observed.Unsure[string](reason),
		Database:   unknownDatabase(reason),
		Restore:    observed.Unsure[observed.File](reason),
		Slept:      slept(),
		Time:       time.Now(),
	}
	for _, p := range t.Ports {
		listener := observed.Unsure[observed.Listener](reason)
		s.Ports = append(s.Ports, observed.Port{
			Name: p.Name, Address: netip.AddrPortFrom(t.IP, p.Port), Listener: listener, Shadow: listener,
		})
	}
	return s
}
