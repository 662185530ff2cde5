package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestEditsOfTheDesiredFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish("interval: 500ms")
	w.up()
	w.startWorkflow("kept")

	old := w.status().pid()
	w.wish("interval: 500ms", "enabled: false")
	w.awaitStatus("is stopped by an edit in place", func(o object) bool { return o.Status.Situation == "Stopped" && o.pid() == 0 })
	w.replaceDesired(desired("temporal", w.port, "interval: 500ms", "enabled: true"))
	started := w.awaitOther(old)
	if started.Status.RestartCount != 0 {
		t.Errorf("a start that was asked for is counted: %d", started.Status.RestartCount)
	}
	w.movesToAnotherPort()
	w.survivesSyntaxError()
	w.survivesReplacement()
	w.stopsWhenTheFileIsRemoved()
}

func (w *world) movesToAnotherPort() {
	w.Helper()
	old := w.port
	w.port = freePorts(w)
	w.wish("interval: 500ms")
	address := loopback(w.port)
	w.awaitStatus("is Ready on "+address, func(o object) bool { return o.is("Ready") && o.Status.Endpoints.Frontend == address })
	for _, port := range quadruple(old) {
		if accepts(port) {
			w.Errorf("the old port %d still accepts", port)
		}
	}
	for _, port := range quadruple(w.port) {
		if !accepts(port) {
			w.Errorf("the new port %d does not accept", port)
		}
	}
	w.listsWorkflow("kept")
}

// survivesSyntaxError breaks line 6 and mends it.
func (w *world) survivesSyntaxError() {
	w.Helper()
	good, pid := w.read("desired", "temporal.yaml"), w.temporal().pid
	w.writeDesired(strings.Replace(good, "  port: ", "  port: [", 1))
	broken := w.awaitStatus("says that the file is broken", func(o object) bool { return o.condition("DesiredStateValid").Status == "False" })
	if c := broken.condition("DesiredStateValid"); !strings.Contains(c.Message, w.file("desired", "temporal.yaml")+":6") {
		w.Errorf("the condition does not name file and line: %+v", c)
	}
	w.awaitReported("DesiredStateValid", "False")
	if now := w.status(); !now.is("Ready") || now.pid() != pid || w.temporal().pid != pid {
		w.Errorf("a broken file changed more than the condition: pid was %d, now %s", pid, now)
	}
	w.writeDesired(good)
	w.awaitStatus("says that the file is mended", func(o object) bool {
		return o.is("DesiredStateValid") && o.is("Ready") && o.pid() == pid
	})
	w.awaitReported("DesiredStateValid", "True")
}

// awaitReported waits until the daemon itself, by its status file, says so.
func (w *world) awaitReported(condition, status string) {
	w.Helper()
	w.await(fmt.Sprintf("the daemon reports %s %s", condition, status), func() (bool, string) {
		text := w.read("status", "temporal.yaml")
		at := strings.Index(text, "type: "+condition)
		if at < 0 {
			return false, text
		}
		// The keys of a condition are sorted, so its status stands before its type.
		before := text[:at]
		return strings.HasSuffix(strings.TrimRight(before, " \n"), `status: "`+status+`"`), text
	})
}

// survivesReplacement: some editors remove a file for a moment.
func (w *world) survivesReplacement() {
	w.Helper()
	good, pid := w.read("desired", "temporal.yaml"), w.temporal().pid
	w.remove("desired", "temporal.yaml")
	w.writeDesired(good)
	w.awaitStatus("goes on when the file was away for a moment", func(o object) bool { return o.is("Ready") && o.pid() == pid })
}

func (w *world) stopsWhenTheFileIsRemoved() {
	w.Helper()
	daemon := w.daemon().pid
	w.remove("desired", "temporal.yaml")
	w.await("Temporal is stopped because its file was removed", func() (bool, string) {
		list := processesOf(w.home)
		return len(list) == 1 && list[0].pid == daemon, describe(list)
	})
	if info, err := os.Stat(w.file("temporal-data", "temporal.db")); err != nil || info.Size() == 0 {
		w.Errorf("the data is gone: %v, %v", info, err)
	}
	w.up("--port", fmt.Sprint(w.port))
	w.listsWorkflow("kept")
}

func (w *world) remove(elements ...string) {
	w.Helper()
	if err := os.Remove(w.file(elements...)); err != nil {
		w.Fatal(err)
	}
}

func TestStopEndsADaemonThatHasNothingLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wishStub(nil)
	w.up()
	w.remove("desired", "temporal.yaml")
	w.await("only the daemon is left, and has forgotten the instance", func() (bool, string) {
		list := processesOf(w.home)
		_, err := os.Stat(w.file("status", "temporal.yaml"))
		return len(list) == 1 && os.IsNotExist(err), describe(list)
	})
	if r := w.expect(0, "local", "stop"); r.stdout != "temporal is not there: nothing to stop\n" {
		t.Errorf("stop printed %q", r.stdout)
	}
	if left := w.leftAfter(patience); len(left) > 0 {
		t.Errorf("stop leaves:\n%s", describe(left))
	}
}
