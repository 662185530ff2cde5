package database

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/plainfile"
)

func TestRecords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "temporal.db")
	meta := observed.Meta{ClusterID: "c", CreatedBy: "a 1", LastServedBy: "a 2", Objects: []string{"table x"}, Restored: "r"}
	boot := observed.FirstBoot{Started: time.Date(2026, 1, 31, 12, 0, 0, 123, time.UTC), Build: "a 1"}
	if got := ReadMeta(path); !got.IsAbsent() {
		t.Errorf("%+v", got)
	}
	for range 2 { // the second time they are replaced
		must(t, WriteMeta(path, meta))
		must(t, WriteFirstBoot(path, boot))
	}
	if diff := cmp.Diff(observed.Is(meta), ReadMeta(path)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(observed.Is(boot), ReadFirstBoot(path)); diff != "" {
		t.Error(diff)
	}
	is(t, inFolder(t, filepath.Dir(path)), []string{"temporal.db.first-boot", "temporal.db.stigmer.json"})
	must(t, RemoveFirstBoot(path))
	must(t, RemoveFirstBoot(path))
	is(t, inFolder(t, filepath.Dir(path)), []string{"temporal.db.stigmer.json"})
}

func TestRecordThatCannotBeUnderstood(t *testing.T) {
	path := filepath.Join(t.TempDir(), "temporal.db")
	for _, text := range []string{"", "{", "[]", `{"clusterID": 1}`} {
		put(t, observed.MetaPath(path), text)
		if got := ReadMeta(path); !got.IsUnknown() || !strings.Contains(got.Reason, observed.MetaPath(path)) {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

// Nothing but a plain file is written over, read or removed, and nothing is
// written through a link.
func TestRecordsAreFiles(t *testing.T) {
	folder := t.TempDir()
	path, precious := filepath.Join(folder, "temporal.db"), filepath.Join(t.TempDir(), "precious")
	put(t, precious, "precious")
	for name, make := range map[string]func(at string) error{
		"a link":   func(at string) error { return os.Symlink(precious, at) },
		"a folder": func(at string) error { return os.Mkdir(at, 0o700) },
	} {
		must(t, make(observed.MetaPath(path)))
		must(t, make(observed.FirstBootPath(path)))
		for what, err := range map[string]error{
			"WriteMeta": WriteMeta(path, observed.Meta{}), "WriteFirstBoot": WriteFirstBoot(path, observed.FirstBoot{}),
			"RemoveFirstBoot": RemoveFirstBoot(path),
		} {
			var refused *plainfile.NotRegularError
			if !errors.As(err, &refused) {
				t.Errorf("%s: %s: %v", name, what, err)
			}
		}
		if got := ReadMeta(path); !got.IsUnknown() {
			t.Errorf("%s: %+v", name, got)
		}
		must(t, os.Remove(observed.MetaPath(path)))
		must(t, os.Remove(observed.FirstBootPath(path)))
	}
	must(t, os.Symlink(precious, filepath.Join(folder, ".temporal.db.stigmer.json.tmp")))
	must(t, WriteMeta(path, observed.Meta{ClusterID: "c"}))
	if content(t, precious) != "precious" {
		t.Error("written through a link")
	}
	is(t, inFolder(t, folder), []string{"temporal.db.stigmer.json"})
}
