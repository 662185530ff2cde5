package local

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler"
	"github.com/stigmer/stigmer-local/reconciler/database"
)

// printRestored prints the server that is ready on what was restored, and where the
// database is that was replaced since.
func (s *session) printRestored(look reconciler.Look, backup string, since time.Time) error {
	if err := s.printReady(look, "restored,", false); err != nil {
		return err
	}
	to := s.stdout
	if s.structured() {
		to = s.stderr
	}
	fmt.Fprintf(to, "  from     %s\n", backup)
	return printReplaced(to, look.Input.Observed.Database.Path, since)
}

// printReplaced says where the database is that was replaced since.
func printReplaced(to io.Writer, path string, since time.Time) error {
	kept, err := filepath.Glob(path + ".replaced-*Z")
	if err != nil || len(kept) == 0 {
		return err
	}
	last := kept[len(kept)-1]
	if !newer(path, last, since) {
		return nil
	}
	also := ""
	if database.RequireSQLite(last) == nil {
		also = ", which 'restore' takes too"
	}
	_, err = fmt.Fprintf(to, "  kept     %s%s\n", last, also)
	return err
}

// newer reports whether the file that was replaced has a stamp from after that time.
func newer(path, aside string, since time.Time) bool {
	at, err := observed.ParseStamp(strings.TrimPrefix(aside, path+".replaced-"))
	return err == nil && at.After(since)
}
