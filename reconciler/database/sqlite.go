package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	sqlite3 "modernc.org/sqlite" // it registers the driver "sqlite", too

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/plainfile"
)

// tables are those that every Temporal with a SQLite store has needed since
// there is one: without any of them it serves, and fails where it is used.
func tables() []string {
	var list []string
	for _, name := range []string{
		"activity_info_maps", "buffered_events", "child_execution_info_maps", "cluster_metadata_info", "current_executions",
		"executions", "executions_visibility", "history_node", "history_tree", "namespace_metadata", "namespaces", "queue",
		"queue_metadata", "request_cancel_info_maps", "shards", "signal_info_maps", "signals_requested_sets", "task_queues",
		"tasks", "timer_info_maps", "timer_tasks", "transfer_tasks", "visibility_tasks",
	} {
		list = append(list, "table "+name)
	}
	return list
}

// Check returns an *UnusableError when the file at path is not a sound database
// of Temporal. Nobody may have it open. What an interrupted change left in its
// companions is settled, as the next start of Temporal would.
func Check(ctx context.Context, path string) error {
	if err := settle(ctx, path); err != nil {
		return err
	}
	objects, err := Objects(ctx, path)
	if err != nil {
		return err
	}
	return CheckObjects(path, objects)
}

// CheckObjects returns an *UnusableError when the objects, see Objects, of the
// database at path are not those of one of Temporal. Temporal makes its tables
// only in a file that it makes itself: started on any other, it fails for ever.
func CheckObjects(path string, objects []string) error {
	if table := missing(objects, tables()); table != "" {
		return &UnusableError{Path: path, Problem: "it is no database of Temporal: there is no " + table}
	}
	return nil
}

// missing returns the first of the tables that is not among the objects; empty
// for none.
func missing(objects, tables []string) string {
	for _, table := range tables {
		if _, found := slices.BinarySearch(objects, table); !found {
			return table
		}
	}
	return ""
}

// settle lets SQLite undo or finish what the companions of the file tell of, and
// then checks the whole of it. Afterwards it has no companions.
func settle(ctx context.Context, path string) error {
	var problems []string
	if err := query(ctx, path, "PRAGMA integrity_check(5)", func(rows *sql.Rows) error {
		return scan(rows, &problems)
	}); err != nil {
		return err
	}
	if !slices.Equal(problems, []string{"ok"}) {
		return &UnusableError{Path: path, Problem: strings.Join(problems, "; ")}
	}
	if err := dropSpent(observed.CompanionPaths(path)[0]); err != nil {
		return err
	}
	for _, companion := range observed.CompanionPaths(path) {
		if left, err := plainfile.Exists(companion); left || err != nil {
			return &UnusableError{Path: path, Problem: filepath.Base(companion) + " is still there after it was read"}
		}
	}
	return nil
}

// dropSpent removes a journal that says nothing: its change came to its end,
// which Temporal's SQLite marks by zeroing the header when it was killed before
// it could remove the file. SQLite itself leaves such a one where it is.
func dropSpent(journal string) error {
	spent, err := isSpent(journal)
	if err != nil || !spent {
		return err
	}
	return os.Remove(journal)
}

// servedQuery counts the workflows that are not Temporal's own.
const servedQuery = `SELECT count(*) FROM current_executions
WHERE namespace_id NOT IN (SELECT id FROM namespaces WHERE name = 'temporal-system')`

// servedTables are those that servedQuery reads.
func servedTables() []string { return []string{"table current_executions", "table namespaces"} }

// HasWorkflows reports whether somebody's workflows are in the database: then
// it has served, whatever its marker says. Without the tables for them, as a
// first boot that was cut short leaves it, it has none. Of a damaged one nobody
// can tell, which is an *UnusableError. It looks into a copy, and leaves the
// file and its journal as they are. Nobody may have it open.
func HasWorkflows(ctx context.Context, path string) (has bool, err error) {
	scratch, err := MakeScratch(filepath.Dir(path))
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, scratch.Close()) }()
	copied := filepath.Join(scratch.Dir, "look.db")
	if err = Copy(ctx, path, copied); err == nil {
		has, err = countsWorkflows(ctx, copied)
	}
	return has, about(path, err)
}

func countsWorkflows(ctx context.Context, path string) (bool, error) {
	objects, err := Objects(ctx, path)
	if err != nil || missing(objects, servedTables()) != "" {
		return false, err
	}
	var counts []string
	err = query(ctx, path, servedQuery, func(rows *sql.Rows) error { return scan(rows, &counts) })
	return err == nil && !slices.Equal(counts, []string{"0"}), err
}

// objectsQuery lists what observed.Meta.Objects describes. The columns are those
// that table_xinfo knows, because table_info leaves out the computed ones, which
// are what Temporal searches by. Statistics come and go with use.
const objectsQuery = `
SELECT type || ' ' || name FROM sqlite_schema WHERE type IN ('table', 'index', 'trigger') AND name NOT LIKE 'sqlite_stat%'
UNION
SELECT 'column ' || t.name || '.' || c.name FROM sqlite_schema AS t, pragma_table_xinfo(t.name) AS c
WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_stat%'`

// Objects returns what is in the database, as observed.Meta.Objects describes it.
// Nobody may have it open.
func Objects(ctx context.Context, path string) ([]string, error) {
	var objects []string
	err := query(ctx, path, objectsQuery, func(rows *sql.Rows) error { return scan(rows, &objects) })
	slices.Sort(objects)
	return objects, err
}

// scan appends the one column of the row.
func scan(rows *sql.Rows, list *[]string) error {
	var text string
	err := rows.Scan(&text)
	*list = append(*list, text)
	return err
}

// query calls each with every row. What SQLite says of the file is an
// *UnusableError; that the context ended or the disk is full is not.
func query(ctx context.Context, path, text string, each func(*sql.Rows) error) error {
	if err := plainfile.Require(path); err != nil {
		return fmt.Errorf("cannot read database: %w", err)
	}
	db, err := open(path, "mode=rw")
	if err != nil {
		return err
	}
	err = eachRow(ctx, db, text, each)
	err = errors.Join(err, db.Close())
	if refused := (*sqlite3.Error)(nil); errors.As(err, &refused) && ctx.Err() == nil && blames(refused) {
		return &UnusableError{Path: path, Problem: refused.Error()}
	}
	if err != nil {
		return fmt.Errorf("cannot read database %s: %w", path, err)
	}
	return nil
}

func eachRow(ctx context.Context, db *sql.DB, text string, each func(*sql.Rows) error) error {
	rows, err := db.QueryContext(ctx, text)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Primary result codes of SQLite that speak of the file and not of the machine.
const (
	sqliteError   = 1
	sqliteCorrupt = 11
	sqliteSchema  = 17
	sqliteNotADB  = 26
)

// blames reports whether the error is about what is in the file.
func blames(err *sqlite3.Error) bool {
	switch err.Code() & 0xff {
	case sqliteError, sqliteCorrupt, sqliteSchema, sqliteNotADB:
		return true
	}
	return false
}

// open prepares a connection to the database; it is made at the first use, and
// never makes the file.
func open(path, options string) (*sql.DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: options}).String())
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}
