package database

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// FuzzReadRecords: a record that is there is never missing, and one that is
// understood reads the same when it is written anew.
func FuzzReadRecords(f *testing.F) {
	for _, seed := range []string{
		"", "null", "{}", "[]", `{"clusterID":"a","createdBy":"1.5.1","objects":["table x"],"rescued":true}`, `{"objects":[]} x`,
		`{"started":"2026-01-31T12:00:00.5+02:00","build":"1.5.1"}`, `{"started":"yesterday"}`, `{"clusterID":"` + "\xff" + `\ud800"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "t.db")
		must(t, os.WriteFile(observed.MetaPath(path), data, 0o600))
		must(t, os.WriteFile(observed.FirstBootPath(path), data, 0o600))
		meta, boot := ReadMeta(path), ReadFirstBoot(path)
		if meta.IsAbsent() || boot.IsAbsent() {
			t.Fatalf("what says %q is not there: %+v, %+v", data, meta, boot)
		}
		if meta.IsKnown() {
			must(t, WriteMeta(path, meta.Value))
			if len(meta.Value.Objects) == 0 {
				meta.Value.Objects = nil // An empty list is not written.
			}
			if diff := cmp.Diff(meta, ReadMeta(path)); diff != "" {
				t.Errorf("%q, written anew:\n%s", data, diff)
			}
		}
		if boot.IsKnown() {
			must(t, WriteFirstBoot(path, boot.Value))
			if again := ReadFirstBoot(path); !again.Value.Started.Equal(boot.Value.Started) || again.Value.Build != boot.Value.Build {
				t.Errorf("%q, written anew: %+v", data, again)
			}
		}
	})
}

// FuzzBackupName: a name that is taken for a backup's is the one that a backup
// of that time and kind gets, in the folder that was asked about.
func FuzzBackupName(f *testing.F) {
	for _, seed := range []string{"20260131T120000.123Z-manual.db", "20260131T120000.123Z-upgrade.db", "20260131T120000.123Z-other.db", "-manual.db", "../x", "20260131T120000Z-manual.db.db"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		backup, ok := parse("/folder", name)
		if !ok {
			return
		}
		if backup.Path != "/folder/"+name || strings.Contains(name, "/") || observed.BackupPath("/folder", backup.Made, backup.Kind) != backup.Path {
			t.Errorf("%q is %+v", name, backup)
		}
		if KindOf(backup.Path) != backup.Kind {
			t.Errorf("%q is of kind %q", name, KindOf(backup.Path))
		}
	})
}
