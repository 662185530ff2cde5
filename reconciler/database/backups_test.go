package database

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// at returns a time some minutes after noon.
func at(minutes int) time.Time {
	return time.Date(2026, 1, 31, 12, 0, 0, int(7*time.Millisecond), time.UTC).Add(time.Duration(minutes) * time.Minute)
}

// newBackup makes a file with the name of a backup, and returns its path.
func newBackup(t *testing.T, folder string, minutes int, kind observed.BackupKind) string {
	t.Helper()
	path := observed.BackupPath(folder, at(minutes), kind)
	put(t, path, "content")
	must(t, WriteMeta(path, observed.Meta{ClusterID: string(kind)}))
	return path
}

func TestList(t *testing.T) {
	folder := t.TempDir()
	older := newBackup(t, folder, 1, observed.BackupByHand)
	newer := newBackup(t, folder, 2, observed.BackupBeforeUpgrade)
	must(t, os.Remove(observed.MetaPath(older)))
	for _, name := range []string{
		"notes.txt", "20260131T120000.007Z-daily.db", "20260131T120000.007Z-manual", "20260131T120000.007Z-manual.db-journal",
		"20260131T1200Z-manual.db", "20260131T120000.0070Z-manual.db", "-manual.db",
	} {
		put(t, filepath.Join(folder, name), "")
	}
	must(t, os.Mkdir(observed.BackupPath(folder, at(3), observed.BackupByHand), 0o700))
	got, err := List(folder)
	must(t, err)
	want := []Backup{
		{Path: newer, Kind: observed.BackupBeforeUpgrade, Made: at(2), Size: 7, Meta: observed.Is(observed.Meta{ClusterID: "upgrade"})},
		{Path: older, Kind: observed.BackupByHand, Made: at(1), Size: 7, Meta: ReadMeta(older)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if none, err := List(filepath.Join(folder, "missing")); len(none) != 0 || err != nil {
		t.Error(none, err)
	}
}

func TestKindOf(t *testing.T) {
	for _, kind := range []observed.BackupKind{observed.BackupByHand, observed.BackupBeforeUpgrade} {
		if got := KindOf(observed.BackupPath("/some-manual/folder", at(1), kind)); got != kind {
			t.Errorf("%q, want %q", got, kind)
		}
	}
	for _, name := range []string{"saved.db", "saved-manual.db", "20260131T120000.007Z-daily.db", "20260131T120000.007Z-manual", ""} {
		if got := KindOf("folder/" + name); got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestPrune(t *testing.T) {
	folder := t.TempDir()
	var upgrades []string
	for minutes := range 5 {
		upgrades = append(upgrades, newBackup(t, folder, minutes, observed.BackupBeforeUpgrade))
		newBackup(t, folder, minutes, observed.BackupByHand)
	}
	for _, keep := range []int{-1, 0} {
		must(t, Prune(folder, observed.BackupBeforeUpgrade, keep, nil))
	}
	must(t, Prune(folder, observed.BackupByHand, 1, nil))
	if n := len(inFolder(t, folder)); n != 20 {
		t.Errorf("%d files", n)
	}
	must(t, Prune(folder, observed.BackupBeforeUpgrade, 2, []string{"", upgrades[1]}))
	for i, path := range upgrades {
		_, err := os.Stat(path)
		_, beside := os.Stat(observed.MetaPath(path))
		if kept := err == nil; kept != (i == 1 || i >= 3) || kept != (beside == nil) {
			t.Errorf("backup %d: %v, %v", i, err, beside)
		}
	}
	if n := len(inFolder(t, folder)); n != 10+6 {
		t.Errorf("%d files", n)
	}
}
