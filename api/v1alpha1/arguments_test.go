package v1alpha1_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
)

func extra(args ...string) func(*v1alpha1.Temporal) {
	return spec(func(s *v1alpha1.TemporalSpec) { s.ExtraArgs = args })
}

func TestValidateExtraArgsThatAreFine(t *testing.T) {
	for _, args := range [][]string{
		{},
		{"--log-config"},
		{"--log-format=json"},
		{"--log-format", "json"},
		{"--color", "never", "--color=always"},
		{"--ui-codec-endpoint", "http://localhost:1234/"},
		// pflag takes the next item as the value, whatever it looks like.
		{"--ui-public-path", "--port"},
		{"--some-flag-of-a-newer-version", "--another=1"},
		{"-x"},
	} {
		check(t, []row{{name: strings.Join(args, " "), mutate: extra(args...)}})
	}
}

func TestValidateExtraArgsRefusesManagedFlags(t *testing.T) {
	managed := map[string]string{
		"--port": "spec.port", "--ip": "spec.ip", "--ui-ip": "spec.ip", "--ui-port": "spec.ui.port",
		"--headless": "spec.ui.enabled", "--http-port": "spec.httpPort", "--metrics-port": "spec.metricsPort",
		"--db-filename": "spec.storage.path", "--namespace": "spec.namespaces", "--log-level": "spec.logLevel",
		"--dynamic-config-value": "spec.dynamicConfig", "--sqlite-pragma": "spec.sqlitePragmas",
		"--search-attribute": "spec.searchAttributes",
	}
	for flag, owner := range managed {
		says := fmt.Sprintf("%s is managed by %s; set %s instead", flag, owner, owner)
		check(t, []row{
			{flag, extra(flag), "spec.extraArgs[0]", says},
			{flag + "=", extra(flag + "=1"), "spec.extraArgs[0]", says},
			{flag + " later", extra("--log-config", flag), "spec.extraArgs[1]", says},
		})
	}
}

func TestValidateExtraArgsRefusesShorthands(t *testing.T) {
	short := func(arg, owner string) row {
		return row{arg, extra(arg), "spec.extraArgs[0]", owner}
	}
	check(t, []row{
		short("-p", "-p (--port) is managed by spec.port"),
		short("-p1", "spec.port"),
		short("-p=1", "spec.port"),
		short("-port", "spec.port"),
		short("-hp1", "spec.port"),
		short("-f/x", "spec.storage.path"),
		short("-norders", "spec.namespaces"),
		short("-o=none", "stigmer itself"),
		short("-h", "keep the server from starting"),
		short("-v", "keep the server from starting"),
	})
}

func TestValidateExtraArgsRefusesWhatBreaksTheStart(t *testing.T) {
	bad := func(says string, args ...string) row {
		return row{strings.Join(args, " "), extra(args...), fmt.Sprintf("spec.extraArgs[%d]", len(args)-1), says}
	}
	check(t, []row{
		bad("override every other flag", "--env-file=/x"),
		bad("override every other flag", "--env=prod"),
		bad("stigmer itself", "--output=json"),
		bad("would end the server", "--command-timeout=1h"),
		bad("keep the server from starting", "--help"),
		bad("would turn every flag", "--"),
		bad("not a flag", "word"),
		bad("not a flag", "--log-config", "word"),
		bad("not a flag", ""),
		bad("not a flag", "-"),
		bad("not a flag", "--=x"),
		bad("not a flag", "---port"),
		bad("--flag=value", "--new-flag", "value"),
		bad("needs a value", "--log-format"),
		bad("control character", "--log-format=\x00"),
		bad("control character", "--log-format", "a\nb"),
	})
}
