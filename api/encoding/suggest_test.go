package encoding_test

import (
	"strings"
	"testing"
)

func TestDecodeSuggestsTheFieldThatWasMeant(t *testing.T) {
	tests := map[string]string{
		"spec: {prot: 1}":                   "spec.port",
		"spec: {enable: true}":              "spec.enabled",
		"spec: {Port: 1}":                   "spec.port",
		"spec: {loglevel: warn}":            "spec.logLevel",
		"spec: {uiPort: 1}":                 "spec.ui.port",
		"spec: {startupTimeout: 1s}":        "spec.health.startupTimeout",
		"spec: {terminationPeriod: 1s}":     "spec.terminationGracePeriod",
		"spec: {}\nport: 1":                 "spec.port",
		"spec: {}\nsepc: {}":                "spec",
		"spec: {ui: {ports: 1}}":            "spec.ui.port",
		"spec: {storage: {kind: File}}":     "",
		"spec: {completelyDifferent: true}": "",
		"spec: {namespaces: [{nam: a}]}":    "spec.namespaces[0].name",
	}
	for text, want := range tests {
		t.Run(text, func(t *testing.T) {
			got := strings.Join(faultsOf(t, header+text+"\n"), "\n")
			remedy := "(remove it)"
			if want != "" {
				remedy = "(did you mean " + want + "?)"
			}
			if !strings.Contains(got, "unknown field "+remedy) {
				t.Errorf("want %s\ngot  %s", remedy, got)
			}
		})
	}
}
