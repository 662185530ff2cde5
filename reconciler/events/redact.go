package events

import "regexp"

// redactor hides what looks like a secret. The texts of events are made of
// what is meant to be shown; this is for the command lines of strangers.
type redactor struct {
	rules []redaction
}

// redaction replaces the second group of a match.
type redaction struct {
	pattern *regexp.Regexp
	with    string
}

func newRedactor() redactor {
	const word = `[\w-]*(?:passw|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credential)[\w-]*`
	const value = `("[^"]*"|'[^']*'|[^\s"']+)`
	return redactor{rules: []redaction{
		{regexp.MustCompile(`(?i)(--?` + word + `[= ])` + value), `${1}***`},
		{regexp.MustCompile(`(?i)(\b` + word + `=)` + value), `${1}***`},
		{regexp.MustCompile(`(?i)(\bbearer )` + value), `${1}***`},
		{regexp.MustCompile(`(://[^/\s:@]*:)([^/\s@]+)@`), `${1}***@`},
	}}
}

// apply returns the text without what looks like a secret.
func (r redactor) apply(text string) string {
	for _, rule := range r.rules {
		text = rule.pattern.ReplaceAllString(text, rule.with)
	}
	return text
}
