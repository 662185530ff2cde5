package main

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // the driver
)

// The tests look into databases with SQLite themselves, and only into copies:
// a reader can harm a server that runs.

// database is the path of the default instance's database.
func (w *world) database() string { return w.file("temporal-data", "temporal.db") }

// copyDatabase copies a database that nobody serves, with its journal.
func copyDatabase(t testing.TB, path string) string {
	t.Helper()
	target := filepath.Join(t.TempDir(), "copy.db")
	for _, suffix := range []string{"", "-journal", "-wal"} {
		data, err := os.ReadFile(path + suffix)
		if os.IsNotExist(err) && suffix != "" {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(target+suffix, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return target
}

// query returns the first column of every row.
func query(t testing.TB, path, text string) []string {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(text)
	if err != nil {
		t.Fatalf("%s: %s: %v", path, text, err)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			t.Fatal(err)
		}
		list = append(list, value)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

// change carries out a statement on a database that nobody serves.
func change(t testing.TB, path, text string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(text); err != nil {
		t.Fatalf("%s: %s: %v", path, text, err)
	}
}

// schemaOf counts the tables, indexes and triggers of a copy: "47 tables ...".
func schemaOf(t testing.TB, path string) string {
	t.Helper()
	return strings.Join(query(t, path, "SELECT type || ' ' || count(*) FROM sqlite_schema GROUP BY type ORDER BY type"), ", ")
}

// isWhole fails the test unless the copy passes SQLite's own check.
func isWhole(t testing.TB, path string) {
	t.Helper()
	if got := query(t, path, "PRAGMA integrity_check"); fmt.Sprint(got) != "[ok]" {
		t.Errorf("%s: integrity_check says %v", path, got)
	}
}
