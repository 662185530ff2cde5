package redact_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stigmer/stigmer-local/api/redact"
)

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"":                                     "",
		"the port 7233 is taken by pid 12":     "the port 7233 is taken by pid 12",
		"spec.port: 7233":                      "spec.port: 7233",
		"keyboard=x monkey=y author=z":         "keyboard=x monkey=y author=z",
		"x --password hunter2 y":               "x --password *** y",
		"x --password=hunter2 y":               "x --password=*** y",
		`x --api-key="two words" y`:            "x --api-key=*** y",
		"DB_PASSWORD=p$ss/@! y":                "DB_PASSWORD=*** y",
		"AWS_SECRET_ACCESS_KEY=abc":            "AWS_SECRET_ACCESS_KEY=***",
		"ENCRYPTION_KEY=abc MYSQL_PWD=d":       "ENCRYPTION_KEY=*** MYSQL_PWD=***",
		"-H Authorization: Bearer abc.def":     "-H Authorization: Bearer ***",
		"Bearer abc.def here":                  "Bearer *** here",
		`{"token":"a b","port":1}`:             `{"token":***,"port":1}`,
		"postgres://ann:s3cr3t@host/db":        "postgres://ann:***@host/db",
		"postgres://ann:p@ss@host/db":          "postgres://ann:***@host/db",
		"redis://:s3cr3t@host":                 "redis://:***@host",
		"https://ghp0123456789012345678@host":  "https://***@host",
		"http://127.0.0.1:8233/a@b":            "http://127.0.0.1:8233/a@b",
		"curl -u ann:s3cr3t http://x":          "curl -u ann:*** http://x",
		"id AKIAIOSFODNN7EXAMPLE there":        "id *** there",
		"ghp_012345678901234567890123456789":   "***",
		"eyJhbGciOi.eyJzdWIiOiIx.c2ln end":     "*** end",
		"-----BEGIN RSA PRIVATE KEY-----\nMII": "***",
	} {
		if got := redact.Text(text); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
}

func TestArgs(t *testing.T) {
	args := []string{"curl", "--password", "two words", "--token=three more words", "API_KEY=a b", "-u", "ann:b c", "--user", "ann", "--key", "--verbose", "https://a:b@c"}
	want := []string{"curl", "--password", "***", "--token=***", "API_KEY=***", "-u", "***", "--user", "ann", "--key", "--verbose", "https://a:***@c"}
	if got := redact.Args(args); !slices.Equal(got, want) {
		t.Errorf("shown as %q, want %q", got, want)
	}
}

func TestIsSecret(t *testing.T) {
	for variable, want := range map[string]bool{
		"PATH=/bin": false, "LANG=C.UTF-8": false, "KEYBOARD=us": false, "TEMPORAL_LOG=debug": false, "HTTP_PROXY=http://proxy:3128": false,
		"GITHUB_TOKEN=x": true, "AWS_ACCESS_KEY_ID=x": true, "aws_session_token=x": true, "PGPASSWORD=x": true, "KEY=x": true,
		"SSH_PASSPHRASE=x": true, "GOOGLE_APPLICATION_CREDENTIALS=x": true, "DATABASE_URL=postgres://a:b@c/d": true, "X=AKIAIOSFODNN7EXAMPLE": true,
	} {
		name, value, _ := strings.Cut(variable, "=")
		if got := redact.IsSecret(name, value); got != want {
			t.Errorf("%s: %t, want %t", variable, got, want)
		}
	}
}

// FuzzText: a secret does not survive in any surroundings, and what is shown
// once is shown the same again.
func FuzzText(f *testing.F) {
	f.Add("curl -v ", " http://x")
	f.Add("a=b --password", "'")
	f.Add(`{"x":"`, `"}`)
	f.Add("Authorization:", "\n")
	f.Fuzz(func(t *testing.T, before, after string) {
		const secret = "hunter2hunter2"
		if strings.Contains(before+after, secret) {
			return
		}
		for _, form := range []string{"--password=", "API_TOKEN=", "--secret ", "postgres://ann:"} {
			end := " "
			if strings.HasPrefix(form, "postgres") {
				end = "@host "
			}
			if got := redact.Text(before + " " + form + secret + end + after); strings.Contains(got, secret) {
				t.Errorf("%q is shown in %q", form, got)
			}
		}
		args := redact.Args([]string{before, "--password=" + secret, after, "--token", secret, "X_SECRET=" + secret + after})
		if slices.ContainsFunc(args, func(arg string) bool { return strings.Contains(arg, secret) }) {
			t.Errorf("arguments are shown as %q", args)
		}
		once := redact.Text(before + after)
		if twice := redact.Text(once); strings.Count(twice, redact.Hidden) < strings.Count(once, redact.Hidden) {
			t.Errorf("%q is shown as %q, and then as %q", before+after, once, twice)
		}
	})
}
