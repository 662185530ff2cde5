package main

import (
	"os"
	"strings"
	"testing"
)

// TestUnusableDatabase: what lies at the path of the database, or beside it,
// that no server can be started on. It is named with what to do, nothing is
// started and nothing is touched; once it is gone, Temporal starts by itself.
func TestUnusableDatabase(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		// path in temporal-data; a folder when content is empty.
		path, content string
		says          string
	}{
		{"a folder", "temporal.db", "", "make HOME/temporal-data/temporal.db a regular file"},
		{"the marker is a folder", "temporal.db.first-boot", "", "mend or remove HOME/temporal-data/temporal.db.first-boot"},
		{"the record is torn", "temporal.db.stigmer.json", `{"clusterID": "`, "mend or remove HOME/temporal-data/temporal.db.stigmer.json"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			path := w.file("temporal-data", test.path)
			w.wish(often)
			if test.content != "" {
				w.write(test.content, "temporal-data", test.path)
			} else if err := os.MkdirAll(path, 0o700); err != nil {
				t.Fatal(err)
			}
			r := w.expect(4, "local")
			if !strings.Contains(r.stderr, strings.ReplaceAll(test.says, "HOME", w.home)) {
				t.Errorf("it does not say what to do: %s", r)
			}
			o := w.status()
			if o.Status.Situation != "DatabaseUnusable" || !o.is("Stalled") || o.pid() != 0 || o.Status.RestartCount != 0 {
				t.Errorf("status: %s", o)
			}
			if info, err := os.Lstat(path); err != nil || info.IsDir() != (test.content == "") {
				t.Errorf("it was touched: %v, %v", info, err)
			}
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			w.awaitStatus("is Ready by itself", func(o object) bool { return o.is("Ready") })
		})
	}
}

// TestTornMarker: a power cut may leave a marker of the first boot that says
// nothing. It is there, which is what counts.
func TestTornMarker(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wish()
	w.write("", "temporal-data", "temporal.db")
	w.write("", "temporal-data", "temporal.db.first-boot")
	w.up()
	w.keeps(remains{schema: "nothing", database: []byte{}, marked: true})
	if _, err := os.Lstat(w.database() + ".first-boot"); !os.IsNotExist(err) {
		t.Errorf("the marker of the first boot, which is complete, stays: %v", err)
	}
}
