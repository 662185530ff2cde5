package actuator

import "strings"

// environment returns base without the variables that would reach into
// Temporal or claim our mark, with the working folder as PWD, and with what
// the launch says on top. Each key appears once.
func environment(base, launch []string, dir string) []string {
	given := map[string]bool{"PWD": true}
	for _, entry := range launch {
		given[key(entry)] = true
	}
	last := map[string]string{"PWD": "PWD=" + dir}
	order := []string{"PWD"}
	add := func(entry string) {
		k := key(entry)
		if _, found := last[k]; !found {
			order = append(order, k)
		}
		last[k] = entry
	}
	for _, entry := range base {
		if k := key(entry); k != "" && !given[k] && !reserved(k) {
			add(entry)
		}
	}
	for _, entry := range launch {
		add(entry)
	}
	env := make([]string, 0, len(order))
	for _, k := range order {
		env = append(env, last[k])
	}
	return env
}

// key returns what stands before the equals sign, "" for an entry without one.
func key(entry string) string {
	k, _, found := strings.Cut(entry, "=")
	if !found {
		return ""
	}
	return k
}

// reserved reports whether a variable is Temporal's or ours, or means the programs of
// the shell that the daemon was started in: Temporal does not start with an exporter
// of OpenTelemetry that it does not know (common/telemetry/env.go).
func reserved(key string) bool {
	return strings.HasPrefix(key, "TEMPORAL_") || strings.HasPrefix(key, "STIGMER_") || strings.HasPrefix(key, "OTEL_")
}
