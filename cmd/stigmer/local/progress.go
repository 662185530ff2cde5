package local

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/stigmer/stigmer-local/reconciler"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// progress shows on a terminal what is waited for. Elsewhere it shows
// nothing, or with -v one line for each situation.
type progress struct {
	app      *app
	terminal bool
	width    int
	last     string
	// situation is what the last line was about, off a terminal.
	situation plan.Situation
}

func (a *app) progress() *progress {
	p := &progress{app: a, width: 80}
	if file, ok := a.stderr.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		p.terminal = true
		if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 10 {
			p.width = width
		}
	}
	return p
}

func (p *progress) show(goal string, look reconciler.Look) {
	line := "waiting until " + goal
	if look.Plan.Message != "" {
		line += ": " + look.Plan.Message
	}
	if line == p.last {
		return
	}
	p.last = line
	switch {
	case p.terminal:
		runes := []rune(strings.ReplaceAll(line, "\n", " "))
		fmt.Fprintf(p.app.stderr, "\r\033[K%s", string(runes[:min(len(runes), p.width-1)]))
	case p.app.verbose && look.Plan.Situation != p.situation:
		p.situation = look.Plan.Situation
		fmt.Fprintln(p.app.stderr, line)
	}
}

// clear removes the line from the terminal.
func (p *progress) clear() {
	if p.terminal && p.last != "" {
		fmt.Fprint(p.app.stderr, "\r\033[K")
	}
}
