package local

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestFlagErrors are one line that says what to write, in no library's words.
func TestFlagErrors(t *testing.T) {
	home := filepath.Join(t.TempDir(), "home")
	const aTime, aNumber = "give a time, such as 30s or 2m", "give a whole number"
	for line, want := range map[string]string{
		"local --timeout 5":                    "--timeout 5: give a unit, such as 5s or 2m",
		"local stop --timeout=1.5":             "--timeout 1.5: give a unit, such as 1.5s or 2m",
		"local restart --timeout soon":         "--timeout soon: " + aTime,
		"local --timeout 5minutes":             "--timeout 5minutes: " + aTime,
		"local --timeout -5":                   "--timeout -5: " + aTime,
		"local --timeout=":                     `--timeout "": ` + aTime,
		"local --timeout 9999999999h":          "--timeout 9999999999h: " + aTime,
		"local --timeout":                      "--timeout needs a value: " + aTime,
		"local events --since 2":               "--since 2: give a unit, such as 2s or 2m",
		"local --port x":                       "--port x: " + aNumber,
		"local --port 7e3":                     "--port 7e3: " + aNumber,
		"local --port":                         "--port needs a value: " + aNumber,
		"local --ui-port 99999999999999999999": "--ui-port 99999999999999999999: give a number with fewer digits",
		"local logs --tail all":                "--tail all: " + aNumber,
		"local --memory=maybe":                 "--memory=maybe: give true or false",
		"local -v=2":                           "--verbose=2: give true or false",
		"local --db-filename":                  "--db-filename needs a value: give one behind it",
		"local status -o":                      "--output needs a value: give one behind it",
		"local --prot 1":                       "unknown flag: --prot; see 'stigmer local --help'",
		"local logs -x":                        "unknown shorthand flag: 'x' in -x; see 'stigmer local logs --help'",
	} {
		stdout, stderr, code := run(append([]string{"--home", home}, strings.Fields(line)...)...)
		if code != exitUsage || stderr != "stigmer: "+want+"\n" || stdout != "" {
			t.Errorf("%s: exit %d, %q %q; want exit 2 and %q", line, code, stdout, stderr, want)
		}
	}
}

func TestQuoted(t *testing.T) {
	for value, want := range map[string]string{"": `""`, "5": "5", "5 s": `"5 s"`, "5\n": `"5\n"`, `a"b`: `a"b`, "5\x1b[2J": `"5\x1b[2J"`} {
		if got := quoted(value); got != want {
			t.Errorf("%q became %s, want %s", value, got, want)
		}
	}
}
