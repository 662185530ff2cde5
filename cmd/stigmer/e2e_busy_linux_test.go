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
