package stubtemporal

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// behaviour is how the stub deviates from a good server. The zero value, but
// for the lifetime, is a good server.
type behaviour struct {
	startDelay, stopDelay  time.Duration
	exitAfter, healthAfter time.Duration
	lifetime               time.Duration
	exits, ignoreTerm      bool
	exitCode               int
	health                 string // "", "never", "lost" or "mute"
	store, write           string // "", "hang" or "error"
	visibility             string // "", "hang" or "error"
	ui                     string // "", "hang" or "500"
	cluster                string
	boot                   time.Duration
	running                int
	grandchild             []string
	grandchildFile         string
	signalsFile            string
}

// readBehaviour asks env, and before it the file that env names as
// STUB_CONTROL, for every STUB_ variable.
func readBehaviour(env func(string) string) (behaviour, error) {
	lookup, err := withControlFile(env)
	if err != nil {
		return behaviour{}, err
	}
	r := reader{lookup: lookup}
	b := behaviour{
		startDelay:     r.duration("STUB_START_DELAY", 0),
		stopDelay:      r.duration("STUB_STOP_DELAY", 0),
		exitAfter:      r.duration("STUB_EXIT_AFTER", 0),
		healthAfter:    r.duration("STUB_HEALTH_AFTER", 0),
		lifetime:       r.duration("STUB_LIFETIME", 10*time.Minute),
		exits:          lookup("STUB_EXIT") != "",
		exitCode:       r.number("STUB_EXIT"),
		ignoreTerm:     lookup("STUB_IGNORE_TERM") != "",
		health:         r.oneOf("STUB_HEALTH", "never", "lost", "mute"),
		store:          r.oneOf("STUB_STORE", "hang", "error"),
		write:          r.oneOf("STUB_WRITE", "hang", "error"),
		visibility:     r.oneOf("STUB_VISIBILITY", "hang", "error"),
		ui:             r.oneOf("STUB_UI", "hang", "500"),
		cluster:        lookup("STUB_CLUSTER"),
		boot:           r.duration("STUB_BOOT", 0),
		running:        r.number("STUB_RUNNING"),
		grandchildFile: lookup("STUB_GRANDCHILD_FILE"),
		signalsFile:    lookup("STUB_SIGNALS"),
	}
	if wanted := lookup("STUB_GRANDCHILD"); wanted != "" {
		b.grandchild = strings.Split(wanted, ",")
	}
	return b, r.err
}

// withControlFile puts the lines of the control file before env. A file that
// does not exist (yet) is an empty one.
func withControlFile(env func(string) string) (func(string) string, error) {
	path := env("STUB_CONTROL")
	if path == "" {
		return env, nil
	}
	content, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("cannot read STUB_CONTROL: %w", err)
	}
	lines := map[string]string{}
	for line := range strings.Lines(string(content)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		lines[name] = value
	}
	return func(name string) string {
		if value, ok := lines[name]; ok {
			return value
		}
		return env(name)
	}, nil
}

// reader converts variables and keeps the first error.
type reader struct {
	lookup func(string) string
	err    error
}

func (r *reader) fail(name string, err error) {
	if r.err == nil {
		r.err = fmt.Errorf("cannot read %s: %w", name, err)
	}
}

func (r *reader) duration(name string, fallback time.Duration) time.Duration {
	text := r.lookup(name)
	if text == "" {
		return fallback
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		r.fail(name, err)
	}
	return d
}

func (r *reader) number(name string) int {
	text := r.lookup(name)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		r.fail(name, err)
	}
	return n
}

func (r *reader) oneOf(name string, values ...string) string {
	text := r.lookup(name)
	for _, value := range append(values, "") {
		if text == value {
			return text
		}
	}
	r.fail(name, fmt.Errorf("%q is none of %s", text, strings.Join(values, ", ")))
	return ""
}
