package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// A database that somebody else uses is not ours to start on.
func TestDatabaseOfAnotherServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish(seldom)
	w.up()
	w.expect(0, "local", "stop")
	database := w.file("temporal-data", "temporal.db")
	hand := w.temporalByHand(freePorts(t), "--db-filename", database)
	w.refusesDatabase(database, fmt.Sprintf("pid %d (temporal, user %s)", hand.pid(), userName(t)), "  command  "+strings.Join(hand.before.args, " "))
	hand.isUntouched()
	hand.leave()
	w.awaitOther(0)
}

func TestDatabaseThatIsOpenElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish(seldom)
	w.up()
	w.expect(0, "local", "stop")
	database := w.file("temporal-data", "temporal.db")
	other := w.strangerWith([]string{strangerFile + "=" + database})
	w.refusesDatabase(database, fmt.Sprintf("pid %d (stigmer.test, user %s)", other.pid(), userName(t)), "  program  "+self(t))
	// It lives on, and has only closed the file.
	other.closeFile()
	w.awaitOther(0)
	other.isUntouched()
}

// refusesDatabase checks that nothing is started on the database of another
// program, and that who it is is said.
func (w *world) refusesDatabase(database, who, line string) {
	w.Helper()
	r := w.expect(4, "local")
	w.card(r,
		fmt.Sprintf("stigmer: the database %s is taken by %s", database, who), line,
		"  parent   "+fmt.Sprintf("pid %d (stigmer.test)", os.Getpid()))
	if !strings.Contains(r.stderr, "choose another file: ") {
		w.Errorf("no way out is said: %s", r)
	}
	if o := w.status(); o.Status.Situation != "DatabaseInUse" || !o.is("Stalled") || o.is("Ready") || o.pid() != 0 {
		w.Errorf("status is %s", o)
	}
}
