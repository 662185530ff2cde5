package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/stigmer/stigmer-local/api/redact"
)

const (
	// followLook is how often a followed log is looked at for new lines.
	followLook = 200 * time.Millisecond
	// wholeLog is the --tail that leaves nothing out.
	wholeLog = -1
)

func (a *app) logsCommand() *cobra.Command {
	var follow bool
	var tail int
	c := &cobra.Command{
		Use:   "logs",
		Short: "Print Temporal's log",
		Args:  noArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return a.logs(c.Context(), follow, tail) },
	}
	c.Flags().BoolVarP(&follow, "follow", "f", false, "print new lines as they come, until Ctrl-C")
	c.Flags().IntVar(&tail, "tail", wholeLog, "print no more than this many of the lines that are there; -1 for all")
	return c
}

func (a *app) logs(ctx context.Context, follow bool, tail int) error {
	if tail < wholeLog {
		return usageError("--tail %d: give a number of lines, or %d for all", tail, wholeLog)
	}
	s, err := a.open()
	if err != nil {
		return err
	}
	defer s.close()
	path := s.home.Files(s.name).Log
	file, err := openTail(path, tail)
	absent := errors.Is(err, fs.ErrNotExist)
	switch {
	case absent && !follow:
		fmt.Fprintf(s.stderr, "%s has no log: there is no %s\n", s.name, path)
		return nil
	case err != nil && !absent:
		return fmt.Errorf("cannot read the log: %w", err)
	case follow:
		return followLog(ctx, a.stdout, file, path)
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && info.Size() == 0 {
		fmt.Fprintf(s.stderr, "%s has logged nothing since its last start; spec.logLevel says what it logs\n", s.name)
	}
	return printRest(a.stdout, file)
}

// openTail opens the log at the beginning of its last lines.
func openTail(path string, lines int) (*os.File, error) {
	file, err := openLog(path)
	if err != nil || lines == wholeLog {
		return file, err
	}
	size, err := file.Seek(0, io.SeekEnd)
	if err == nil {
		size, err = tailStart(file, size, lines)
	}
	if err == nil {
		_, err = file.Seek(size, io.SeekStart)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// maxLastLine is how much of the last line of a log is quoted, in bytes.
const maxLastLine = 300

// lastLogLine returns the last line of the log without what looks like a secret:
// of a server that ended at once it often says why. It is empty when there is none.
func (s *session) lastLogLine() string {
	file, err := openTail(s.home.Files(s.name).Log, 1)
	if err != nil {
		return ""
	}
	defer file.Close()
	line, err := io.ReadAll(io.LimitReader(file, maxLastLine))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(redact.Text(string(line)))
}

// tailBlock is how much is read at once in search of the last lines, in bytes.
const tailBlock = 64 << 10

// tailStart returns where the last lines of what is size bytes long begin. It
// reads from the end: a log may be long. The last byte is not looked at: an end
// of line there ends the last line, which counts without one as well.
func tailStart(log io.ReaderAt, size int64, lines int) (int64, error) {
	if lines == 0 {
		return size, nil
	}
	block := make([]byte, tailBlock)
	for end := size - 1; end > 0; {
		start := max(0, end-tailBlock)
		part := block[:end-start]
		if _, err := log.ReadAt(part, start); err != nil {
			return 0, err
		}
		for i := bytes.LastIndexByte(part, '\n'); i >= 0; i = bytes.LastIndexByte(part[:i], '\n') {
			if lines--; lines == 0 {
				return start + int64(i) + 1, nil
			}
		}
		end = start
	}
	return 0, nil
}

// followLog prints the log from where the file is, a nil one when there is no
// log yet, until the context ends.
func followLog(ctx context.Context, out io.Writer, file *os.File, path string) error {
	tick := time.NewTicker(followLook)
	defer tick.Stop()
	// Closing a file that is nil is refused, and does nothing.
	defer func() { file.Close() }()
	for {
		// Before the rest of the old file is printed, so that no line that
		// came before the rotation is missed.
		next, err := reopenRotated(file, path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cannot read the log: %w", err)
		}
		if err := printRest(out, file); err != nil {
			return err
		}
		if next != file {
			file.Close()
			file = next
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// printRest prints what has come since the last call; a nil file has nothing.
func printRest(out io.Writer, file *os.File) error {
	if file == nil {
		return nil
	}
	if _, err := io.Copy(out, file); err != nil {
		return fmt.Errorf("cannot print %s: %w", file.Name(), err)
	}
	return nil
}

// reopenRotated returns the file that is at path now: the one that is open,
// or another one when there was none, or when the log was rotated.
func reopenRotated(file *os.File, path string) (*os.File, error) {
	if file == nil {
		next, err := openLog(path)
		if err != nil {
			return nil, err
		}
		return next, nil
	}
	open, err := file.Stat()
	if err != nil {
		return file, err
	}
	if now, err := os.Stat(path); err != nil || os.SameFile(open, now) {
		// Between two files there may be none for a moment.
		return file, nil
	}
	return openLog(path)
}

// openLog opens a log for reading. It waits for nobody at the other end of a
// pipe, and a device has no end.
func openLog(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file; remove it", path)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}
