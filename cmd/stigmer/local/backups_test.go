package local

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stigmer/stigmer-local/observer/observed"
)

// TestBackupsAndWhatTheyReplaced are in one list, the newest first. What lies
// beside them and is no database is not.
func TestBackupsAndWhatTheyReplaced(t *testing.T) {
	home := homeWith(t, "temporal")
	files := home.Files("temporal")
	path := filepath.Join(filepath.Dir(files.BackupDir), "temporal.db")
	if err := os.MkdirAll(files.BackupDir, 0o700); err != nil {
		t.Fatal(err)
	}
	hour := func(n int) time.Time { return time.Date(2026, 11, 23, n, 0, 0, 0, time.UTC) }
	const content = "SQLite format 3\x00 and more"
	copied, kept, older := observed.BackupPath(files.BackupDir, hour(2), observed.BackupByHand), observed.ReplacedPath(path, hour(3)), observed.ReplacedPath(path, hour(1))
	for _, file := range []string{path, copied, kept, older, path + ".replaced-x", kept + "-journal", path + ".replaced-"} {
		write(t, file, content)
	}
	write(t, observed.ReplacedPath(path, hour(4)), "SQLite format 3")
	write(t, observed.MetaPath(kept), `{"clusterID": "c", "lastServedBy": "b"}`)
	err := errors.Join(
		unix.Mkfifo(observed.ReplacedPath(path, hour(5)), 0o600), os.Symlink(path, observed.ReplacedPath(path, hour(6))),
		os.Mkdir(observed.ReplacedPath(path, hour(7)), 0o700))
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr, code := run("local", "backups", "-o", "json", "--home", string(home))
	var list struct{ Items []backupItem }
	if err := json.Unmarshal([]byte(stdout), &list); err != nil || code != 0 {
		t.Fatalf("exit %d, %v: %q %q", code, err, stdout, stderr)
	}
	size := int64(len(content))
	want := []backupItem{
		{Name: kept, Path: kept, Kind: "replaced", Made: hour(3), Bytes: size},
		{Name: nameOf(copied), Path: copied, Kind: "manual", Made: hour(2), Bytes: size},
		{Name: older, Path: older, Kind: "replaced", Made: hour(1), Bytes: size},
	}
	want[0].Cluster, want[0].Build = "c", "b"
	if !slices.Equal(list.Items, want) {
		t.Errorf("%+v\nwant\n%+v", list.Items, want)
	}
	stdout, _, _ = run("local", "backups", "--home", string(home))
	if lines := strings.Split(stdout, "\n"); len(lines) != 5 || !slices.Equal(strings.Fields(lines[1])[:2], []string{kept, "replaced"}) {
		t.Errorf("as text:\n%s", stdout)
	}
}

// TestBackupsOfNothing: there is no database, no folder, or no home at all.
func TestBackupsOfNothing(t *testing.T) {
	known, none := string(homeWith(t, "temporal")), filepath.Join(t.TempDir(), "home")
	for want, args := range map[string][]string{
		"there is no backup of temporal; 'stigmer local backup' makes one\n":     {"--home", known},
		"there is no backup of x, nor such an instance; there are: temporal\n":   {"--home", known, "--name", "x"},
		"no instance is known in " + none + "; start one with 'stigmer local'\n": {"--home", none},
	} {
		stdout, stderr, code := run(append([]string{"local", "backups"}, args...)...)
		if stdout != "" || code != 0 || stderr != want {
			t.Errorf("exit %d, %q, %q, want %q", code, stdout, stderr, want)
		}
	}
}

// TestBackupsBesideADatabaseThatCannotBeListed are shown, and what is wrong.
func TestBackupsBesideADatabaseThatCannotBeListed(t *testing.T) {
	home := homeWith(t, "temporal")
	files := home.Files("temporal")
	if err := os.MkdirAll(files.BackupDir, 0o700); err != nil {
		t.Fatal(err)
	}
	copied := observed.BackupPath(files.BackupDir, time.Now(), observed.BackupByHand)
	write(t, copied, "SQLite format 3\x00")
	if err := os.Mkdir(home.DaemonLock(), 0o700); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, code := run("local", "backups", "--home", string(home))
	if !strings.Contains(stdout, nameOf(copied)) || !strings.Contains(stderr, "daemon.lock") || code != exitUserAction {
		t.Errorf("exit %d, %q, %q", code, stdout, stderr)
	}
}
