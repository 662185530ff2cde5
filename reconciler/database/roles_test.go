package database

import (
	"bufio"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// playInterrupted begins a change that is larger than SQLite's memory for it, so
// that a part of it is in the file and the rest in the journal, says so, and
// waits to be killed.
func playInterrupted(path string) int {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=cache_size(5)&_pragma=synchronous(0)")
	if err != nil {
		return 1
	}
	db.SetMaxOpenConns(1)
	for _, text := range []string{"BEGIN", "UPDATE executions SET state = randomblob(3000)", "DELETE FROM executions WHERE id > 10"} {
		if _, err := db.Exec(text); err != nil {
			fmt.Println(err)
			return 1
		}
	}
	fmt.Println("ready")
	select {}
}

// playHolder opens the database in the journal mode, adds one execution, says so,
// and adds one more for each line that it is sent.
func playHolder(path, mode string) int {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode("+mode+")")
	if err != nil {
		return 1
	}
	db.SetMaxOpenConns(1)
	fmt.Println(strings.Replace(add(db), "added", "ready", 1))
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		fmt.Println(add(db))
	}
	return 0
}

// playWriter adds executions as fast as it can and says what came of each, until
// it is sent a line. A log of it is begun anew after every few of them.
func playWriter(path, mode string) int {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode("+mode+")&_pragma=wal_autocheckpoint(30)")
	if err != nil {
		return 1
	}
	db.SetMaxOpenConns(1)
	enough := make(chan struct{})
	go func() {
		bufio.NewScanner(os.Stdin).Scan()
		close(enough)
	}()
	for {
		fmt.Println(add(db))
		select {
		case <-enough:
			fmt.Println(add(db))
			return 0
		default:
		}
	}
}

// playReserver begins a change, and ends it when it is sent a line.
func playReserver(path string) int {
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		return 1
	}
	db.SetMaxOpenConns(1)
	tx, err := db.Begin()
	if err == nil {
		_, err = tx.Exec("INSERT INTO executions (state) VALUES (randomblob(3000))")
	}
	fmt.Println("ready", err)
	bufio.NewScanner(os.Stdin).Scan()
	fmt.Println("ended", tx.Commit())
	return 0
}

// playReader says how many executions there are.
func playReader(path string) int {
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		return 1
	}
	var n int
	if err := db.QueryRow("SELECT count(*) FROM executions").Scan(&n); err != nil {
		fmt.Println(err)
	}
	fmt.Println(n)
	return 0
}

// add adds an execution as Temporal does: in a transaction that is rolled back
// when a statement fails, over a connection that is kept when the commit fails.
func add(db *sql.DB) string {
	tx, err := db.Begin()
	if err != nil {
		return "wedged: " + err.Error()
	}
	if _, err := tx.Exec("INSERT INTO executions (state) VALUES (randomblob(3000))"); err != nil {
		_ = tx.Rollback()
		return "refused: " + err.Error()
	}
	if err := tx.Commit(); err != nil {
		return "lost: " + err.Error()
	}
	return "added"
}

// playScratch makes a scratch folder in the folder and waits to be killed.
func playScratch(folder string) int {
	scratch, err := MakeScratch(folder)
	if err != nil {
		return 1
	}
	fmt.Println(filepath.Base(scratch.Dir))
	select {}
}

// role is a running role.
type role struct {
	cmd   *exec.Cmd
	send  func()
	lines *bufio.Scanner
}

// begin runs a role and waits for its first line.
func begin(t testing.TB, name string, args ...string) (r role, line string) {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), roleVariable+"="+name, "GORACE=atexit_sleep_ms=0")
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() { r.kill() })
	r = role{cmd: cmd, lines: bufio.NewScanner(out), send: func() { _, _ = fmt.Fprintln(in, "add") }}
	return r, r.line(t)
}

// line waits for the next line. A role that says nothing more has ended.
func (r role) line(t testing.TB) string {
	t.Helper()
	if !r.lines.Scan() {
		t.Fatal("the role ended")
	}
	return r.lines.Text()
}

func (r role) kill() {
	_ = r.cmd.Process.Kill()
	_ = r.cmd.Wait()
}

// newInterrupted makes a database with a hot journal, as a Temporal that was
// killed in the middle of a commit leaves one.
func newInterrupted(t testing.TB, executions int) string {
	t.Helper()
	path := newDatabase(t, executions)
	r, line := begin(t, "interrupted", path)
	if line != "ready" {
		t.Fatal(line)
	}
	r.kill()
	if info, err := os.Stat(companion(path, 0)); err != nil || info.Size() == 0 {
		t.Fatalf("no journal: %v", err)
	}
	return path
}
