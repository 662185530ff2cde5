package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// planted are secrets, each in a place of its own, so that one that comes out
// says where it came from.
const (
	secretOfSpec     = "s3cr3t-of-the-spec"
	secretOfAddress  = "s3cr3t-of-an-address"
	secretOfDaemon   = "s3cr3t-of-the-daemon"
	secretOfStranger = "s3cr3t of a stranger"
	secretOfMistake  = "s3cr3t-of-a-mistake"
)

// TestSecretsStayWhereTheyAre: none of them reaches a file of the home but the
// user's own, or what any command prints; and Temporal gets its own.
func TestSecretsStayWhereTheyAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.env = append(w.env, "AWS_SECRET_ACCESS_KEY="+secretOfDaemon, "DATABASE_URL=postgres://ann:"+secretOfDaemon+"@host/db")
	env := "env: {API_TOKEN: " + secretOfSpec + ", QUEUE: 'amqp://ann:" + secretOfAddress + "@host', PLAIN: shown}"
	w.wish(env, often)
	var said []string
	say := func(r result) { said = append(said, r.stdout, r.stderr) }
	say(w.up("-v"))
	started := strings.Join(w.temporal().env, "\n")
	if !strings.Contains(started, "API_TOKEN="+secretOfSpec) || !strings.Contains(started, "AWS_SECRET_ACCESS_KEY="+secretOfDaemon) {
		t.Errorf("Temporal does not get its environment: %s", started)
	}
	if w.statusOf("temporal").pid() == 0 || !strings.Contains(w.read("status", "temporal.yaml"), "PLAIN: shown") {
		t.Errorf("the status hides too much:\n%s", w.read("status", "temporal.yaml"))
	}
	w.expect(0, "local", "backup")
	w.everythingSaid(say)
	w.keepsItsServer(say)
	w.wish(env, "portt: 1", "extraArgs: [--api-key, "+secretOfMistake+"]")
	w.awaitStatus("says what is wrong", func(o object) bool { return o.condition("DesiredStateValid").Status == "False" })
	w.everythingSaid(say)
	w.wish(strings.Replace(env, "shown}", "shown, BAD_KEY: ["+secretOfMistake+"]}", 1))
	w.everythingSaid(say)
	w.wish(env, often)
	say(w.expect(0, "local", "stop"))
	hand := w.stranger(w.port, "serve", "--password", secretOfStranger, "--token="+secretOfStranger, "X_SECRET="+secretOfStranger, "http://ann:"+secretOfAddress+"@host")
	say(w.expect(4, "local"))
	w.everythingSaid(say)
	hand.leave()
	w.tellsNone(said)
}

// keepsItsServer ends the daemon and breaks the file: the next daemon knows the
// last good object without its secrets, and has no reason to restart the server.
func (w *world) keepsItsServer(say func(result)) {
	w.Helper()
	pid, good := w.temporal().pid, w.read("desired", "temporal.yaml")
	generation := w.status().Metadata.Generation
	w.kill9(w.daemon().pid)
	w.writeDesired(good + "  portt: 1\n")
	daemon, log := w.foreground("--log-format", "json")
	w.awaitStatus("says what a start lacks", func(o object) bool {
		return strings.Contains(o.condition("DesiredStateValid").Message, "a start goes without API_TOKEN, QUEUE")
	})
	w.everythingSaid(say)
	w.writeDesired(good)
	o := w.awaitStatus("can use the file again", func(o object) bool { return o.condition("DesiredStateValid").Status == "True" && o.is("Ready") })
	say(result{stderr: log()})
	if err := daemon.Process.Signal(syscall.SIGTERM); err != nil {
		w.Fatal(err)
	}
	if err := daemon.Wait(); err != nil {
		w.Errorf("the daemon in the foreground: %v", err)
	}
	say(w.up())
	if o.pid() != pid || o.Metadata.Generation != generation {
		w.Errorf("pid was %d and is %d, generation %d, and is %d", pid, o.pid(), generation, o.Metadata.Generation)
	}
}

// everythingSaid runs each command that shows something, in each format.
func (w *world) everythingSaid(say func(result)) {
	w.Helper()
	for _, command := range []string{"status", "plan", "events"} {
		for _, format := range []string{"text", "wide", "json", "yaml"} {
			say(w.run("local", command, "-o", format, "-v"))
		}
	}
	say(w.run("local", "logs"))
}

// tellsNone looks for the secrets in all that was said and all that is kept.
func (w *world) tellsNone(said []string) {
	w.Helper()
	look := func(where, text string) {
		for _, secret := range []string{secretOfSpec, secretOfAddress, secretOfDaemon, secretOfStranger, secretOfMistake} {
			if at := strings.Index(text, secret); at >= 0 {
				w.Errorf("%s tells %q: ...%s...", where, secret, text[max(0, at-200):min(len(text), at+80)])
			}
		}
	}
	look("a command", strings.Join(said, "\n"))
	files := 0
	err := filepath.WalkDir(w.home, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || path == w.file("desired", "temporal.yaml") {
			return err
		}
		data, err := os.ReadFile(path)
		look(path, string(data))
		files++
		return err
	})
	if err != nil || files < 8 {
		w.Errorf("%d files were looked at: %v", files, err)
	}
}
