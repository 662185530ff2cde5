package reconciler

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// interrupts are what can come between two steps of a pass.
func interrupts() map[string]func(*model, *modelDaemon) error {
	quietly := func(do func(*model)) func(*model, *modelDaemon) error {
		return func(m *model, _ *modelDaemon) error { do(m); return nil }
	}
	return map[string]func(*model, *modelDaemon) error{
		"daemon dies": func(*model, *modelDaemon) error { panic(died{}) },
		"it fails":    func(*model, *modelDaemon) error { return errors.New("input/output error") },
		"server dies": quietly(func(m *model) {
			if p := m.machine.Server(); p != nil {
				m.machine.End(p.ID)
			}
		}),
		"pid taken": quietly(func(m *model) {
			if p := m.machine.Server(); p != nil {
				m.takePID(p.ID)
			}
		}),
		"database appears": quietly(func(m *model) {
			if m.path() != "" && m.machine.Disk.Files[m.path()].Store == 0 {
				m.machine.Disk.Put(m.path())
			}
		}),
		"lock file deleted": quietly(func(m *model) { m.machine.LockFile++ }),
		"time passes":       quietly(func(m *model) { m.machine.Later(50 * time.Millisecond) }),
		"the other passes": func(m *model, d *modelDaemon) error {
			for _, other := range m.daemons {
				if other != d {
					between := m.machine.Between
					m.machine.Between = func(string) error { return nil }
					m.run(other)
					m.machine.Between = between
				}
			}
			return nil
		},
	}
}

// passOf lets the daemon do a pass, with the interrupt before its n-th step; a
// negative n means none. It returns how many steps there were.
func (m *model) passOf(which, n int, interrupt string) (steps int, after time.Duration) {
	d := m.daemons[which]
	m.machine.Between = func(string) error {
		steps++
		if steps-1 == n {
			return interrupts()[interrupt](m, d)
		}
		return nil
	}
	after, alive := m.run(d)
	m.machine.Between = func(string) error { return nil }
	if !alive {
		m.daemons = slices.Delete(m.daemons, which, which+1)
		m.bootIfNone()
	}
	return steps, after
}

// perform carries out what a line of a trace says.
func (m *model) perform(line string) error {
	words := strings.Split(line, "/")
	if which, isPass := strings.CutPrefix(words[0], "pass "); isPass {
		index, err := strconv.Atoi(which)
		if err != nil || index >= len(m.daemons) {
			return nil // a shorter trace may have no such daemon
		}
		n, interrupt := -1, ""
		if len(words) == 3 {
			if n, err = strconv.Atoi(words[1]); err != nil {
				return err
			}
			interrupt = words[2]
		}
		m.passOf(index, n, interrupt)
		return nil
	}
	for _, candidate := range happenings() {
		if candidate.name == line {
			if candidate.can == nil || candidate.can(m) {
				candidate.do(m)
			}
			return nil
		}
	}
	return fmt.Errorf("there is no move %q", line)
}
