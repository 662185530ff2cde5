package local

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTailOfALog: the last lines, whatever they lie in and end with.
func TestTailOfALog(t *testing.T) {
	long := strings.Repeat("x", tailBlock) + "\n"
	many := strings.Repeat("line\n", tailBlock)
	for _, c := range []struct {
		name, log string
		lines     string
		want      string
	}{
		{"all", "one\ntwo\n", "-1", "one\ntwo\n"},
		{"none", "one\ntwo\n", "0", ""},
		{"the last", "one\ntwo\n", "1", "two\n"},
		{"as many as there are", "one\ntwo\n", "2", "one\ntwo\n"},
		{"more than there are", "one\ntwo\n", "3", "one\ntwo\n"},
		{"a last line without its end", "one\ntwo", "1", "two"},
		{"an empty last line", "one\n\n", "1", "\n"},
		{"an empty first line", "\none\n", "2", "\none\n"},
		{"an empty log", "", "1", ""},
		{"one line only", "one", "1", "one"},
		{"a line longer than what is read at once", "one\n" + long + "two\n", "2", long + "two\n"},
		{"a line that begins where a block does", "one\n" + long[2:] + "x\n", "1", "x\n"},
		{"many lines", "one\n" + many, "65536", many},
		{"many lines and one", "one\n" + many, "65537", "one\n" + many},
	} {
		t.Run(c.name, func(t *testing.T) {
			home := homeWith(t, "temporal")
			write(t, home.Files("temporal").Log, c.log)
			stdout, stderr, code := run("local", "logs", "--tail", c.lines, "--home", string(home))
			if stdout != c.want || (stderr == "") != (c.log != "") || code != 0 {
				t.Errorf("exit %d, %q; printed %.40q of %d bytes, want %.40q of %d", code, stderr, stdout, len(stdout), c.want, len(c.want))
			}
		})
	}
}

// TestTailAtEveryBlock: wherever a block begins, no line is lost or cut.
func TestTailAtEveryBlock(t *testing.T) {
	for length := tailBlock - 3; length <= tailBlock+3; length++ {
		log := "first\n" + strings.Repeat("y", length-1) + "\nlast\n"
		for lines, want := range map[int]string{1: "last\n", 2: log[len("first\n"):], 3: log} {
			start, err := tailStart(strings.NewReader(log), int64(len(log)), lines)
			if err != nil || log[start:] != want {
				t.Errorf("%d lines, one of %d bytes: begin at %d, %v", lines, length, start, err)
			}
		}
	}
}

// told is a writer that says what was written to it.
type told chan string

func (c told) Write(p []byte) (int, error) {
	c <- string(p)
	return len(p), nil
}

// TestFollowOfATail: the last lines, then what comes, a new log from its
// beginning.
func TestFollowOfATail(t *testing.T) {
	home := homeWith(t, "temporal")
	path := home.Files("temporal").Log
	write(t, path, "one\ntwo\n")
	ctx, cancel := context.WithCancel(t.Context())
	out, ended := make(told), make(chan error, 1)
	a := &app{stdout: out, stderr: out, homeFlag: string(home), name: "temporal"}
	go func() { ended <- a.logs(ctx, true, 1) }()
	prints := func(want string) {
		t.Helper()
		select {
		case got := <-out:
			if got != want {
				t.Errorf("printed %q, want %q", got, want)
			}
		case err := <-ended:
			t.Fatalf("ended with %v before it printed %q", err, want)
		case <-time.After(time.Minute):
			t.Fatalf("did not print %q", want)
		}
	}
	prints("two\n")
	appendTo(t, path, "three\n")
	prints("three\n")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	write(t, path, "four\nfive\n")
	prints("four\nfive\n")
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

func TestLogsOfARotatedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("one\n")
	file, err := reopenRotated(nil, path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if same, _ := reopenRotated(file, path); same != file {
		t.Error("reopened a file that was not rotated")
	}
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	if same, _ := reopenRotated(file, path); same != file {
		t.Error("gave up the old file while there is no new one")
	}
	write("two\n")
	next, err := reopenRotated(file, path)
	if err != nil || next == file {
		t.Fatalf("did not notice the rotation: %v", err)
	}
	next.Close()
}

func TestFollowEndsWithItsContext(t *testing.T) {
	home := t.TempDir()
	if err := os.Chmod(home, 0o700); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	a := &app{stdout: &out, stderr: &out, homeFlag: home, name: "temporal"}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := a.logs(ctx, true, wholeLog); err != nil {
		t.Error(err)
	}
}

// TestLastLogLine: it is quoted without secrets, and bounded.
func TestLastLogLine(t *testing.T) {
	home := homeWith(t, "temporal")
	s, _, _ := sessionIn(t, home, "text")
	if line := s.lastLogLine(); line != "" {
		t.Errorf("there is no log: %q", line)
	}
	for log, want := range map[string]string{
		"one\nunknown flag: --nonsense\n": "unknown flag: --nonsense",
		"one":                             "one",
		"":                                "",
		"--password hunter2hunter2\n":     "--password ***",
		strings.Repeat("x", 1000):         strings.Repeat("x", maxLastLine),
	} {
		write(t, home.Files("temporal").Log, log)
		if line := s.lastLogLine(); line != want {
			t.Errorf("%.40q: %q, want %q", log, line, want)
		}
	}
}
