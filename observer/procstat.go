package observer

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// procStat is what concerns us in /proc/<pid>/stat, see proc_pid_stat(5).
type procStat struct {
	state                  byte
	parent, group, session int
	startTicks             uint64
}

// The positions of fields after the command name. That is field 2 in the
// manual page, so these are fields 3 to 6 and 22 there.
const (
	statState = iota
	statParent
	statGroup
	statSession
	statStart = 22 - 3
)

// parseStat reads the content of /proc/<pid>/stat. The command name stands in
// parentheses and may contain any byte, blanks and parentheses included, so
// the fields are counted from the last closing one.
func parseStat(data []byte) (procStat, error) {
	end := bytes.LastIndexByte(data, ')')
	fields := bytes.Fields(data[end+1:])
	if end < 0 || len(fields) <= statStart || len(fields[statState]) != 1 {
		return procStat{}, fmt.Errorf("cannot parse process status %.80q", data)
	}
	s := procStat{state: fields[statState][0]}
	ticks, err := strconv.ParseUint(string(fields[statStart]), 10, 64)
	s.startTicks = ticks
	errs := []error{err}
	for position, value := range map[int]*int{statParent: &s.parent, statGroup: &s.group, statSession: &s.session} {
		*value, err = strconv.Atoi(string(fields[position]))
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return procStat{}, fmt.Errorf("cannot parse process status %.80q: %w", data, err)
	}
	return s, nil
}

// processState translates the kernel's letter.
func (s procStat) processState() observed.ProcessState {
	switch s.state {
	case 'T', 't':
		return observed.StateStopped
	case 'Z', 'X', 'x':
		return observed.StateDead
	}
	return observed.StateRunning
}
