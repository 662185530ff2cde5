package actuator

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/failpoint"
	"github.com/stigmer/stigmer-local/reconciler/plainfile"
)

// maxRecordSize is more than any record needs, in bytes.
const maxRecordSize = 4 << 10

// record is a pid record to be written.
type record struct {
	pid     int
	command string
	started time.Time
}

// String returns the three lines: pid, base name, start time in Unix seconds.
func (r record) String() string {
	name := strings.Map(func(c rune) rune {
		if c == '\n' || c == '\r' {
			return '?'
		}
		return c
	}, filepath.Base(r.command))
	return fmt.Sprintf("%d\n%s\n%d\n", r.pid, name, r.started.Unix())
}

// write replaces the record at path in one step. The temporary file has a fixed
// name, so that a crash leaves at most one behind, and it is made anew each
// time, so that nothing that stands there is written through.
func (r record) write(path string) error {
	if err := plainfile.Require(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("cannot write record: %w", err)
	}
	temp := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".tmp")
	err := os.Remove(temp)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("cannot write record %s: %w", path, err)
	}
	if err = fill(temp, r.String()); err == nil {
		failpoint.Reached("record/written")
		err = os.Rename(temp, path)
	}
	if err != nil {
		_ = os.Remove(temp)
		return fmt.Errorf("cannot write record %s: %w", path, err)
	}
	failpoint.Reached("record/renamed")
	return nil
}

// fill makes a new file with the content. It is not synced: a record outlives
// no boot, and a torn one reads as corrupt and is repaired.
func fill(path, content string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return err
	}
	_, err = f.WriteString(content)
	return errors.Join(err, f.Close())
}

// writeRecordOf makes the record name the target, if that is still who it was.
func (a *Actuator) writeRecordOf(path string, target observed.Process) error {
	got, err := a.opts.Identifier.Identify(target.PID)
	if err == nil && got != target.Identity {
		err = &IdentityChangedError{Want: target.Identity, Got: got}
	}
	if err != nil {
		return fmt.Errorf("cannot write record %s: %w", path, err)
	}
	failpoint.Reached("adopt/identified")
	return record{pid: target.PID, command: command(target), started: target.Started}.write(path)
}

// command is the name under which a process is recorded.
func command(p observed.Process) string {
	if p.Executable == "" && len(p.Args) > 0 {
		return p.Args[0]
	}
	return p.Executable
}

// removeRecord removes the record, unless it names a live process that is
// watched here: see the package doc. A missing record is a success.
func (a *Actuator) removeRecord(path string) error {
	err := plainfile.Require(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot remove record: %w", err)
	}
	if id, used := a.inUse(path); used {
		return &RecordInUseError{Path: path, Identity: id}
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("cannot remove record %s: %w", path, errors.Unwrap(err))
	}
	return nil
}

// inUse reports whether the record names a live process that is watched.
func (a *Actuator) inUse(path string) (observed.Identity, bool) {
	pid, ok := readPID(path)
	if !ok {
		return observed.Identity{}, false
	}
	id, err := a.opts.Identifier.Identify(pid)
	if err != nil || !a.watching(id) {
		return observed.Identity{}, false
	}
	h, err := a.hold(id)
	if err != nil {
		return observed.Identity{}, false
	}
	h.close()
	return id, true
}

// readPID reads the first line of a record, whatever its format.
func readPID(path string) (int, bool) {
	f, err := openRegular(path, os.O_RDONLY)
	if err != nil {
		return 0, false
	}
	defer f.Close()
	content := make([]byte, maxRecordSize)
	n, _ := f.Read(content)
	line, _, _ := strings.Cut(string(content[:n]), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	return pid, err == nil && pid > 0
}
