package database

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// The test binary plays the programs that the tests start: roleVariable says
// which one.
const roleVariable = "DATABASE_TEST_ROLE"

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		os.Exit(play(role, os.Args[1:]))
	}
	goleak.VerifyTestMain(m)
}

// play runs a role and returns its exit code.
func play(role string, args []string) int {
	switch role {
	case "interrupted":
		return playInterrupted(args[0])
	case "holder":
		return playHolder(args[0], args[1])
	case "writer":
		return playWriter(args[0], args[1])
	case "reserver":
		return playReserver(args[0])
	case "reader":
		return playReader(args[0])
	case "scratch":
		return playScratch(args[0])
	}
	return 99
}

// schema is enough of Temporal's to be taken for it.
const schema = `
CREATE TABLE namespaces (id BLOB PRIMARY KEY, name TEXT);
CREATE TABLE executions (id INTEGER PRIMARY KEY, state BLOB);
CREATE TABLE cluster_metadata_info (id INTEGER PRIMARY KEY, data BLOB);
CREATE TABLE executions_visibility (run_id TEXT, memo TEXT, sa TEXT, word TEXT GENERATED ALWAYS AS (json_extract(sa, '$.word')));
CREATE INDEX by_word ON executions_visibility (word);
CREATE VIRTUAL TABLE visibility_text USING fts5 (memo);
CREATE TABLE activity_info_maps (id); CREATE TABLE buffered_events (id); CREATE TABLE
child_execution_info_maps (id); CREATE TABLE history_node (id); CREATE
TABLE history_tree (id); CREATE TABLE namespace_metadata (id); CREATE TABLE queue (id); CREATE TABLE
queue_metadata (id); CREATE TABLE request_cancel_info_maps (id); CREATE TABLE shards (id); CREATE TABLE
signal_info_maps (id); CREATE TABLE signals_requested_sets (id); CREATE TABLE task_queues (id); CREATE TABLE
tasks (id); CREATE TABLE timer_info_maps (id); CREATE TABLE timer_tasks (id); CREATE TABLE transfer_tasks
(id); CREATE TABLE visibility_tasks (id);
CREATE TABLE current_executions (namespace_id BLOB, workflow_id TEXT);
CREATE TRIGGER gone AFTER DELETE ON executions_visibility BEGIN DELETE FROM visibility_text WHERE rowid = old.rowid; END;
`

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// run runs SQL on the database, which is made when it is missing.
func run(t testing.TB, path string, statements ...string) {
	t.Helper()
	db := connect(t, path)
	defer db.Close()
	for _, text := range statements {
		_, err := db.Exec(text)
		must(t, err)
	}
}

// connect opens the database as Temporal does.
func connect(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	must(t, err)
	db.SetMaxOpenConns(1)
	return db
}

// newDatabase makes a database of some size with the number of executions, and
// returns its path.
func newDatabase(t testing.TB, executions int, pragmas ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "temporal.db")
	run(t, path, append(pragmas, schema, fill(executions))...)
	return path
}

// fill adds executions of some kilobytes each.
func fill(executions int) string {
	return fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < %d)
		INSERT INTO executions (state) SELECT randomblob(3000) FROM n`, executions)
}

// count returns the number of executions in the database.
func count(t testing.TB, path string) (n int) {
	t.Helper()
	db := connect(t, path)
	defer db.Close()
	must(t, db.QueryRow("SELECT count(*) FROM executions").Scan(&n))
	return n
}

// inFolder lists the names in a folder.
func inFolder(t testing.TB, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	must(t, err)
	names := []string{}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func is(t testing.TB, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// unusable requires an *UnusableError that says so.
func unusable(t testing.TB, err error, words string) {
	t.Helper()
	var refused *UnusableError
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), words) {
		t.Errorf("%v, want an UnusableError with %q", err, words)
	}
}

// content reads a file.
func content(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	return string(text)
}

func put(t testing.TB, path, text string) {
	t.Helper()
	must(t, os.WriteFile(path, []byte(text), 0o600))
}

// companion is the journal (0), the log (1) or the shared memory (2).
func companion(path string, i int) string { return observed.CompanionPaths(path)[i] }
