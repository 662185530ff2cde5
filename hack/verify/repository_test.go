package verify

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

const root = "../.."

func TestRepositoryKeepsTheRules(t *testing.T) {
	packages, err := Load(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	if len(packages) < 8 {
		t.Fatalf("%d packages found; the rules would be true of nothing", len(packages))
	}
	for name, faults := range map[string][]string{
		"imports":   Imports(packages, Layers()),
		"modules":   Modules(packages, Dependencies()),
		"conduct":   Conduct(packages, Layers()),
		"documents": Documents(packages),
		"leaks":     Leaks(packages),
		"skips":     Skips(packages),
	} {
		t.Run(name, func(t *testing.T) { report(t, faults) })
	}
}

func TestRepositoryKeepsItsLayout(t *testing.T) {
	faults, err := Layout(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	report(t, faults)
}

func TestDependenciesHaveReasons(t *testing.T) {
	for module, reason := range Dependencies() {
		if reason == "" {
			t.Errorf("%s has no reason", module)
		}
	}
}

// The death of the daemon must not be the death of Temporal, and both service
// managers kill all that a service left behind unless told otherwise.
func TestServiceUnitsSpareTemporal(t *testing.T) {
	for file, lines := range map[string][]string{
		"config/units/stigmer-local.service": {
			"KillMode=process", "OOMPolicy=continue", "ExecStart=%h/.local/bin/stigmer local daemon",
		},
		"config/units/ai.stigmer.local.plist": {
			"<key>AbandonProcessGroup</key>\n\t<true/>", "<string>local</string>\n\t\t<string>daemon</string>",
		},
	} {
		text, err := os.ReadFile(root + "/" + file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			if !strings.Contains(string(text), line) {
				t.Errorf("%s lacks %q", file, line)
			}
		}
	}
}

func TestLaunchdUnitIsXML(t *testing.T) {
	file, err := os.Open(root + "/config/units/ai.stigmer.local.plist")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for decoder := xml.NewDecoder(file); ; {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func report(t *testing.T, faults []string) {
	t.Helper()
	for _, fault := range faults {
		t.Error(fault)
	}
}
