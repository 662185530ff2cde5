package observer

import (
	"cmp"
	"fmt"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
)

const (
	// readPatience is how long the reading in a look may take. It takes
	// milliseconds; a machine that is out of memory, or a file server that is being
	// restarted, may need seconds.
	readPatience = 10 * time.Second
	// partPatience is how long a part of it may take that says nothing of the server.
	partPatience = 3 * time.Second
	// endPatience is how long a look may go on when its ctx has ended: for what is
	// being read, not for what hangs.
	endPatience = time.Second
)

// progress is what a look and whoever waits for it tell each other.
type progress struct {
	// path is what the look reads; givenUp says that nobody waits for it any more.
	path    atomic.Pointer[string]
	givenUp atomic.Bool
}

func (p *progress) reads(path string) { p.path.Store(&path) }

// at is what is being read.
func (p *progress) at() string {
	if path := p.path.Load(); path != nil {
		return *path
	}
	return ""
}

// lateLook is the error of a look that was given up.
type lateLook struct {
	began time.Time
	// path is what it was reading; empty when that is not known.
	path string
}

func (e lateLook) Error() string {
	return fmt.Sprintf("the look at the machine of %s has not come to its end: the file system of %s may hang",
		e.began.Format(time.TimeOnly), cmp.Or(e.path, "something that it reads"))
}

// patiently asks for a fact at a path that may hang, and takes it for Unknown when
// there is no answer in time.
func patiently[T any](l *look, limit time.Duration, path string, ask func() observed.Fact[T]) observed.Fact[T] {
	l.progress.reads(path)
	defer l.progress.reads(l.target.DatabasePath)
	var none T
	answer, err := l.parts.Within(limit, fmt.Sprintf("%T %s", none, path), func() any { return ask() },
		func() error { return fmt.Errorf("%s: no answer, its file system may hang", path) })
	if err != nil {
		return observed.Unsure[T](err.Error())
	}
	return answer.(observed.Fact[T])
}

// places are what a look reads where a user chose it: two looks of the same
// places hang together.
func (t Target) places() string {
	return t.LockPath + "\n" + t.DatabasePath
}

// executable says where Temporal is looked for.
func (t Target) executable() string {
	var paths []string
	for _, c := range t.Executables {
		paths = append(paths, c.Path)
	}
	return strings.Join(paths, ", ")
}

// unknownState is one of which nothing is known, for one reason.
func unknownState(t Target, reason, hangs string) observed.State {
	s := observed.State{
		Hangs:      hangs,
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
