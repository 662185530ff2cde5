package plan

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// TestRemediesNameTheInstance: a command that a plan tells the user to run is
// for this instance, whichever of them it is.
func TestRemediesNameTheInstance(t *testing.T) {
	commands := regexp.MustCompile(`stigmer local [^;']*`)
	for _, instance := range []string{"temporal", "dev"} {
		template, table := healthy(), dimensions()
		template.Desired.Object.Name = instance
		// The file that names the instance in a server's command line.
		template.Desired.Files.NoEnvFile = "/home/ada/.stigmer/" + instance + ".no-env-file"
		launch := LaunchFor(template.Desired, testExecutable())
		template.launch = &launch
		told := map[Situation]string{}
		chance := rand.New(rand.NewPCG(1, 1))
		for range 30000 {
			b := template.clone()
			for _, values := range table {
				values[chance.IntN(len(values))].set(&b)
			}
			p := Compute(b.Input)
			for _, command := range commands.FindAllString(p.Remedy, -1) {
				told[p.Situation] = command
				named := strings.HasPrefix(command, "stigmer local --name "+instance+" ")
				if named != (instance != "temporal") {
					t.Fatalf("instance %s is told to run %q: %s", instance, command, p)
				}
			}
		}
		for _, s := range []Situation{DatabaseInUse, PortHeldByStranger, ReplacementBlocked, PortsIncomplete} {
			if told[s] == "" {
				t.Errorf("%s: no remedy with a command: %v", s, told)
			}
		}
	}
}

// TestRemedyForEachPort: the way out fits the port that is taken.
func TestRemedyForEachPort(t *testing.T) {
	for i, want := range []string{
		"'stigmer local --name dev --port PORT'", "set spec.httpPort", "set spec.metricsPort", "'stigmer local --name dev --ui-port PORT'",
	} {
		b := healthy()
		b.gone()
		b.Desired.Object.Name = "dev"
		b.Observed.Ports[i].Listener = listening(stranger(7, "/usr/bin/python3"))
		p := Compute(b.Input)
		if !strings.HasSuffix(p.Remedy, ": "+want) || !strings.Contains(p.Message, "pid 7 (python3, user ada)") {
			t.Errorf("%s port: %q, want %q\n%s", b.Observed.Ports[i].Name, p.Remedy, want, p)
		}
	}
}

// TestMessagesNameTheInstance is TestRemediesNameTheInstance for the commands
// that stand in a message.
func TestMessagesNameTheInstance(t *testing.T) {
	for name, change := range map[string]func(*base){
		"lock lost": func(b *base) { b.edit(func(p *observed.Process) { p.Evidence.HoldsLock = observed.Absent }) },
		"backing off": func(b *base) {
			b.gone()
			b.History.Failures, b.History.NotBefore = 2, b.Now.Add(time.Second)
		},
	} {
		b := healthy()
		b.Desired.Object.Name = "dev"
		change(&b)
		if p := Compute(b.Input); !strings.Contains(p.Message, "'stigmer local --name dev ") {
			t.Errorf("%s: the command is for another instance: %s", name, p)
		}
	}
}
