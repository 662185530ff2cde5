package plan

import (
	"cmp"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/stigmer/stigmer-local/api/redact"
	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// Conflict is a program that is not ours and has what the instance needs.
type Conflict struct {
	// Process that has it; its pid is 0 when it cannot be seen.
	Process observed.Process
	// Has says what it has: "the frontend port 127.0.0.1:7233".
	Has string
	// Temporal says what it is when it answers as Temporal; empty otherwise.
	Temporal string
	// Others are further programs that are in the way, a sentence each.
	Others []string
}

// maxCommand is how much of a stranger's command line is shown, in bytes.
const maxCommand = 200

// CommandLine returns the command line in one line, without what looks like a
// secret, shortened.
func (c Conflict) CommandLine() string {
	line := strings.Map(printable, strings.Join(redact.Args(c.Process.Args), " "))
	if len(line) > maxCommand {
		return strings.ToValidUTF8(line[:maxCommand], "") + "..."
	}
	return line
}

// printable replaces what would garble a terminal, or turn the writing round.
func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return '?'
}

// Card returns the lines that describe the program to a person, at the time now.
func (c Conflict) Card(now time.Time) []string {
	p := c.Process
	lines := []string{c.Has + " is taken by " + Describe(p)}
	if p.PID == 0 {
		lines[0] = c.Has + " is taken by a process of user " + cmp.Or(p.User, "unknown") + " that cannot be seen from here"
	}
	add := func(label, value string) {
		if value != "" {
			lines = append(lines, fmt.Sprintf("  %-8s %s", label, strings.Map(printable, value)))
		}
	}
	add("is", c.Temporal)
	add("user", p.User)
	add("program", p.Executable)
	add("command", c.CommandLine())
	add("folder", p.WorkingDir)
	if !p.Started.IsZero() {
		add("since", fmt.Sprintf("%s (%s ago)", p.Started.Local().Format(time.DateTime), now.Sub(p.Started).Round(time.Second)))
	}
	add("parent", p.Parent)
	for _, other := range c.Others {
		add("also", other)
	}
	return lines
}

// conflictOn returns the conflict about a port.
func (v view) conflictOn(port observed.Port) *Conflict {
	listener := port.Listener.Value
	c := &Conflict{
		Process: listener.Owner.Value,
		Has:     fmt.Sprintf("%s port %s", port.Name, port.Address),
	}
	if !listener.Owner.IsKnown() {
		c.Process = observed.Process{User: listener.User}
	}
	if external, known := v.in.Observed.External.Get(); known && external.Process.Identity == c.Process.Identity {
		c.Temporal = v.describeExternal(external)
	}
	return c
}

// describeExternal says what a Temporal that is not ours is.
func (v view) describeExternal(external observed.External) string {
	what := "a Temporal dev server"
	if cluster, known := v.in.Observed.Server.Cluster.Get(); known && cluster.Version != "" {
		what += " " + cluster.Version
	}
	if external.Database != "" {
		what += ", on file " + external.Database
	} else {
		what += ", in memory"
	}
	if external.Process.Parent != "" {
		what += ", started by " + external.Process.Parent
	}
	if external.Health.Status != observed.HealthServing {
		what += ", which does not serve here"
	}
	return what
}

// reusable reports whether a Temporal that is not ours is the answer: it is
// on the port of the frontend, and healthy, and the spec says so.
func (v view) reusable() bool {
	if !v.reuses() || v.main != nil {
		return false
	}
	external, known := v.in.Observed.External.Get()
	server := v.in.Observed.Server
	return known && external.Health.Status == observed.HealthServing && passed(server.Store) && passed(server.Visibility)
}

// reuses reports whether the spec says to use a Temporal that is not ours.
func (v view) reuses() bool {
	return v.in.Desired.Object.Spec.PortConflict == v1alpha1.PortConflictReuse
}

func passed(check observed.Fact[observed.Check]) bool {
	return check.IsKnown() && check.Value.Problem == ""
}
