package database

import (
	"bufio"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// playInterrupted begins a change that is larger than SQLite's memory for it, so
// that a part of it is in the file and the rest in the journal, says so, and
// waits to be killed.
func playInterrupted(path string) int {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=cache_size(5)")
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

// playHolder opens the database in the journal mode, says so, and adds one
// execution for each line that it is sent.
func playHolder(path, mode string) int {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode("+mode+")")
	if err != nil {
		return 1
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("INSERT INTO executions (state) VALUES (randomblob(3000))"); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if _, err := db.Exec("INSERT INTO executions (state) VALUES (randomblob(3000))"); err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println("added")
	}
	return 0
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
