package local

import (
	"strings"

	"github.com/stigmer/stigmer-local/reconciler"
)

// inTheWay says what keeps an instance from its goal and what the user can
// do: for a program that has a port or the database, its card and the choices,
// each in a line of its own.
func inTheWay(look reconciler.Look) string {
	p := look.Plan
	if p.Conflict == nil {
		return p.Message + "; " + p.Remedy
	}
	return strings.Join(append(p.Conflict.Card(look.Input.Observed.Time), choices(p.Remedy)...), "\n")
}

// choices returns a remedy's alternatives, one a line.
func choices(remedy string) []string {
	var lines []string
	for i, choice := range strings.Split(remedy, "; or ") {
		lead := "you can  "
		if i > 0 {
			lead = "or       "
		}
		lines = append(lines, "  "+lead+choice)
	}
	return lines
}
