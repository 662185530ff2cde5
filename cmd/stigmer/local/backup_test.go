package local

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stigmer/stigmer-local/api/v1alpha1"
	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler"
	"github.com/stigmer/stigmer-local/reconciler/database"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// served is a look at a server of build b.
func served(recorded observed.Fact[observed.Meta], cluster observed.Fact[observed.Cluster]) reconciler.Look {
	look := reconciler.Look{Plan: plan.Plan{Findings: plan.Findings{
		LostFile: observed.Absent, Main: &observed.Process{Launch: observed.Is(observed.Launch{Build: "b"})},
	}}}
	look.Input.Observed.Database.Meta, look.Input.Observed.Server.Cluster = recorded, cluster
	return look
}

func answers(id string) observed.Fact[observed.Cluster] {
	return observed.Is(observed.Cluster{ID: id})
}

// TestKnownOfServed: the record beside the path may be of another database than
// the one that the server has open.
func TestKnownOfServed(t *testing.T) {
	recorded := observed.Meta{ClusterID: "c", CreatedBy: "1", LastServedBy: "2", Objects: []string{"table x"}, Restored: "r"}
	unsealed := observed.Meta{BackedUpFor: "3", Objects: []string{"table x"}}
	for name, c := range map[string]struct {
		recorded observed.Fact[observed.Meta]
		cluster  observed.Fact[observed.Cluster]
		want     observed.Meta
	}{
		"the same":                 {observed.Is(recorded), answers("c"), recorded},
		"another":                  {observed.Is(recorded), answers("d"), observed.Meta{ClusterID: "d", LastServedBy: "b"}},
		"it does not answer":       {observed.Is(recorded), observed.Unsure[observed.Cluster]("no answer"), recorded},
		"none is recorded":         {observed.Is(unsealed), answers("c"), observed.Meta{ClusterID: "c", LastServedBy: "b"}},
		"there is no record":       {observed.None[observed.Meta](""), answers("c"), observed.Meta{ClusterID: "c", LastServedBy: "b"}},
		"the record is unreadable": {observed.Unsure[observed.Meta]("torn"), answers("c"), observed.Meta{ClusterID: "c", LastServedBy: "b"}},
		"nothing is known":         {observed.None[observed.Meta](""), observed.Unsure[observed.Cluster](""), observed.Meta{}},
	} {
		if diff := cmp.Diff(c.want, knownOfServed(served(c.recorded, c.cluster))); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

// TestRescued: that a copy has what a server alone had is said of that copy, and
// not of one that is made of it once it was restored.
func TestRescued(t *testing.T) {
	look := served(observed.Is(observed.Meta{ClusterID: "c", Rescued: true}), answers("c"))
	for lost, want := range map[observed.Knowledge]bool{observed.Absent: false, observed.Known: true, observed.Unknown: false} {
		look.Plan.LostFile = lost
		if got := knownOfServed(look).Rescued; got != want {
			t.Errorf("%s: %t", lost, got)
		}
	}
}

// TestCopyLive: a copy that cannot be recorded was made all the same.
func TestCopyLive(t *testing.T) {
	home, path := newStopped(t, "CREATE TABLE namespaces (id)")
	s, stdout, stderr := sessionIn(t, home, "text")
	look := served(observed.Is(observed.Meta{ClusterID: "c", Restored: "r"}), answers("d"))
	look.Input.Observed.Database.Path = path
	target := filepath.Join(t.TempDir(), "copy.db")
	unrecorded, err := s.copyLive(t.Context(), look, target)
	if s.warnUnrecorded(target, unrecorded); err != nil || stdout.String()+stderr.String() != "" {
		t.Errorf("%v, %q, %q", err, stdout, stderr)
	}
	if diff := cmp.Diff(observed.Is(observed.Meta{ClusterID: "d", LastServedBy: "b"}), database.ReadMeta(target)); diff != "" {
		t.Error(diff)
	}

	target = filepath.Join(t.TempDir(), "unrecorded.db")
	if err := os.Mkdir(observed.MetaPath(target), 0o700); err != nil {
		t.Fatal(err)
	}
	unrecorded, err = s.copyLive(t.Context(), look, target)
	if s.warnUnrecorded(target, unrecorded); err != nil || !exists(target) {
		t.Error("there is no copy:", err)
	}
	want := "saved " + target + ", but what is known of it could not be recorded: "
	if !strings.HasPrefix(stderr.String(), want) || stdout.String() != "" {
		t.Errorf("%q, %q", stderr, stdout)
	}
}

// TestCopyInDoubt: where it cannot be told which file the server has, the one at
// the path is saved, for what it is.
func TestCopyInDoubt(t *testing.T) {
	home, path := newStopped(t, "CREATE TABLE namespaces (id)")
	s, _, stderr := sessionIn(t, home, "text")
	look := served(observed.Is(observed.Meta{ClusterID: "c"}), answers("d"))
	look.Plan.LostFile, look.Input.Observed.Database.Path = observed.Unknown, path
	look.Plan.Origin = plan.Origin{Named: path, Path: path, Exists: observed.Absent}
	look.Plan.Verdicts = []plan.Verdict{{Type: v1alpha1.ConditionDatabaseFile, Message: "nobody can tell"}}
	target := filepath.Join(t.TempDir(), "copy.db")
	if _, err := s.copyLive(t.Context(), look, target); err == nil || exists(target) || stderr.String() != "" {
		t.Errorf("a copy of a file that may not be there: %v, %q", err, stderr)
	}
	look.Plan.Origin.Exists = observed.Known
	if err := database.WriteMeta(path, observed.Meta{ClusterID: "c"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.copyLive(t.Context(), look, target); err != nil || !exists(target) {
		t.Error("there is no copy:", err)
	}
	want := "what is saved is the file at " + path + " now, and the server may have another one: nobody can tell\n"
	if stderr.String() != want {
		t.Errorf("it says %q, want %q", stderr, want)
	}
	if diff := cmp.Diff(observed.Is(observed.Meta{ClusterID: "c"}), database.ReadMeta(target)); diff != "" {
		t.Error(diff)
	}

	// The storage was edited since: the server was never started on what the spec names.
	_, before := newStopped(t, "CREATE TABLE executions (id)")
	look.Plan.Origin = plan.Origin{Named: before, Path: before, Exists: observed.Known}
	stderr.Reset()
	target = filepath.Join(t.TempDir(), "before.db")
	if _, err := s.copyLive(t.Context(), look, target); err != nil || !strings.Contains(stderr.String(), before) {
		t.Errorf("of the storage before: %v, %q", err, stderr)
	}
	copied, err := sql.Open("sqlite", "file:"+target)
	if err != nil {
		t.Fatal(err)
	}
	defer copied.Close()
	if _, err := copied.Exec("SELECT * FROM executions"); err != nil {
		t.Error("it is not the one that the server was started on:", err)
	}
}

// newStopped makes a stopped instance with a database, and returns the path.
func newStopped(t *testing.T, statements string) (home reconciler.Home, path string) {
	t.Helper()
	home = homeWith(t, "temporal")
	folder := home.Files("temporal").DataDir
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(folder, "temporal.db")
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statements); err != nil {
		t.Fatal(err)
	}
	return home, path
}

// TestBackupAtRest: beside the database all stays as it is.
func TestBackupAtRest(t *testing.T) {
	home, path := newStopped(t, `CREATE TABLE namespaces (id); CREATE TABLE executions (id);
		CREATE TABLE cluster_metadata_info (id); CREATE TABLE executions_visibility (id);
		CREATE TABLE activity_info_maps (id); CREATE TABLE buffered_events (id); CREATE TABLE
		child_execution_info_maps (id); CREATE TABLE current_executions (id); CREATE TABLE history_node (id); CREATE
		TABLE history_tree (id); CREATE TABLE namespace_metadata (id); CREATE TABLE queue (id); CREATE TABLE
		queue_metadata (id); CREATE TABLE request_cancel_info_maps (id); CREATE TABLE shards (id); CREATE TABLE
		signal_info_maps (id); CREATE TABLE signals_requested_sets (id); CREATE TABLE task_queues (id); CREATE TABLE
		tasks (id); CREATE TABLE timer_info_maps (id); CREATE TABLE timer_tasks (id); CREATE TABLE transfer_tasks
		(id); CREATE TABLE visibility_tasks (id);`)
	meta := observed.Meta{ClusterID: "c", LastServedBy: "1", BackedUpFor: "2"}
	if err := database.WriteMeta(path, meta); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, code := run("local", "backup", "--home", string(home))
	if code != 0 || stderr != "" || !strings.HasPrefix(stdout, "saved ") {
		t.Fatalf("exit %d, %q, %q", code, stdout, stderr)
	}
	if diff := cmp.Diff(observed.Is(meta), database.ReadMeta(path)); diff != "" {
		t.Error(diff)
	}
	backups, err := database.List(home.Files("temporal").BackupDir)
	if err != nil || len(backups) != 1 || backups[0].Meta.Value.ClusterID != "c" || len(backups[0].Meta.Value.Objects) == 0 {
		t.Errorf("%+v, %v", backups, err)
	}
}

// TestBackupOfAnotherProgram is none.
func TestBackupOfAnotherProgram(t *testing.T) {
	home, path := newStopped(t, "CREATE TABLE songs (name)")
	_, stderr, code := run("local", "backup", "--home", string(home))
	if code != exitFailed || !strings.Contains(stderr, "no backup was made") || !strings.Contains(stderr, path+" cannot be used: it is no database of Temporal") {
		t.Errorf("exit %d, %q", code, stderr)
	}
}
