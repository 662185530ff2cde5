package v1alpha1

import "strings"

// argumentFault is one item of spec.extraArgs that cannot be passed on.
type argumentFault struct {
	index           int
	problem, remedy string
}

// managedFlag returns the field that decides a flag of "temporal server
// start-dev", and "" for a flag that the user may give. The names are those
// of the CLI 1.5.1; it has no aliases for them.
func managedFlag(name string) string {
	switch name {
	case "port":
		return "spec.port"
	case "ip", "ui-ip":
		return "spec.ip"
	case "ui-port":
		return "spec.ui.port"
	case "headless":
		return "spec.ui.enabled"
	case "http-port":
		return "spec.httpPort"
	case "metrics-port":
		return "spec.metricsPort"
	case "db-filename":
		return "spec.storage.path"
	case "namespace":
		return "spec.namespaces"
	case "search-attribute":
		return "spec.searchAttributes"
	case "dynamic-config-value":
		return "spec.dynamicConfig"
	case "sqlite-pragma":
		return "spec.sqlitePragmas"
	case "log-level":
		return "spec.logLevel"
	}
	return ""
}

// brokenFlag says why a flag that no field manages must not be given.
func brokenFlag(name string) string {
	switch name {
	case "env", "env-file":
		return "could override every other flag; stigmer always gives --env-file itself"
	case "output":
		return "is given by stigmer itself"
	case "command-timeout":
		return "would end the server"
	case "help", "version":
		return "would keep the server from starting"
	}
	return ""
}

// shorthand returns the long name of a one-letter flag.
func shorthand(letter byte) string {
	switch letter {
	case 'p':
		return "port"
	case 'f':
		return "db-filename"
	case 'n':
		return "namespace"
	case 'o':
		return "output"
	case 'h':
		return "help"
	case 'v':
		return "version"
	}
	return ""
}

// takesValue names the allowed flags whose value may be the next argument,
// whatever that looks like.
func takesValue(name string) bool {
	switch name {
	case "ui-asset-path", "ui-codec-endpoint", "ui-public-path", "log-format", "color",
		"time-format", "client-connect-timeout", "config-file", "profile":
		return true
	}
	return false
}

// argumentFaults reads args as pflag does: --name, --name=value, --name value,
// -x, -xvalue, -x=value, -x value and clusters -abc. A flag that is not known
// here may belong to a newer Temporal and is let through in the forms that
// cannot be mistaken for anything else.
func argumentFaults(args []string) []argumentFault {
	var faults []argumentFault
	for i := 0; i < len(args); i++ {
		problem, remedy := judgeArgument(args[i])
		if name, isLong := longName(args[i]); problem == "" && isLong && takesValue(name) {
			if i++; i == len(args) {
				i--
				problem, remedy = "--"+name+" needs a value", "write --"+name+"=VALUE"
			} else if hasControl(args[i]) {
				problem, remedy = "has a control character", "remove it"
			}
		}
		if problem != "" {
			faults = append(faults, argumentFault{i, problem, remedy})
		}
	}
	return faults
}

// longName returns the name of --name, and whether arg has that form.
func longName(arg string) (string, bool) {
	name, long := strings.CutPrefix(arg, "--")
	return name, long && !strings.Contains(name, "=")
}

func judgeArgument(arg string) (problem, remedy string) {
	switch {
	case hasControl(arg):
		return "has a control character", "remove it"
	case arg == "--":
		return "would turn every flag after it into an argument", "remove it"
	case len(arg) < 2 || arg[0] != '-':
		return "not a flag, and start-dev takes no arguments", "write flag and value in one item: --flag=value"
	case strings.HasPrefix(arg, "--"):
		name, _, _ := strings.Cut(arg[2:], "=")
		return judgeFlag("--"+name, name)
	}
	return judgeCluster(arg[1:])
}

func judgeFlag(spelling, name string) (problem, remedy string) {
	if name == "" || strings.ContainsAny(name[:1], "-=") {
		return "not a flag", "remove it"
	}
	if managed := managedFlag(name); managed != "" {
		return spelling + " is managed by " + managed, "set " + managed + " instead"
	}
	if broken := brokenFlag(name); broken != "" {
		return spelling + " " + broken, "remove it"
	}
	return "", ""
}

// judgeCluster looks at every letter: whether a letter takes the rest as its
// value is known only to the binary that will run.
func judgeCluster(letters string) (problem, remedy string) {
	letters, _, _ = strings.Cut(letters, "=")
	if letters == "" {
		return "not a flag", "remove it"
	}
	for i := range len(letters) {
		name := shorthand(letters[i])
		if name == "" {
			continue
		}
		managed := managedFlag(name) != ""
		if found, advice := judgeFlag("-"+letters[i:i+1]+" (--"+name+")", name); managed || problem == "" {
			problem, remedy = found, advice
		}
		if managed {
			break
		}
	}
	return problem, remedy
}
