package plan

import (
	"slices"
	"strings"
	"testing"

	"github.com/stigmer/stigmer-local/api/redact"
	"github.com/stigmer/stigmer-local/observer/observed"
)

// TestHiddenSecrets: an object from a status file lacks the secrets of its
// environment. A server that has them is not replaced for that, and one that is
// started gets none that is made up.
func TestHiddenSecrets(t *testing.T) {
	b := healthy()
	b.Desired.Object = b.Desired.Object.DeepCopy()
	b.Desired.Object.Spec.Env = map[string]string{"API_TOKEN": redact.Hidden, "A": "b"}
	if drift := driftOf(b.Observed.Processes.Value[0], b.Input); drift != nil {
		t.Errorf("the server is replaced: %+v", drift)
	}
	b.edit(func(p *observed.Process) {
		p.Launch.Value.Digest, p.Launch.Value.Spec = "other", "with the secret"
		p.Args = append(p.Args, "--of-another-version")
	})
	if drift := driftOf(b.Observed.Processes.Value[0], b.Input); drift != nil {
		t.Errorf("the server of another version is replaced: %+v", drift)
	}
	env := LaunchFor(b.Desired, observed.Executable{Path: "/t"}).Env
	if !slices.Contains(env, "A=b") || strings.Contains(strings.Join(env, " "), "API_TOKEN") {
		t.Errorf("a start has %q", env)
	}
}

// TestDriftTellsNoSecret: the value of a flag may be one.
func TestDriftTellsNoSecret(t *testing.T) {
	for _, c := range [][2]string{{"--api-key=old", "--api-key=new"}, {"--header=Authorization: Bearer old", "--header=Authorization: Bearer new"}} {
		drift := firstDifference([]string{"server", c[0]}, []string{"server", c[1]})
		if drift == nil || strings.Contains(drift.message, "old") || strings.Contains(drift.message, "new") {
			t.Errorf("%q: %+v", c, drift)
		}
	}
}

// TestCommandLineTellsNoSecret: the program in the way is a stranger's.
func TestCommandLineTellsNoSecret(t *testing.T) {
	c := Conflict{Process: observed.Process{Args: []string{"serve", "--password", "two words", "postgres://ann:word@host"}}}
	if line := c.CommandLine(); line != "serve --password *** postgres://ann:***@host" {
		t.Errorf("it is shown as %q", line)
	}
}
