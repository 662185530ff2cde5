package v1alpha1_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/spf13/cobra"
)

// startDev has the flags of "temporal server start-dev" 1.5.1, as --help
// prints them, global ones included.
func startDev() *cobra.Command {
	cmd := &cobra.Command{Use: "start-dev", Args: cobra.NoArgs}
	flags := cmd.Flags()
	for _, name := range []string{
		"http-port", "ip", "metrics-port", "ui-ip", "ui-port", "log-level", "env-file", "env", "command-timeout",
		"ui-asset-path", "ui-codec-endpoint", "ui-public-path", "log-format", "color", "time-format", "client-connect-timeout",
		"config-file", "profile",
	} {
		flags.String(name, "unset", "")
	}
	for _, name := range []string{"headless", "log-config", "disable-config-env", "disable-config-file", "no-json-shorthand-payloads"} {
		flags.Bool(name, false, "")
	}
	for _, name := range []string{"dynamic-config-value", "sqlite-pragma", "search-attribute"} {
		flags.StringArray(name, nil, "")
	}
	flags.StringP("db-filename", "f", "unset", "")
	flags.StringArrayP("namespace", "n", nil, "")
	flags.StringP("port", "p", "unset", "")
	flags.StringP("output", "o", "unset", "")
	cmd.InitDefaultHelpFlag()
	return cmd
}

// notOurs are the flags that the user may give.
func notOurs() []string {
	return []string{
		"ui-asset-path", "ui-codec-endpoint", "ui-public-path", "log-format", "color", "time-format", "client-connect-timeout",
		"config-file", "profile", "log-config", "disable-config-env", "disable-config-file", "no-json-shorthand-payloads",
	}
}

// pieces are what random command lines are made of.
func pieces() []string {
	return []string{
		"--port", "--port=1", "-p", "-p1", "-p=1", "-hp", "-f", "-fx", "-n=a", "-o", "--ip", "--headless", "--headless=true", "--ui-port=1",
		"--db-filename", "--namespace=a", "--env-file", "--log-level=debug", "--help", "--", "-", "", "word", "1", "---port", "--=", "-=p",
		"--log-config", "--log-config=false", "--log-format", "--log-format=json", "--search-attribute", "--search-attribute=A=Int", "A=Int",
		"--ui-public-path", "--ui-codec-endpoint=http://x", "--color", "--profile", "--disable-config-env", "--command-timeout=1s", "--env=x",
	}
}

// What Validate lets through, the real parser of flags must read without a
// managed flag changed and without an argument.
func TestExtraArgsAgainstTheRealParser(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	accepted := 0
	for range 1500 {
		args := make([]string, 1+random.IntN(4))
		for i := range args {
			args[i] = pieces()[random.IntN(len(pieces()))]
		}
		written := valid()
		written.Spec.ExtraArgs = args
		if len(validate(written)) > 0 {
			continue
		}
		accepted++
		checkParsed(t, args)
	}
	if accepted < 40 {
		t.Errorf("only %d command lines were accepted, so the test says little", accepted)
	}
}

func checkParsed(t *testing.T, args []string) {
	t.Helper()
	cmd := startDev()
	if err := cmd.ParseFlags(args); err != nil {
		t.Fatalf("%q is accepted, and refused by the parser: %v", args, err)
	}
	if rest := cmd.Flags().Args(); len(rest) > 0 {
		t.Fatalf("%q is accepted, and leaves the arguments %q", args, rest)
	}
	allowed := notOurs()
	for _, name := range changed(cmd) {
		if !slices.Contains(allowed, name) {
			t.Fatalf("%q is accepted, and sets --%s", args, name)
		}
	}
}

func changed(cmd *cobra.Command) []string {
	var names []string
	for _, name := range append(notOurs(),
		"http-port", "ip", "metrics-port", "ui-ip", "ui-port", "log-level", "env-file", "env", "command-timeout", "headless",
		"dynamic-config-value", "sqlite-pragma", "db-filename", "namespace", "search-attribute", "port", "output", "help") {
		if cmd.Flags().Changed(name) {
			names = append(names, name)
		}
	}
	return names
}

// Each allowed flag can really be given, with its value in either form.
func TestExtraArgsAllowsEveryFlagThatIsNotOurs(t *testing.T) {
	for _, name := range notOurs() {
		forms := [][]string{{"--" + name + "=A=Int"}, {"--" + name, "A=Int"}}
		if startDev().Flags().Lookup(name).NoOptDefVal != "" {
			forms = [][]string{{"--" + name}, {"--" + name + "=true"}}
		}
		for _, args := range forms {
			written := valid()
			written.Spec.ExtraArgs = args
			if faults := validate(written); len(faults) > 0 {
				t.Errorf("%q: %v", args, faults.ToAggregate())
			}
			checkParsed(t, args)
		}
	}
}
