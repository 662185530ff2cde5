package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"
)

// followLook is how often a followed log is looked at for new lines.
const followLook = 200 * time.Millisecond

func (a *app) logsCommand() *cobra.Command {
	var follow bool
	c := &cobra.Command{
		Use:   "logs",
		Short: "Print Temporal's log",
		Args:  noArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return a.logs(c.Context(), follow) },
	}
	c.Flags().BoolVarP(&follow, "follow", "f", false, "print new lines as they come, until Ctrl-C")
	return c
}

func (a *app) logs(ctx context.Context, follow bool) error {
	s, err := a.open()
	if err != nil {
		return err
	}
	defer s.close()
	path := s.home.Files(s.name).Log
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) && !follow {
		fmt.Fprintf(s.stderr, "%s has no log yet: it was never started here\n", s.name)
		return nil
	}
	tick := time.NewTicker(followLook)
	defer tick.Stop()
	for {
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cannot read the log: %w", err)
		}
		next, nextErr := file, err
		if follow {
			// Before the rest of the old file is printed, so that no line
			// that came before the rotation is missed.
			next, nextErr = reopenRotated(file, path)
		}
		if err := printRest(a.stdout, file); err != nil {
			return err
		}
		if next != file {
			file.Close()
			file, err = next, nextErr
			continue
		}
		if !follow {
			return file.Close()
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
		next, err := os.Open(path)
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
	return os.Open(path)
}
