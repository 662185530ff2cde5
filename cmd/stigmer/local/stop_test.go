package local

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/stigmer/stigmer-local/api/encoding"
)

// TestOtherWay: an edit that failed for a reason that the user can go round.
func TestOtherWay(t *testing.T) {
	path := homeWith(t, "temporal").Desired("temporal")
	absent := filepath.Join(t.TempDir(), "absent.yaml")
	remove := "remove the file " + path + ": a file that stays removed for two seconds means stop"
	other := errors.New("other")
	for _, c := range []struct {
		err  error
		path string
		code int
		want string
	}{
		{fmt.Errorf("cannot write: %w", unix.ENOSPC), path, exitUserAction, "cannot write: no space left on device\nfree some space, or " + remove},
		{unix.EDQUOT, path, exitUserAction, "disk quota exceeded\nfree some space, or " + remove},
		{unix.ENOSPC, absent, exitUserAction, "no space left on device\nfree some space, then run the command again"},
		{fmt.Errorf("bad: %w", &encoding.InvalidError{}), path, exitUsage, "\nor stop without mending it: move the file away"},
		{other, path, exitFailed, "other"},
	} {
		err := otherWay(c.err, c.path)
		if !errors.Is(err, c.err) || exitCode(err) != c.code || !strings.HasSuffix(err.Error(), c.want) {
			t.Errorf("%v: exit %d, %q; want exit %d and %q", c.err, exitCode(err), err, c.code, c.want)
		}
	}
}
