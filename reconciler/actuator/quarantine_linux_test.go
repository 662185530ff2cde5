package actuator

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/database"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// cutShort makes what a first boot leaves that was killed: the tables of it that
// were made first, and a change of which a part is in the file and the rest in
// its journal. What was there before is in the journal only.
func (w *work) cutShort(first ...string) {
	w.t.Helper()
	path := filepath.Join(w.t.TempDir(), "first.db")
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=cache_size(5)&_pragma=synchronous(0)")
	w.check(err)
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, text := range append(first, "BEGIN", "CREATE TABLE executions (state)", `WITH RECURSIVE n(i) AS
		(SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 300) INSERT INTO executions SELECT randomblob(3000) FROM n`) {
		_, err := db.Exec(text)
		w.check(err)
	}
	file, journal := w.content(path), w.content(path+"-journal")
	if file == "" || journal == "" || journal[0] == 0 {
		w.t.Fatalf("no change was cut short: %d bytes in the file, %d in its journal", len(file), len(journal))
	}
	w.check(os.WriteFile(w.Path, []byte(file), 0o600))
	w.check(os.WriteFile(w.Path+"-journal", []byte(journal), 0o600))
}

func (w *work) content(path string) string {
	w.t.Helper()
	content, err := os.ReadFile(path)
	w.check(err)
	return string(content)
}

func TestQuarantine(t *testing.T) {
	for name, first := range map[string][]string{
		"before the first table": nil,
		"between two tables":     {"CREATE TABLE namespaces (name)"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWork(t)
			w.cutShort(first...)
			file, journal := w.content(w.Path), w.content(w.Path+"-journal")
			w.mark()
			for range 2 { // carried out twice
				w.carry(plan.Quarantine)
				w.beside(".aside", ".aside-journal", ".first-boot")
			}
			if w.content(w.Aside) != file || w.content(w.Aside+"-journal") != journal {
				t.Error("what was moved was changed")
			}
			w.unlocked()
		})
	}
}

// A first boot that was killed before its first change.
func TestEmptyFileIsQuarantined(t *testing.T) {
	w := newWork(t)
	w.check(os.WriteFile(w.Path, nil, 0o600))
	w.check(os.WriteFile(w.Path+"-journal", []byte("journal"), 0o600))
	w.mark()
	w.carry(plan.Quarantine)
	w.beside(".aside", ".aside-journal", ".first-boot")
}

// A database that served somebody is never moved, whatever the plan says.
func TestServedDatabaseIsNotQuarantined(t *testing.T) {
	w := newWork(t)
	w.write(w.Path, "precious")
	w.changed(w.try(plan.Quarantine).Err, "its first boot came to its end")
	w.beside("")
	w.unlocked()
}

// serve puts a workflow of somebody's into the database.
func (w *work) serve() {
	w.t.Helper()
	w.sql(w.Path, `
		INSERT INTO current_executions VALUES ('somebody')`)
}

// The marker was left behind, and goes.
func TestDatabaseWithWorkflowsIsNotQuarantined(t *testing.T) {
	w := newWork(t)
	w.write(w.Path, "precious")
	w.serve()
	w.mark()
	w.changed(w.try(plan.Quarantine).Err, "it holds workflows")
	w.beside("")
}

// Whether a damaged database has served cannot be told, and an empty one in its
// place would hide the question: it stays, with its marker.
func TestDamagedDatabaseIsNotQuarantined(t *testing.T) {
	for name, damage := range map[string]func(content string) string{
		"no database": func(string) string { return strings.Repeat("rubbish ", 1000) },
		"scribbled":   func(content string) string { return content[:100] + strings.Repeat("?", len(content)-100) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWork(t)
			w.write(w.Path, "precious")
			w.serve()
			damaged := damage(w.content(w.Path))
			w.check(os.WriteFile(w.Path, []byte(damaged), 0o600))
			w.mark()
			var unusable *database.UnusableError
			if err := w.try(plan.Quarantine).Err; !errors.As(err, &unusable) || unusable.Path != w.Path {
				t.Error(err)
			}
			w.beside("", ".first-boot")
			if w.content(w.Path) != damaged {
				t.Error("it was changed")
			}
			w.unlocked()
		})
	}
}

func TestOrphansAreQuarantined(t *testing.T) {
	w := newWork(t)
	w.check(os.WriteFile(w.Path+"-journal", []byte("journal"), 0o600))
	w.carry(plan.Quarantine)
	w.beside(".aside-journal")
}

// A crash between the journal and the database leaves one that reads as damaged.
// It is moved to where its journal is.
func TestInterruptedQuarantineIsFinished(t *testing.T) {
	w := newWork(t)
	first := observed.QuarantinePath(w.Path, noon(1))
	w.check(os.WriteFile(w.Path, []byte("half of a page"), 0o600))
	w.check(os.WriteFile(first+"-journal", []byte("the other half"), 0o600))
	w.mark()
	w.Aside = observed.QuarantinePath(w.Path, noon(2))
	w.carry(plan.Quarantine)
	w.beside(strings.TrimPrefix(first, w.Path), strings.TrimPrefix(first, w.Path)+"-journal", ".first-boot")
}
