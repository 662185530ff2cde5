package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestCommandSubstitutionReturns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish()
	folder := t.TempDir()
	c := w.command("local")
	script := exec.Command("sh", append([]string{"-c", `cd "$0" && out=$("$@") && echo "said: $out"`, folder}, c.Args...)...)
	script.Env, script.WaitDelay = c.Env, c.WaitDelay
	r, err := w.finish(script)
	if err != nil || r.code != 0 || !strings.HasPrefix(r.stdout, "said: Temporal is ready") {
		t.Fatalf("%v: %s", err, r)
	}
	w.areDetached(folder)
}

// areDetached checks what the daemon and Temporal have of the command that
// started them: nothing.
func (w *world) areDetached(folder string) {
	w.Helper()
	for _, p := range []process{w.daemon(), w.temporal()} {
		who := fmt.Sprintf("pid %d (%s)", p.pid, strings.Join(p.args, " "))
		if p.stat.session != p.pid || p.stat.tty != 0 {
			w.Errorf("%s is in session %d with terminal %d", who, p.stat.session, p.stat.tty)
		}
		if now := workingFolder(w, p.pid); now == folder || now != "/" && !strings.HasPrefix(now, w.home+"/") {
			w.Errorf("%s works in %s", who, now)
		}
		log := w.file("logs", "temporal.log")
		if p.isDaemon() {
			log = w.file("logs", "daemon.log")
		}
		w.hasOnlyItsOwn(who, descriptors(w, p.pid), log)
	}
}

func (w *world) hasOnlyItsOwn(who string, open map[int]string, log string) {
	w.Helper()
	for fd, want := range []string{"/dev/null", log, log} {
		if open[fd] != want {
			w.Errorf("%s: descriptor %d is %q, want %q", who, fd, open[fd], want)
		}
	}
	program, err := realTemporal()
	if err != nil {
		w.Fatal(err)
	}
	for fd, target := range open {
		// Temporal reads symbols from its own executable, the daemon looks at
		// processes.
		own := fd < 3 || target == program || strings.HasPrefix(target, w.home+"/") || strings.HasPrefix(target, "anon_inode:") ||
			strings.HasPrefix(target, "socket:") || strings.HasPrefix(target, "/sys/fs/cgroup/") || strings.HasPrefix(target, "/proc/")
		if !own {
			w.Errorf("%s has descriptor %d open: %s", who, fd, target)
		}
	}
}

func TestInheritedDescriptorsStopAtTheCommand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	c := w.command("local")
	c.ExtraFiles = []*os.File{writer, writer, writer}
	r, err := w.finish(c)
	if err != nil || r.code != 0 {
		t.Fatalf("%v: %s", err, r)
	}
	writer.Close()
	// The end of the file comes once nobody has the other end any more.
	if err := reader.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := reader.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("somebody still has the command's pipe: %v", err)
	}
	w.areDetached("")
}
