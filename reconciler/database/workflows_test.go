package database

import (
	"path/filepath"
	"strings"
	"testing"
)

// systems are the namespaces of a first boot, and a workflow of Temporal's own.
const systems = `
INSERT INTO namespaces VALUES (x'01', 'temporal-system'), (x'02', 'default');
INSERT INTO current_executions VALUES (x'01', 'scanner');
`

// served returns a database of some size that holds a workflow.
func served(t *testing.T, executions int) string {
	t.Helper()
	path := newDatabase(t, executions)
	run(t, path, systems, "INSERT INTO current_executions VALUES (x'02', 'precious')")
	return path
}

// without returns a database that lacks a table.
func without(t *testing.T, table string) string {
	t.Helper()
	path := newDatabase(t, 3)
	run(t, path, "DROP TABLE "+table)
	return path
}

// A first boot may be cut short before, between and after its changes; none of
// what it leaves holds workflows. It is looked at and not touched.
func TestWhatHoldsWorkflows(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "temporal.db")
	put(t, empty, "")
	complete := newDatabase(t, 3)
	run(t, complete, systems)
	for name, c := range map[string]struct {
		path string
		want bool
	}{
		"nothing was written":    {empty, false},
		"a table is missing":     {without(t, "current_executions"), false},
		"a change was cut short": {newInterrupted(t, 300), false},
		"nobody was served":      {complete, false},
		"somebody was served":    {served(t, 3), true},
	} {
		folder := filepath.Dir(c.path)
		before := map[string]string{}
		for _, file := range inFolder(t, folder) {
			before[file] = content(t, filepath.Join(folder, file))
		}
		if has, err := HasWorkflows(t.Context(), c.path); has != c.want || err != nil {
			t.Errorf("%s: %v, %v", name, has, err)
		}
		left := inFolder(t, folder)
		for _, file := range left {
			if content(t, filepath.Join(folder, file)) != before[file] {
				t.Errorf("%s: %s was changed", name, file)
			}
		}
		if len(left) != len(before) {
			t.Errorf("%s: there are %q", name, left)
		}
	}
}

// What cannot be read may hold anything.
func TestDamagedDatabaseMayHoldWorkflows(t *testing.T) {
	sound := content(t, served(t, 2000))
	middle := len(sound) / 2
	for name, text := range map[string]string{
		"text": strings.Repeat("not a database. ", 1000), "short": "half", "torn": sound[:middle],
		"scribbled": sound[:middle] + strings.Repeat("?", 50_000) + sound[middle+50_000:],
		"beheaded":  strings.Repeat("?", 100) + sound[100:],
	} {
		path := filepath.Join(t.TempDir(), "temporal.db")
		put(t, path, text)
		has, err := HasWorkflows(t.Context(), path)
		unusable(t, err, path+" cannot be used")
		if has || content(t, path) != text {
			t.Errorf("%s: %v, or it was changed", name, has)
		}
		is(t, inFolder(t, filepath.Dir(path)), []string{"temporal.db"})
	}
}

// A table that is not as it should be is not a table that is missing.
func TestStrangeTableMayHoldWorkflows(t *testing.T) {
	path := without(t, "current_executions")
	run(t, path, "CREATE TABLE current_executions (id)")
	_, err := HasWorkflows(t.Context(), path)
	unusable(t, err, "namespace_id")
}
