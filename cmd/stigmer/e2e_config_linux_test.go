package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestUsersOwnTemporalSettingsBite shows that what has no effect on ours, see
// TestUsersOwnTemporalSettingsHaveNoEffect, does have one without us.
func TestUsersOwnTemporalSettingsBite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := freePorts(t)
	ports := quadruple(other)
	settings := hostileSettings()
	file := []string{".config", "temporalio", "temporal.yaml"}

	w.userFile(settings["malformed"], file...)
	if out, err := w.bare().CombinedOutput(); err == nil || !strings.Contains(string(out), "failed unmarshalling env YAML") {
		t.Errorf("a malformed file: %v: %s", err, out)
	}
	w.userFile(fmt.Sprintf(settings["other values"], ports[0], ports[2], ports[1], ports[3]), file...)
	if out, err := w.bare().CombinedOutput(); err == nil {
		t.Errorf("a file that names another database has no effect: %s", out)
	}
	w.userFile(fmt.Sprintf("env: {default: {http-port: %d, ui-port: %d, metrics-port: %d}}", ports[1], ports[2], ports[3]), file...)
	w.startByHand(w.bare())
	w.await("the ports are those of the file", func() (bool, string) {
		return isOpen(w.port) && isOpen(ports[1]) && isOpen(ports[2]) && isOpen(ports[3]), ""
	})
}

// bare returns the real server as this user would start it.
func (w *world) bare() *exec.Cmd {
	w.Helper()
	program, err := realTemporal()
	if err != nil {
		w.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	w.Cleanup(cancel)
	c := exec.CommandContext(ctx, program, "server", "start-dev", "--ip", "127.0.0.1", "--log-level", "never", "--port", fmt.Sprint(w.port))
	c.Env = []string{"HOME=" + filepath.Dir(w.home)}
	return c
}

// TestTwoInstancesOfOneDatabase: the second is refused when its file is read,
// however it names the database, and gets it when the first one moves away.
func TestTwoInstancesOfOneDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	folder := t.TempDir()
	database := filepath.Join(folder, "the.db")
	w.wish(often, "storage: {path: "+database+"}")
	w.up()
	w.startWorkflow("kept")
	pid := w.status().pid()
	second := freePorts(t)
	for name, link := range map[string]func(string, string) error{
		"the.db": nil, "symbolic.db": os.Symlink, "hard.db": os.Link,
	} {
		path := filepath.Join(folder, name)
		if link != nil {
			if err := link(database, path); err != nil {
				t.Fatal(err)
			}
		}
		w.refusesSecond(second, path)
	}
	if r := w.expect(2, "local", "--name", "second", "--db-filename", database); !strings.Contains(r.stderr, `used by instance "temporal"`) {
		t.Errorf("the flag: %s", r)
	}
	if o := w.status(); o.pid() != pid || !o.is("Ready") || w.temporal().pid != pid {
		t.Errorf("the first was pid %d and is %s", pid, o)
	}
	// A hard link is taken away again: no server is started on a file with two names.
	if err := os.Remove(filepath.Join(folder, "hard.db")); err != nil {
		t.Fatal(err)
	}
	// The second gets it without an edit, by a name that is a link.
	w.write(desired("second", second, often, "storage: {path: "+filepath.Join(folder, "symbolic.db")+"}"), "desired", "second.yaml")
	w.wish(often, "storage: {path: "+filepath.Join(folder, "other.db")+"}")
	w.awaitStatusOf("second", "has the database", func(o object) bool { return o.is("Ready") && o.is("DesiredStateValid") })
	w.awaitOther(pid)
	w.port = second
	w.listsWorkflow("kept")
}

// refusesSecond checks what is said of a second instance on the database.
func (w *world) refusesSecond(port int, path string) {
	w.Helper()
	w.write(desired("second", port, often, "storage:\n  path: "+path), "desired", "second.yaml")
	want := fmt.Sprintf("%s:9: spec.storage.path: invalid value %q: used by instance \"temporal\" (choose another file, or give \"temporal\" another one first)",
		w.file("desired", "second.yaml"), path)
	r := w.expect(2, "local", "--name", "second")
	if !strings.Contains(r.stderr, want) {
		w.Errorf("want %q, got %s", want, r)
	}
	// Nothing is known of an instance that never had a file that could be used.
	w.await("the daemon says so as well", func() (bool, string) {
		data, err := os.ReadFile(w.file("status", "second.yaml"))
		return err == nil && strings.Contains(string(data), path) && strings.Contains(string(data), "used by instance"), string(data)
	})
	if r := w.expect(0, "local", "status"); !strings.Contains(r.stderr, want) {
		w.Errorf("status does not say %q: %s", want, r)
	}
}
