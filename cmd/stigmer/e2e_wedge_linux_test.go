package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
)

// TestWedgedServerIsReplaced: without our busy_timeout, a program that reads
// the file while Temporal commits leaves it unable to write for good. Two write
// checks tell, which lie half a minute apart: that time passes while other
// tests run, so this one becomes parallel late.
func TestWedgedServerIsReplaced(t *testing.T) {
	w := newWorld(t)
	w.wish(often, `sqlitePragmas: {busy_timeout: "0"}`)
	w.up()
	w.awaitStatus("has written once", func(o object) bool { return o.is("StoreWritable") })
	f, old := w.frontend(), w.temporal().pid
	ids := f.startMany("kept", 10)
	w.wedge(f)
	t.Parallel()

	w.waitLong("is replaced", func(o object) bool { return o.is("Ready") && o.pid() != old })
	w.lists(f, ids)
	if err := f.start("after"); err != nil {
		t.Errorf("the new server does not write: %v", err)
	}
	if o := w.status(); o.Status.RestartCount != 1 || o.Status.LastExit == nil || o.Status.LastExit.PID != old {
		t.Errorf("restartCount %d, lastExit %+v", o.Status.RestartCount, o.Status.LastExit)
	}
	w.waitedForTwoChecks(old)
}

// wedge reads the file while the server commits, until it cannot write.
func (w *world) wedge(f frontend) {
	w.Helper()
	for i := range 10 {
		release, busy := w.reads()
		if busy {
			return // the transaction that could not be ended keeps readers out
		}
		_ = f.once(fmt.Sprintf("wedge-%d", i), time.Second)
		release()
		if f.once(fmt.Sprintf("wedged-%d", i), 2*time.Second) != nil && f.once(fmt.Sprintf("still-%d", i), 2*time.Second) != nil {
			return
		}
	}
	w.Skip("not run: this Temporal bears a reader without busy_timeout")
}

// reads begins to read the live database, as sqlite3 in a terminal may: with a
// SHARED lock until release is called.
func (w *world) reads() (release func(), busy bool) {
	w.Helper()
	db, err := sql.Open("sqlite", "file:"+w.database()+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		w.Fatal(err)
	}
	tx, err := db.BeginTx(context.Background(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		w.Fatal(err)
	}
	var n int
	if err := tx.QueryRow("SELECT count(*) FROM namespaces").Scan(&n); err != nil {
		if strings.Contains(err.Error(), "SQLITE_BUSY") {
			_ = db.Close()
			return nil, true
		}
		w.Fatalf("cannot read the live database: %v", err)
	}
	return func() {
		_ = tx.Rollback()
		_ = db.Close()
	}, false
}

// once tries to start a workflow, and not again.
func (f frontend) once(id string, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	_, err := f.StartWorkflowExecution(ctx, &workflowservice.StartWorkflowExecutionRequest{
		Namespace: "default", WorkflowId: id, RequestId: id,
		WorkflowType: &common.WorkflowType{Name: "X"}, TaskQueue: &taskqueue.TaskQueue{Name: "q"},
	})
	return err
}

// waitLong waits for what the daemon needs two write checks to find out.
func (w *world) waitLong(what string, done func(object) bool) {
	w.Helper()
	deadline := time.After(5 * patience)
	for o := w.status(); !done(o); o = w.status() {
		select {
		case <-deadline:
			w.Fatalf("waited until it %s; last seen: %s; StoreWritable %+v", what, o, o.condition("StoreWritable"))
		case <-time.After(10 * look):
		}
	}
}

// event is a line of "events -o json".
type event struct {
	Time, LastTime time.Time
	Type, Verb     string
	Message        string
	PID            int
}

func (w *world) events() []event {
	w.Helper()
	var list []event
	for line := range strings.Lines(w.expect(0, "local", "events", "-o", "json").stdout) {
		var e event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			w.Fatalf("%q is not an event: %v", line, err)
		}
		list = append(list, e)
	}
	return list
}

// waitedForTwoChecks: the first write that fails is told, and not more; after
// the second the server is asked to end.
func (w *world) waitedForTwoChecks(old int) {
	w.Helper()
	var told, asked event
	for _, e := range w.events() {
		switch {
		case e.Type == "Condition" && told.Time.IsZero() && strings.Contains(e.Message, "cannot start a transaction"):
			told = e
		case e.Verb == "Terminate" && e.PID == old:
			asked = e
		}
	}
	if between := asked.Time.Sub(told.Time); told.Time.IsZero() || between < 25*time.Second || between > patience+20*time.Second {
		w.Errorf("between the first write that failed and the end lie %s: %+v, %+v", between, told, asked)
	}
	if !strings.Contains(asked.Message, "the store is not written") {
		w.Errorf("the end is not explained: %+v", asked)
	}
}

// TestReaderDoesNoHarm: as we start Temporal, it waits for the reader.
func TestReaderDoesNoHarm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish(often)
	w.up()
	f, pid := w.frontend(), w.temporal().pid
	for i := range 5 {
		release, busy := w.reads()
		if busy {
			t.Fatal("the server keeps readers out: it is wedged")
		}
		acknowledged := make(chan error, 1)
		go func() { acknowledged <- f.once(fmt.Sprintf("read-%d", i), patience) }()
		select {
		case err := <-acknowledged:
			t.Logf("the start did not wait for the reader: %v", err)
			acknowledged <- err
		case <-time.After(200 * time.Millisecond):
		}
		release()
		if err := <-acknowledged; err != nil {
			t.Errorf("a client saw %v", err)
		}
	}
	if o := w.status(); !o.is("Ready") || o.pid() != pid {
		t.Errorf("pid was %d; %s", pid, o)
	}
	isWhole(t, copyDatabase(t, w.backup()))
}
