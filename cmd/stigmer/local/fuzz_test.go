package local

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stigmer/stigmer-local/reconciler/events"
)

// FuzzEventLine: an event is one line, whatever it says, and nothing in it
// tells the terminal what to do.
func FuzzEventLine(f *testing.F) {
	f.Add("Drifted", "x happened", "do this", "orders  ", int64(3))
	f.Add("\x1b[2J", "\r\n\u202e", "\u2028", "\x9b", int64(-1))
	f.Add("", "\xff\xfe", "", "", int64(0))
	f.Fuzz(func(t *testing.T, reason, message, remedy, name string, count int64) {
		at := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
		e := events.Event{Type: events.Refusal, Reason: reason, Message: message, Remedy: remedy, Count: count, Time: at, LastTime: at.Add(time.Hour)}
		line := eventLine(e, name, time.UTC)
		if i := strings.IndexFunc(line, func(r rune) bool { return !unicode.IsPrint(r) && r != unicode.ReplacementChar }); i >= 0 {
			t.Errorf("%q has %q", line, line[i:])
		}
		if !strings.HasPrefix(line, "2026-01-31 13:00:00  ") || count > 1 && !strings.HasSuffix(line, fmt.Sprintf("  (x%d since 12:00:00)", count)) {
			t.Errorf("the line is %q", line)
		}
	})
}
