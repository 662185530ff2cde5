package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestExposed: everyone may use what is open on every address, and each such
// port is named.
func TestExposed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish("ip: 0.0.0.0")
	w.up()
	o := w.status()
	c := o.condition("Exposed")
	if c.Status != "True" || !o.is("Ready") {
		t.Errorf("%s: %+v", o, c)
	}
	for i, name := range []string{"frontend", "http", "ui", "metrics"} {
		if port := fmt.Sprintf("%s %d", name, quadruple(w.port)[i]); !strings.Contains(c.Message, port) {
			t.Errorf("%q is not named: %+v", port, c)
		}
	}
	w.startWorkflow("here") // through loopback
	w.wish()
	w.awaitStatus("is not exposed any more", func(o object) bool { return o.condition("Exposed").Status == "False" && o.is("Ready") })
}

// TestStatusWithoutADaemon: what nobody has tried lately is not claimed.
func TestStatusWithoutADaemon(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wishStub(nil)
	w.up()
	w.awaitReported("StoreWritable", "True")
	w.kill9(w.daemon().pid)
	if o := w.status(); !o.is("Ready") || !o.is("StoreWritable") {
		t.Errorf("right after the daemon was killed: %s, %+v", o, o.condition("StoreWritable"))
	}
	w.writeChecked(time.Now().Add(-85 * time.Second))
	if o := w.status(); !o.is("Ready") {
		t.Errorf("85 s after the last write: %s", o)
	}
	w.writeChecked(time.Now().Add(-91 * time.Second))
	o := w.status()
	if !o.condition("StoreWritable").says("Unknown", "NotObserved") || o.condition("Ready").Status != "Unknown" || !o.is("Serving") {
		t.Errorf("91 s after the last write: %s, %+v", o, o.condition("StoreWritable"))
	}
	w.kill9(w.temporal().pid)
	if o := w.status(); o.condition("Ready").Status != "False" || o.condition("StoreWritable").Status != "False" || o.pid() != 0 {
		t.Errorf("after the server was killed as well: %s", o)
	}
}

// writeChecked sets when the daemon that is no more checked a write last.
func (w *world) writeChecked(at time.Time) {
	w.Helper()
	before := w.read("status", "temporal.yaml")
	after := regexp.MustCompile(`(?m)^(    write:\n +time: ).*$`).ReplaceAllString(before, `${1}"`+at.UTC().Format("2006-01-02T15:04:05.000000Z")+`"`)
	if after == before {
		w.Fatalf("the time of the last write is not in\n%s", before)
	}
	w.write(after, "status", "temporal.yaml")
}
