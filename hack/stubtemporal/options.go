package stubtemporal

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
)

// options are the flags of start-dev that the stub acts upon.
type options struct {
	ip, uiIP, database, output, logFormat    string
	port, uiPort, httpPort, metricsPort      int
	headless                                 bool
	namespaces, dynamicConfig, pragmas, attr repeated
}

// repeated collects a flag that may be given several times.
type repeated []string

// String is what package flag prints as the default value.
func (r *repeated) String() string { return strings.Join(*r, ",") }

// Set appends one value.
func (r *repeated) Set(value string) error {
	*r = append(*r, value)
	return nil
}

// pairs is repeated with the form KEY=VALUE enforced.
type pairs struct{ *repeated }

// Set appends one KEY=VALUE.
func (p pairs) Set(value string) error {
	if !strings.Contains(value, "=") {
		return fmt.Errorf("missing expected '=' in %q", value)
	}
	return p.repeated.Set(value)
}

// parseOptions reads the arguments after `server start-dev`.
func parseOptions(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("start-dev", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	o.defineNetwork(flags)
	o.defineContent(flags)
	defineIgnored(flags)
	if err := flags.Parse(args); err != nil {
		return o, inCobrasWords(err)
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unknown command %q for \"temporal server start-dev\"", flags.Arg(0))
	}
	return o, o.complete()
}

func (o *options) defineNetwork(flags *flag.FlagSet) {
	flags.StringVar(&o.ip, "ip", "localhost", "")
	flags.StringVar(&o.uiIP, "ui-ip", "", "")
	flags.IntVar(&o.port, "port", 7233, "")
	flags.IntVar(&o.port, "p", 7233, "")
	flags.IntVar(&o.uiPort, "ui-port", 0, "")
	flags.IntVar(&o.httpPort, "http-port", 0, "")
	flags.IntVar(&o.metricsPort, "metrics-port", 0, "")
	flags.BoolVar(&o.headless, "headless", false, "")
}

func (o *options) defineContent(flags *flag.FlagSet) {
	for _, name := range []string{"db-filename", "f"} {
		flags.StringVar(&o.database, name, "", "")
	}
	for _, name := range []string{"output", "o"} {
		flags.StringVar(&o.output, name, "text", "")
	}
	for _, name := range []string{"namespace", "n"} {
		flags.Var(&o.namespaces, name, "")
	}
	flags.StringVar(&o.logFormat, "log-format", "text", "")
	flags.Var(pairs{&o.dynamicConfig}, "dynamic-config-value", "")
	flags.Var(pairs{&o.pragmas}, "sqlite-pragma", "")
	flags.Var(pairs{&o.attr}, "search-attribute", "")
}

// defineIgnored accepts the flags of the real server that change nothing here.
func defineIgnored(flags *flag.FlagSet) {
	for _, name := range []string{
		"ui-asset-path", "ui-codec-endpoint", "ui-public-path", "client-connect-timeout", "color",
		"command-timeout", "config-file", "env", "env-file", "log-level", "profile", "time-format",
	} {
		flags.String(name, "", "")
	}
	for _, name := range []string{
		"log-config", "disable-config-env", "disable-config-file", "no-json-shorthand-payloads",
	} {
		flags.Bool(name, false, "")
	}
}

// complete derives what was not given, as the real server does.
func (o *options) complete() error {
	if o.uiIP == "" {
		o.uiIP = o.ip
	}
	if o.uiPort == 0 {
		o.uiPort = o.port + 1000
	}
	if !slices.Contains([]string{"text", "json", "jsonl", "none"}, o.output) {
		return fmt.Errorf("invalid argument %q for \"-o, --output\" flag", o.output)
	}
	return nil
}

// inCobrasWords rephrases an error of package flag as the real CLI prints it.
func inCobrasWords(err error) error {
	const undefined = "flag provided but not defined: -"
	if name, ok := strings.CutPrefix(err.Error(), undefined); ok {
		return errors.New("unknown flag: --" + name)
	}
	return err
}
