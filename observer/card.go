package observer

import (
	"fmt"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// whereabouts tells what helps a person to recognise a process.
type whereabouts interface {
	// workingDir returns the working folder, empty when it cannot be read.
	workingDir(pid int) string
	// command returns the short name of the program, empty when it cannot be read.
	command(pid int) string
}

var _ whereabouts = machine{}

// introduce fills in working folder and parent of a process that is not ours.
// Our own one carries the mark, so a quiet look spends nothing on this. It
// helps a person and decides nothing, so what cannot be read stays empty; but
// it must not tell of another process that got the pid meanwhile.
func (l *look) introduce(p *observed.Process) {
	if p.Evidence.CarriesMark == observed.Known {
		return
	}
	folder := l.machine.workingDir(p.PID)
	parent := l.parent(p.ParentPID)
	if now, err := l.machine.stat(p.PID); err == nil && now.Identity == p.Identity && now.ParentPID == p.ParentPID {
		p.WorkingDir, p.Parent = folder, parent
	}
}

// parent names a process as "pid 12 (bash)", or only by its pid.
func (l *look) parent(pid int) string {
	if pid <= 0 {
		return ""
	}
	if name := l.machine.command(pid); name != "" {
		return fmt.Sprintf("pid %d (%s)", pid, name)
	}
	return fmt.Sprintf("pid %d", pid)
}
