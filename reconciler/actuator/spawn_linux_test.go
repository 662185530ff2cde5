package actuator

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestSpawnFailures: each failure names its cause, and leaves neither a lock
// that is held, nor a record, nor a process.
func TestSpawnFailures(t *testing.T) {
	rows := []struct {
		name    string
		content string // "" for none
		mode    fs.FileMode
		is      error
		says    string
	}{
		{"missing", "", 0, fs.ErrNotExist, "no such file or directory"},
		{"folder", "/", 0, fs.ErrPermission, "it is a folder"},
		{"not executable", "#!/bin/sh\n", 0o600, fs.ErrPermission, "its mode 0600 does not allow execution"},
		{"no interpreter named", "echo hello\n", 0o700, unix.ENOEXEC, "nor a script that names its interpreter"},
		{"bad interpreter", "#!/nowhere/sh -e\n", 0o700, fs.ErrNotExist, `its interpreter "/nowhere/sh -e" cannot be run`},
		{"wrong architecture", foreignProgram, 0o700, unix.ENOEXEC, "no program for linux/"},
		{"empty", "\x00", 0o700, unix.ENOEXEC, "exec format error"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			r := newRig(t)
			l := launchIn(r.home, "exit", "0")
			l.Executable = filepath.Join(r.home, "program")
			place(t, l.Executable, row.content, row.mode)
			out := r.try(l)
			var spawn *SpawnError
			if !errors.As(out.Err, &spawn) || spawn.Executable != l.Executable || spawn.Dir != l.Dirs[0] {
				t.Fatalf("%#v", out.Err)
			}
			if !errors.Is(out.Err, row.is) || !strings.Contains(out.Err.Error(), row.says) {
				t.Fatalf("%v, want %q", out.Err, row.says)
			}
			if isLocked(t, r.home) || !out.Started.IsZero() {
				t.Fatal("a failed start left something behind")
			}
			if _, err := os.Stat(l.RecordPath); !errors.Is(err, fs.ErrNotExist) {
				t.Fatal("a failed start left a record")
			}
		})
	}
}

// foreignProgram begins like a program for a machine that nobody has.
const foreignProgram = "\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xfe\xfe\x01\x00\x00\x00"

// place makes the file, or a folder for "/".
func place(t *testing.T, path, content string, mode fs.FileMode) {
	t.Helper()
	var err error
	switch content {
	case "":
	case "/":
		err = os.Mkdir(path, 0o700)
	default:
		err = os.WriteFile(path, []byte(content), mode)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestSpawnOfAFileBeingWritten(t *testing.T) {
	r := newRig(t)
	l := launchIn(r.home, "exit", "0")
	l.Executable = filepath.Join(r.home, "program")
	place(t, l.Executable, "#!/bin/sh\n", 0o700)
	f, err := os.OpenFile(l.Executable, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if out := r.try(l); !errors.Is(out.Err, unix.ETXTBSY) || !strings.Contains(out.Err.Error(), "still writing it") {
		t.Fatal(out.Err)
	}
}

func TestStartRefusesAnIncompleteLaunch(t *testing.T) {
	r := newRig(t)
	l := launchIn(r.home, "exit", "0")
	l.Dirs = nil
	if out := r.try(l); out.Err == nil {
		t.Error("no working folder")
	}
	l = launchIn(r.home, "exit", "0")
	l.Executable = "temporal"
	if out := r.try(l); out.Err == nil {
		t.Error("relative executable")
	}
	l = launchIn(r.home, "exit", "0")
	place(t, filepath.Join(r.home, "file"), "x", 0o600)
	l.Dirs[1] = filepath.Join(r.home, "file")
	if out := r.try(l); !errors.Is(out.Err, unix.ENOTDIR) || !strings.Contains(out.Err.Error(), l.Dirs[1]) {
		t.Error(out.Err)
	}
}

// TestStartWithoutDescriptors: at every number of free descriptors a start
// either succeeds, is reaped and reported, or fails with EMFILE and leaves no
// lock; from some number on it succeeds.
func TestStartWithoutDescriptors(t *testing.T) {
	r := newRig(t)
	r.bare("starve", r.home)
	succeeded := false
	for _, line := range r.report() {
		if strings.Contains(line, "signal") {
			continue
		}
		var free int
		var started, warned bool
		if n, _ := fmt.Sscanf(line, "free %d started %t warning %t", &free, &started, &warned); n != 3 {
			t.Fatalf("told %q", line)
		}
		if !started && !strings.HasSuffix(line, unix.EMFILE.Error()) {
			t.Errorf("%s", line)
		}
		if succeeded && (!started || warned) {
			t.Errorf("more descriptors, less success: %s", line)
		}
		succeeded = started && !warned
	}
	if !succeeded {
		t.Error("no start succeeded")
	}
	if isLocked(t, r.home) {
		t.Error("a lock was left")
	}
}
