package redact

import (
	"regexp"
	"slices"
	"strings"
)

// Hidden stands for a value that is not shown.
const Hidden = "***"

const (
	// word is a name that says that its value is a secret: one of these
	// anywhere in it, or a part of its own.
	word = `(?:[\w.-]*(?:passw|passphrase|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credential|authorization)[\w.-]*` +
		`|(?:[\w.-]*[_.-])?(?:key|pwd|pass|auth)(?:[_.-][\w.-]*)?)`
	// value ends at a blank unless it is in quotes.
	value = `("[^"]*"?|'[^']*'?|[^\s"']\S*)`
)

var secretName = regexp.MustCompile(`(?i)^-{0,2}` + word + `$`)

// patterns are the places of a secret in a text; the first group is it.
func patterns() []*regexp.Regexp {
	return []*regexp.Regexp{assigned, option, bearer, password, userinfo, login, issued}
}

var (
	assigned = regexp.MustCompile(`(?i)(?:^|[^\w.-])-{0,2}` + word + `["']?(?:\s*=\s*|:\s*)(?:(?:basic|bearer)\s+)?(` + value + `)`)
	option   = regexp.MustCompile(`(?i)(?:^|[\s"'=:])--?` + word + `\s+(` + value + `)`)
	bearer   = regexp.MustCompile(`(?i)\bbearer\s+(` + value + `)`)
	// password and userinfo stand before the "@" of an address: what follows
	// the name, or a word that is too long for one.
	password = regexp.MustCompile(`://[^/\s:@]*:([^/\s]+)@`)
	userinfo = regexp.MustCompile(`://([^/\s:@]{20,})@`)
	login    = regexp.MustCompile(`(?:^|\s)(?:-u|--user)(?:\s+|=)?[\w.-]+:(\S+)`)
	// issued are tokens that their issuers made recognisable.
	issued = regexp.MustCompile(`((?:\bA(?:KI|SI)A[0-9A-Z]{16}|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}|\bxox[a-z]-[\w-]{10,}` +
		`|\bsk-[\w-]{20,}|\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*|\bAIza[\w-]{30,})|-----BEGIN [A-Z ]*PRIVATE KEY-----[^\x00]*)`)
)

// suspicious reports whether any pattern could match. Nearly every text is not,
// and the patterns cost a hundred times as much as this.
func suspicious(text string) bool {
	text = " " + strings.ToLower(text)
	for _, part := range []string{
		"pass", "secret", "token", "key", "credential", "auth", "pwd", "bearer", "@", " -u", "--user",
		"akia", "asia", "gh", "glpat", "xox", "sk-", "eyj", "aiza",
	} {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

// Text returns the text without what looks like a secret.
func Text(text string) string {
	if !suspicious(text) {
		return text
	}
	var places [][2]int
	for _, pattern := range patterns() {
		places = append(places, secrets(text, pattern)...)
	}
	slices.SortFunc(places, func(a, b [2]int) int { return a[0] - b[0] })
	var shown strings.Builder
	end := 0
	for _, place := range places {
		if place[0] >= end {
			shown.WriteString(text[end:place[0]] + Hidden)
		}
		end = max(end, place[1])
	}
	return shown.String() + text[end:]
}

// secrets returns where the first group of each match begins and ends. It looks
// on from the beginning of a secret: what looks like one may be the name of
// the next.
func secrets(text string, pattern *regexp.Regexp) [][2]int {
	var places [][2]int
	for at := 0; at < len(text); {
		match := pattern.FindStringSubmatchIndex(text[at:])
		if match == nil {
			break
		}
		from, to := at+match[2], at+match[3]
		places = append(places, [2]int{from, to})
		at = max(from, at+1)
	}
	return places
}

// Args returns a command line without what looks like a secret. It knows where
// each argument ends, which a Text does not: a secret may have blanks.
func Args(args []string) []string {
	shown := make([]string, len(args))
	follows := false
	for i, arg := range args {
		name, _, joined := strings.Cut(arg, "=")
		named := suspicious(name) && secretName.MatchString(name)
		switch {
		case follows && !strings.HasPrefix(arg, "--"):
			shown[i] = Hidden
		case joined && named:
			shown[i] = name + "=" + Hidden
		default:
			shown[i] = Text(arg)
		}
		follows = !joined && named && strings.HasPrefix(arg, "-")
		if arg == "-u" || arg == "--user" {
			follows = i+1 < len(args) && strings.Contains(args[i+1], ":")
		}
	}
	return shown
}

// IsSecret reports whether a variable of an environment looks like one that
// must not be shown, by its name or by its value.
func IsSecret(name, value string) bool {
	return suspicious(name) && secretName.MatchString(name) || Text(value) != value
}
